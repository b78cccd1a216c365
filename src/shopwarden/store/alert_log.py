"""The log of what was sent to a channel, and what is sent once more by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.alert_message import MessageKind
from shopwarden.domain.ids import StoreId

DeliveryState = Literal["pending", "delivered", "dead"]
_COLUMNS = (
    "id, channel_id, alert_id, message_id, kind, state, urgent, attempts, created_at, due_at, finished_at, status_code,"
    " last_error, body -> 'data' ->> 'title' AS title"
)
_SELECT = f"SELECT {_COLUMNS} FROM alert_deliveries WHERE store_id = $1"  # noqa: S608
_AGAIN = f"""
UPDATE alert_deliveries SET state = 'pending', due_at = $4, finished_at = NULL
 WHERE store_id = $1 AND channel_id = $2 AND id = $3 RETURNING {_COLUMNS}
"""  # noqa: S608


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one channel. `id` rises in the order in which a channel is told. `attempts`: how often it was sent;
    `status_code` and `last_error` are of the last time. `dead`: given up after three days."""

    id: int
    channel_id: UUID
    alert_id: UUID | None
    message_id: str
    kind: MessageKind
    state: DeliveryState
    title: str
    urgent: bool
    attempts: int
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    status_code: int | None
    last_error: str | None


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(**dict(row))


async def deliveries_of_channel(
    connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID, before: int | None, limit: int
) -> list[Delivery]:
    """The newest first; `before`: the last id of the page before."""
    rows = await connection.fetch(
        f"{_SELECT} AND channel_id = $2 AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4",
        store_id, channel_id, before, limit,
    )  # fmt: skip
    return [_delivery(row) for row in rows]


async def deliveries_of_alert(connection: asyncpg.Connection, store_id: StoreId, alert_id: UUID) -> list[Delivery]:
    """The latest hundred, the newest first."""
    rows = await connection.fetch(f"{_SELECT} AND alert_id = $2 ORDER BY id DESC LIMIT 100", store_id, alert_id)
    return [_delivery(row) for row in rows]


async def waiting_counts(connection: asyncpg.Connection, store_id: StoreId) -> dict[UUID, int]:
    """Channel -> messages that wait."""
    rows = await connection.fetch(
        "SELECT c.id, (SELECT count(*)::integer FROM alert_deliveries d WHERE d.store_id = $1 AND d.channel_id = c.id"
        " AND d.state = 'pending') AS waiting FROM alert_channels c WHERE c.store_id = $1",
        store_id,
    )
    return {row["id"]: row["waiting"] for row in rows}


async def send_again(
    connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID, delivery_id: int, now: datetime
) -> Delivery | None:
    """A message that was given up or delivered waits again, under the same id. None where there is no such one."""
    row = await connection.fetchrow(_AGAIN, store_id, channel_id, delivery_id, now)
    return None if row is None else _delivery(row)
