"""A case moved by a person: claimed, escalated, decided, taken back. One after the other, audited, with what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from shopwarden.contracts.job import RISK_ANALYSIS, Payload
from shopwarden.domain.case import REASON_CODES, ReviewCase
from shopwarden.domain.case_moves import Move, Moved, Mover, conflict
from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import NewLabel
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.case_history import add_case_event, latest_detail, names_of, since_version
from shopwarden.store.cases import find_case, keep_case, keep_decision, lock_case_subject
from shopwarden.store.database import Connection
from shopwarden.store.labels import put_labels, withdraw_label
from shopwarden.store.outbox import Job, put_many

_TOLD = (
    "state", "assigned_to", "urgency", "decision", "reason_code", "decided_by", "version",
)  # fmt: skip


class Which(NamedTuple):
    """The case, and the version it was read in; None: whatever it is now."""

    case_id: UUID
    version: int | None = None


def no_such_case() -> RefuseError:
    return RefuseError("There is no such case in this store.", status=404, type="not-found")


async def move_case(connection: Connection, store_id: StoreId, which: Which, move: Move, mover: Mover) -> ReviewCase:
    """The case after the move; in the caller's transaction. RefuseError: 404; 409 where it is decided, somebody else's, or
    was changed since it was read, naming who did what."""
    seen = await find_case(connection, store_id, which.case_id)
    if seen is None:
        raise no_such_case()
    await lock_case_subject(connection, store_id, seen.subject, seen.subject_id)
    case = await find_case(connection, store_id, which.case_id)
    if case is None:
        raise no_such_case()
    if case.subject_id != seen.subject_id:
        # It became the shop's order's meanwhile, under another lock.
        raise conflict("The shop has told of this order just now: read the case again.")
    try:
        moved = move(case, mover)
    except RefuseError as refused:
        if refused.status == 409:
            await _refuse_naming(connection, store_id, case, refused.detail, 1 if which.version is None else which.version)
        raise
    if moved is None:
        return case
    if which.version is not None and which.version != case.version:
        changed = f"The case changed since it was read: it is version {case.version} now."
        await _refuse_naming(connection, store_id, case, changed, which.version)
    await keep_move(connection, store_id, case, moved, mover)
    return moved.case


async def keep_move(connection: Connection, store_id: StoreId, before: ReviewCase, moved: Moved, mover: Mover) -> None:
    """Writes the move down with its history, its audit entry and what follows from it. The subject's lock is held."""
    after = moved.case
    await keep_case(connection, store_id, after)
    detail: Mapping[str, object] = moved.detail
    if moved.kind == "decided":
        detail = {**detail, "label_ids": await _decided(connection, store_id, after, mover)}
    elif moved.kind == "reopened":
        await _taken_back(connection, store_id, after, mover)
    await add_case_event(connection, store_id, after.id, (moved.kind, mover.actor, detail), mover.at)
    change = Change(
        actor=mover.actor,
        action=f"case.{moved.kind}",
        subject="case",
        subject_id=str(after.id),
        before=_told(before),
        after=_told(after),
        reason=after.reason_code,
    )
    await note(connection, store_id, change)


def _told(case: ReviewCase) -> dict[str, object]:
    return {name: getattr(case, name) for name in _TOLD}


async def _decided(connection: Connection, store_id: StoreId, case: ReviewCase, mover: Mover) -> list[str]:
    """The order knows at once, and so does whoever learns from it; the shop and vendors when the decision stands."""
    if case.subject == "order":
        await keep_decision(connection, store_id, case.subject_id, (case.decision, case.decided_by, case.decided_at))
    payload: Payload = {"settle": str(case.id), "version": case.version}
    job = Job(store_id, f"case:{case.id}", f"settle:{case.version}", payload)
    await put_many(connection, RISK_ANALYSIS, [job], mover.settings.grace)
    label = _label_of(case, mover)
    return [str(one) for one in await put_labels(connection, store_id, [label])] if label is not None else []


def _label_of(case: ReviewCase, mover: Mover) -> NewLabel | None:
    known = REASON_CODES.get(case.reason_code or "")
    if known is None or known.label is None:
        return None
    is_order = case.subject == "order"
    return NewLabel(
        label=known.label,
        source="analyst",
        reference=f"case:{case.id}:{case.version}",
        event_at=mover.at,
        known_at=mover.at,
        created_by=mover.actor,
        order_id=case.subject_id if is_order else None,
        order_external_id=case.order_external_id if is_order else None,
        customer_id=case.customer_id if is_order else case.subject_id,
        reason_code=case.reason_code,
        note=case.decision_note,
        amount=case.amount,
        currency=case.currency,
    )


async def _taken_back(connection: Connection, store_id: StoreId, case: ReviewCase, mover: Mover) -> None:
    if case.subject == "order":
        await keep_decision(connection, store_id, case.subject_id, (None, None, None))
    labels = (await latest_detail(connection, store_id, case.id, "decided")).get("label_ids")
    for label_id in labels if isinstance(labels, list) else []:
        await withdraw_label(connection, store_id, UUID(str(label_id)), mover.actor, mover.at)


async def _refuse_naming(connection: Connection, store_id: StoreId, case: ReviewCase, said: str, version: int) -> None:
    """RefuseError 409 with what others did since that version, the newest last."""
    events = await since_version(connection, store_id, case.id, version)
    names = await names_of(connection, store_id, {event.actor for event in events} | {case.assigned_to or ""})
    told = [f"{names.get(event.actor, event.actor)} {event.kind} it at {event.at:%Y-%m-%d %H:%M:%S} UTC" for event in events]
    if not told and case.assigned_to is not None and not case.is_decided:
        told = [f"It is with {names.get(case.assigned_to, case.assigned_to)}"]
    raise conflict(f"{said} {'; '.join(told)}." if told else said)
