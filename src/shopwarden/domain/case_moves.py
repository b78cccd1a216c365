"""What may be done to a case, by whom and when: each move is the case after it, or a refusal. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from shopwarden.domain.case import CANCELLED, DEFAULT_REASONS, REASON_CODES, URGENT, Decision, ReviewCase, ReviewSettings
from shopwarden.errors import RefuseError


class Moved(NamedTuple):
    """`kind` and `detail` are the event in the case's own history, `detail` without what a person wrote."""

    case: ReviewCase
    kind: str
    detail: Mapping[str, object]


class Mover(NamedTuple):
    """Who moves, when, and by which settings. `take_over`: though somebody else has the case."""

    actor: str
    at: datetime
    settings: ReviewSettings = ReviewSettings()
    take_over: bool = False


Move = Callable[[ReviewCase, Mover], Moved | None]
"""None: the case is that way already, by the same person; nothing changes."""


def conflict(detail: str) -> RefuseError:
    return RefuseError(detail, status=409, type="case-changed", fields={"version": detail})


def claim(case: ReviewCase, mover: Mover) -> Moved | None:
    _refuse_decided(case)
    if case.assigned_to == mover.actor:
        return None
    _refuse_anothers(case, mover)
    return _moved(case, mover, "claimed", {"from": case.assigned_to}, assigned_to=mover.actor, assigned_at=mover.at)


def release(case: ReviewCase, mover: Mover) -> Moved | None:
    _refuse_decided(case)
    if case.assigned_to is None:
        return None
    _refuse_anothers(case, mover)
    return _moved(case, mover, "released", {"from": case.assigned_to}, assigned_to=None, assigned_at=None)


def assign(to: str) -> Move:
    def move(case: ReviewCase, mover: Mover) -> Moved | None:
        _refuse_decided(case)
        if case.assigned_to == to:
            return None
        _refuse_anothers(case, mover)
        return _moved(case, mover, "assigned", {"from": case.assigned_to, "to": to}, assigned_to=to, assigned_at=mover.at)

    return move


def escalate(case: ReviewCase, mover: Mover) -> Moved | None:
    """To whoever takes it next: it is nobody's, urgent, and due within the time for urgent ones."""
    _refuse_decided(case)
    _refuse_anothers(case, mover)
    soon = mover.at + timedelta(minutes=mover.settings.urgent_minutes)
    due = soon if case.due_at is None else min(soon, case.due_at)
    return _moved(
        case, mover, "escalated", {"from": case.state, "urgency": URGENT},
        state="escalated", urgency=max(URGENT, case.urgency), due_at=due, assigned_to=None, assigned_at=None,
    )  # fmt: skip


def decide(decision: Decision, reason_code: str | None = None, note: str | None = None) -> Move:
    """RefuseError 400 for a reason code that is not one of the decision's."""
    code = reason_code or DEFAULT_REASONS[decision]
    known = REASON_CODES.get(code)
    if known is None or known.decision != decision:
        listed = ", ".join(name for name, each in REASON_CODES.items() if each.decision == decision)
        raise RefuseError(
            f"reason_code: to {decision} takes one of {listed}.",
            type="invalid-input",
            fields={"reason_code": f"is not one of {listed}"},
        )

    def move(case: ReviewCase, mover: Mover) -> Moved | None:
        if case.is_decided and (case.decided_by, case.decision, case.reason_code) == (mover.actor, decision, code):
            return None
        _refuse_decided(case)
        _refuse_anothers(case, mover)
        return _moved(
            case, mover, "decided", {"decision": decision, "reason_code": code, "advice": case.advice, "score": case.score},
            state="decided", decision=decision, reason_code=code, decision_note=note, decided_by=mover.actor,
            decided_at=mover.at, assigned_to=case.assigned_to or mover.actor,
        )  # fmt: skip

    return move


def reopen(case: ReviewCase, mover: Mover) -> Moved | None:
    """Takes a decision back that nobody outside has heard of yet. RefuseError 409 for one that was carried out."""
    if not case.is_decided:
        return None
    if case.settled_at is not None or case.reason_code == CANCELLED:
        raise conflict("This decision was carried out already: open a new case of the order to decide it anew.")
    was = {"decision": case.decision, "reason_code": case.reason_code, "decided_by": case.decided_by}
    return _moved(
        case, mover, "reopened", was,
        state="open", decision=None, reason_code=None, decision_note=None, decided_by=None, decided_at=None,
        assigned_to=mover.actor, assigned_at=mover.at,
    )  # fmt: skip


def close_cancelled(case: ReviewCase, mover: Mover) -> Moved | None:
    """The order was cancelled in the shop: there is nothing to decide any more."""
    if case.is_decided:
        return None
    return _moved(
        case, mover, "closed", {"reason_code": CANCELLED},
        state="decided", decision="decline", reason_code=CANCELLED, decided_by=mover.actor, decided_at=mover.at,
        settled_at=mover.at,
    )  # fmt: skip


def _moved(case: ReviewCase, mover: Mover, kind: str, detail: Mapping[str, object], **changes: object) -> Moved:
    version = case.version + 1
    after = replace(case, **changes, version=version, updated_at=max(mover.at, case.updated_at))
    return Moved(after, kind, {**detail, "version": version})


def _refuse_decided(case: ReviewCase) -> None:
    if case.is_decided:
        raise conflict(f"This case was decided already: {case.decision} ({case.reason_code}).")


def _refuse_anothers(case: ReviewCase, mover: Mover) -> None:
    if case.assigned_to is not None and case.assigned_to != mover.actor and not mover.take_over:
        raise conflict("Somebody else has this case; send take_over to take it from them.")
