"""What waits for a channel: taken by one sender at a time, in the order it was put, until it was delivered or given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.alert_channel import GIVEN_UP_AFTER, Channel
from shopwarden.domain.alert_message import AlertMessage
from shopwarden.domain.ids import StoreId
from shopwarden.store.alert_channels import CHANNEL_COLUMNS, channel_of
from shopwarden.store.database import Database

LEASE = timedelta(seconds=90)
"""A sender that dies is waited for no longer."""
_TAKE = f"""
UPDATE alert_channels SET lease = $3, leased_until = $5
 WHERE store_id = $1 AND id = $2 AND enabled AND coalesce(resting_until, $4) <= $4 AND coalesce(leased_until, $4) <= $4
RETURNING {CHANNEL_COLUMNS}, sealed
"""  # noqa: S608


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A channel whose messages this sender alone may send while its lease runs."""

    store_id: StoreId
    channel: Channel
    sealed: bytes
    lease: UUID


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    message_id: str
    body: AlertMessage


async def due_channels(database: Database, now: datetime, most: int = 500) -> list[tuple[StoreId, UUID]]:
    """Channels that nobody sends to, that rest no more, and for which something is due."""
    rows = await database.pool.fetch(
        # across stores: one sender serves them all; what it then reads and writes names the store.
        "SELECT c.store_id, c.id FROM alert_channels c WHERE c.enabled AND coalesce(c.resting_until, $1) <= $1"
        " AND coalesce(c.leased_until, $1) <= $1 AND EXISTS (SELECT FROM alert_deliveries d WHERE d.store_id = c.store_id"
        " AND d.channel_id = c.id AND d.state = 'pending' AND d.due_at <= $1) LIMIT $2",
        now, most,
    )  # fmt: skip
    return [(StoreId(row["store_id"]), row["id"]) for row in rows]


async def take_channel(
    connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID, lease: UUID, now: datetime
) -> Taken | None:
    """None where another sender has it, or it rests."""
    row = await connection.fetchrow(_TAKE, store_id, channel_id, lease, now, now + LEASE)
    if row is None:
        return None
    return Taken(store_id=store_id, channel=channel_of(row), sealed=row["sealed"], lease=lease)


async def let_go(connection: asyncpg.Connection, taken: Taken) -> None:
    await connection.execute(
        "UPDATE alert_channels SET lease = NULL, leased_until = NULL WHERE store_id = $1 AND id = $2 AND lease = $3",
        taken.store_id, taken.channel.id, taken.lease,
    )  # fmt: skip


async def postpone_for_quiet(connection: asyncpg.Connection, taken: Taken, now: datetime, until: datetime) -> None:
    """What is not urgent waits for the end of the hours of quiet."""
    await connection.execute(
        "UPDATE alert_deliveries SET due_at = $4 WHERE store_id = $1 AND channel_id = $2 AND state = 'pending'"
        " AND NOT urgent AND due_at <= $3",
        taken.store_id, taken.channel.id, now, until,
    )  # fmt: skip


async def next_waiting(connection: asyncpg.Connection, taken: Taken, now: datetime, most: int) -> list[Waiting]:
    rows = await connection.fetch(
        "SELECT id, message_id, body FROM alert_deliveries WHERE store_id = $1 AND channel_id = $2 AND state = 'pending'"
        " AND due_at <= $3 ORDER BY id LIMIT $4",
        taken.store_id, taken.channel.id, now, most,
    )  # fmt: skip
    return [
        Waiting(id=row["id"], message_id=row["message_id"], body=msgspec.convert(row["body"], AlertMessage)) for row in rows
    ]


async def note_delivered(
    connection: asyncpg.Connection, taken: Taken, sent: Sequence[Waiting], status: int | None, now: datetime
) -> bool:
    """The lease goes on. False where it was lost meanwhile: another sender answers for the rest."""
    kept = await connection.execute(
        "UPDATE alert_channels SET last_delivered_at = $4, last_error = NULL, resting_until = NULL, failures = 0,"
        " leased_until = $5 WHERE store_id = $1 AND id = $2 AND lease = $3",
        taken.store_id, taken.channel.id, taken.lease, now, now + LEASE,
    )  # fmt: skip
    await connection.execute(
        "UPDATE alert_deliveries SET state = 'delivered', attempts = attempts + 1, finished_at = $3, status_code = $4,"
        " last_error = NULL WHERE store_id = $1 AND id = ANY($2::bigint[])",
        taken.store_id, [each.id for each in sent], now, status,
    )  # fmt: skip
    return bool(kept == "UPDATE 1")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing was taken. `is_gone`: the channel asked never to be told again, and is switched off."""

    error: str
    status: int | None = None
    after: float | None = None
    is_gone: bool = False


async def note_refused(
    connection: asyncpg.Connection, taken: Taken, tried: Sequence[Waiting], refusal: Refusal, rest: timedelta, now: datetime
) -> None:
    """The channel rests; what has waited for days is given up, in its order, so that what follows can leave."""
    await connection.execute(
        "UPDATE alert_channels SET last_failed_at = $4, last_error = $5, resting_until = $6, failures = failures + 1,"
        " enabled = enabled AND NOT $7 WHERE store_id = $1 AND id = $2 AND lease = $3",
        taken.store_id, taken.channel.id, taken.lease, now, refusal.error, now + rest, refusal.is_gone,
    )  # fmt: skip
    await connection.execute(
        "UPDATE alert_deliveries SET attempts = attempts + 1, last_error = $3, status_code = $4"
        " WHERE store_id = $1 AND id = ANY($2::bigint[]) AND state = 'pending'",
        taken.store_id, [each.id for each in tried], refusal.error, refusal.status,
    )  # fmt: skip
    await connection.execute(
        "UPDATE alert_deliveries SET state = 'dead', finished_at = $3, last_error = coalesce(last_error, $5)"
        " WHERE store_id = $1 AND channel_id = $2 AND state = 'pending' AND due_at <= $3"
        " AND greatest(created_at, due_at) < $4",
        taken.store_id, taken.channel.id, now, now - GIVEN_UP_AFTER, refusal.error,
    )  # fmt: skip
