"""Messages put for a store's channels, each once however often it is put, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.alert_message import NewMessage
from shopwarden.domain.ids import StoreId

BELL = "shopwarden_alerts"
"""PostgreSQL's channel on which the id of a store is told when its alerts or their messages changed."""
Hearers = Literal["wanting", "escalation", "told"]

_WANTING = (
    "c.enabled AND NOT c.for_escalation AND (c.kinds = '{}' OR w.alert_kind = ANY(c.kinds))"
    " AND array_position(ARRAY['info', 'warning', 'critical'], c.least_severity)"
    " <= array_position(ARRAY['info', 'warning', 'critical'], w.severity)"
)
_HEARS: dict[Hearers, str] = {
    "wanting": _WANTING,
    # Without a channel for it, an escalation is one more message where the alert was told.
    "escalation": (
        "c.enabled AND CASE WHEN EXISTS (SELECT FROM alert_channels e WHERE e.store_id = $1 AND e.enabled"
        f" AND e.for_escalation) THEN c.for_escalation ELSE {_WANTING} END"
    ),
    "told": (
        "c.enabled AND EXISTS (SELECT FROM alert_deliveries d WHERE d.store_id = $1 AND d.alert_id = w.alert_id"
        " AND d.channel_id = c.id)"
    ),
}
_ADD = (
    "INSERT INTO alert_deliveries (store_id, channel_id, alert_id, message_id, kind, urgent, body, created_at, due_at)"
    " SELECT $1, c.id, w.alert_id, w.message_id, w.kind, w.urgent, w.body, $9, $9"
    " FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::boolean[], $8::jsonb[]) WITH ORDINALITY"
    " AS w (message_id, kind, alert_id, alert_kind, severity, urgent, body, place)"
    " JOIN alert_channels c ON c.store_id = $1 AND "
)
_END = " ORDER BY w.place, c.id ON CONFLICT (store_id, channel_id, message_id) DO NOTHING"


async def put_messages(
    connection: asyncpg.Connection, store_id: StoreId, messages: Sequence[NewMessage], hearers: Hearers, now: datetime
) -> None:
    """`wanting`: channels that take this kind and severity; `escalation`: those for what nobody acknowledged; `told`: those
    that heard of the alert before. Nobody is rung for: see `ring`."""
    if messages:
        await connection.execute(_ADD + _HEARS[hearers] + _END, store_id, *_written(messages), now)


async def put_message_for(
    connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID, message: NewMessage, now: datetime
) -> None:
    """For one channel, whatever it takes."""
    await connection.execute(_ADD + "c.id = $10" + _END, store_id, *_written([message]), now, channel_id)


def _written(messages: Sequence[NewMessage]) -> tuple[list[object], ...]:
    return (
        [each.id for each in messages],
        [each.kind for each in messages],
        [each.alert_id for each in messages],
        [each.alert_kind for each in messages],
        [each.severity for each in messages],
        [each.urgent for each in messages],
        [msgspec.json.encode(each.body) for each in messages],
    )


async def ring(connection: asyncpg.Connection, store_id: StoreId) -> None:
    """Wakes whoever sends messages or shows alerts, when the transaction is committed."""
    await connection.execute("SELECT pg_notify($1, $2)", BELL, str(store_id))
