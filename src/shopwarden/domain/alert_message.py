"""What leaves by a channel: one message each time an alert is raised, goes on, is escalated or is over.

The shape of a message is that of the Standard Webhooks specification: `type`, `timestamp`, `data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from shopwarden.domain.alert import Alert, AlertKind, AlertState, Severity

MessageKind = Literal["raised", "repeated", "escalated", "resolved", "test"]
MESSAGE_KINDS: tuple[MessageKind, ...] = ("raised", "repeated", "escalated", "resolved", "test")
MessageType = Literal["alert.raised", "alert.repeated", "alert.escalated", "alert.resolved", "alert.test"]
_TYPES: dict[MessageKind, MessageType] = {
    "raised": "alert.raised",
    "repeated": "alert.repeated",
    "escalated": "alert.escalated",
    "resolved": "alert.resolved",
    "test": "alert.test",
}


class AlertMessageData(msgspec.Struct, frozen=True, kw_only=True):
    """The alert as it was when the message was made. `count`: how often its trouble was seen. `subject` says what
    `subject_id` is the id of: order, customer, visitor, rule, list_entry, vendor, source, store. `facts`: figures that
    differ by `kind`. Holds no names, addresses or other personal data."""

    id: UUID
    store_id: UUID
    kind: AlertKind | Literal["test"]
    severity: Severity
    state: AlertState
    title: str
    body: str
    subject: str | None
    subject_id: str | None
    count: int
    first_at: datetime
    last_at: datetime
    facts: Mapping[str, object]


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body of a webhook. `timestamp`: when it was made, the same in every repetition."""

    type: MessageType
    timestamp: datetime
    data: AlertMessageData


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be put for channels. `id` is the same however often it is sent."""

    id: str
    kind: MessageKind
    alert_id: UUID | None
    alert_kind: str
    severity: Severity
    urgent: bool
    body: AlertMessage


def message_of(store_id: UUID, alert: Alert, kind: MessageKind, at: datetime) -> NewMessage:
    """`urgent`: leaves in hours of quiet too. That is what is critical, but not that it is over."""
    same = {name: getattr(alert, name) for name in AlertMessageData.__struct_fields__ if name != "store_id"}
    data = AlertMessageData(store_id=store_id, **same)
    return NewMessage(
        # Without a full stop, which separates the parts of what is signed.
        id=f"msg_{alert.id.hex}_{kind}_{alert.count}",
        kind=kind,
        alert_id=alert.id,
        alert_kind=alert.kind,
        severity=alert.severity,
        urgent=alert.severity == "critical" and kind != "resolved",
        body=AlertMessage(type=_TYPES[kind], timestamp=at, data=data),
    )


def trial_message(store_id: UUID, now: datetime | None = None) -> NewMessage:
    """A message that says only that the channel works."""
    at, identifier = now or datetime.now(UTC), uuid4()
    data = AlertMessageData(
        id=identifier, store_id=store_id, kind="test", severity="info", state="open", title="Test message",
        body="This channel hears of the store's alerts.", subject="store", subject_id=str(store_id), count=1,
        first_at=at, last_at=at, facts={},
    )  # fmt: skip
    body = AlertMessage(type=_TYPES["test"], timestamp=at, data=data)
    return NewMessage(
        id=f"msg_{identifier.hex}_test",
        kind="test",
        alert_id=None,
        alert_kind="test",
        severity="info",
        urgent=True,
        body=body,
    )
