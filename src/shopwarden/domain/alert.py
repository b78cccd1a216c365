"""What is worth telling somebody at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.policy import Severity as Severity

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")

AlertKind = Literal[
    "verdict", "rule", "list", "behaviour", "card_testing", "bot_wave", "velocity", "webhook_silence", "vendor_outage",
    "score_drift", "case_overdue",
]  # fmt: skip
ALERT_KINDS: tuple[AlertKind, ...] = (
    "verdict", "rule", "list", "behaviour", "card_testing", "bot_wave", "velocity", "webhook_silence", "vendor_outage",
    "score_drift", "case_overdue",
)  # fmt: skip


class Raising(msgspec.Struct, frozen=True, kw_only=True):
    """An alert to be raised. `group_key`: the same trouble, which raises one alert until that is resolved and is counted
    from then on. `cause`: what happened; the same cause counts once, however often it is told. `title` and `body` carry no
    personal data: they leave by mail and chat. `facts`: figures for the dashboard, ids as strings."""

    kind: AlertKind
    severity: Severity
    group_key: str
    cause: str
    title: str
    body: str = ""
    subject: str | None = None
    subject_id: str | None = None
    facts: Mapping[str, object] = {}
    at: datetime


AlertState = Literal["open", "acknowledged", "resolved"]
ALERT_STATES: tuple[AlertState, ...] = ("open", "acknowledged", "resolved")


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it stands. `count`: causes that were counted. `told_at`, `told_count`: when its channels were
    last told that it was raised or goes on, and of how many causes. `changed_at`: of anything here."""

    id: UUID
    kind: AlertKind
    severity: Severity
    group_key: str
    title: str
    body: str
    subject: str | None
    subject_id: str | None
    facts: Mapping[str, object]
    state: AlertState
    count: int
    first_at: datetime
    last_at: datetime
    told_at: datetime | None
    told_count: int
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    escalated_at: datetime | None
    changed_at: datetime


def rank(severity: Severity) -> int:
    """0 to 2, rising with what is at stake."""
    return SEVERITIES.index(severity)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Raisings of the same trouble taken together: the latest speaks for all, with the worst severity among them."""

    latest: Raising
    severity: Severity
    count: int
    first_at: datetime
    last_at: datetime


def grouped(raisings: Sequence[Raising]) -> dict[str, Group]:
    """Group key -> group, by rising key: whoever writes several takes them in the same order as everybody else."""
    found: dict[str, list[Raising]] = {}
    for raising in raisings:
        found.setdefault(raising.group_key, []).append(raising)
    return {key: _together(found[key]) for key in sorted(found)}


def _together(raisings: Sequence[Raising]) -> Group:
    latest = max(raisings, key=lambda each: each.at)
    return Group(
        latest=latest,
        severity=max((each.severity for each in raisings), key=rank),
        count=len(raisings),
        first_at=min(each.at for each in raisings),
        last_at=latest.at,
    )
