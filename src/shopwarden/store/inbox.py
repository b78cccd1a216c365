"""The inbox: every webhook as it came, kept before it is answered, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.contracts.job import WEBHOOK_PROCESSING
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.outbox import CHANNEL


class InboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery. `body` is what was signed, byte for byte; empty once it is older than raw bodies are kept."""

    store_id: StoreId
    id: UUID
    source: str
    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    received_at: datetime
    api_version: str | None
    body: bytes
    outcome: str


_COLUMNS = ", ".join(InboxRow.__struct_fields__)


async def read_inbox(connection: asyncpg.Connection, store_id: StoreId, inbox_id: UUID) -> InboxRow | None:
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM inbox WHERE store_id = $1 AND id = $2",  # noqa: S608
        store_id,
        inbox_id,
    )
    return InboxRow(**row) if row else None


async def set_outcome(
    connection: asyncpg.Connection, store_id: StoreId, inbox_id: UUID, outcome: str, detail: str | None = None
) -> None:
    """What became of a delivery: `processed`, `unreadable`, `failed`, `unsupported_topic` or (again) `kept`."""
    await connection.execute(
        "UPDATE inbox SET outcome = $3, detail = $4,"
        " processed_at = CASE WHEN $3 = 'processed' THEN $5::timestamptz ELSE processed_at END"
        " WHERE store_id = $1 AND id = $2",
        store_id,
        inbox_id,
        outcome,
        detail,
        datetime.now(UTC),
    )


async def empty_body(connection: asyncpg.Connection, store_id: StoreId, inbox_id: UUID, detail: str) -> None:
    """Takes the raw body of a delivery away before its time, and says why."""
    await connection.execute(
        "UPDATE inbox SET body = '', detail = $3 WHERE store_id = $1 AND id = $2", store_id, inbox_id, detail
    )


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A verified delivery about to be kept. `outcome` is `kept` (it gets a job) or `unsupported_topic` (it gets none)."""

    source: str
    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    api_version: str | None
    body: bytes
    outcome: str = "kept"


class Kept(msgspec.Struct, frozen=True):
    """`inbox_id` is None when the delivery was kept before; `repeats_event`: another delivery told of the same event."""

    inbox_id: UUID | None
    repeats_event: bool


# Raw event and job in one statement: one round trip, one commit, and never one without the other.
_KEEP = f"""
WITH kept AS (
    INSERT INTO inbox
        (store_id, id, source, topic, delivery_id, event_id, triggered_at, received_at, api_version, body, outcome)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (store_id, source, delivery_id) DO NOTHING
    RETURNING id, delivery_id, outcome
), added AS (
    INSERT INTO outbox (store_id, queue, subject, event, payload, run_after, created_at)
    SELECT $1, '{WEBHOOK_PROCESSING}', id::text, delivery_id,
           jsonb_build_object('inbox_id', id::text, 'source', $3::text), $8, $8
    FROM kept WHERE outcome = 'kept'
    RETURNING 1
), rung AS (SELECT pg_notify('{CHANNEL}', '') FROM added)
SELECT (SELECT id FROM kept) AS inbox_id, (SELECT count(*) FROM rung) AS jobs,
    EXISTS (SELECT 1 FROM inbox WHERE store_id = $1 AND source = $3 AND event_id = $6 AND topic = $4
            AND delivery_id <> $5) AS repeats_event
"""  # noqa: S608


async def keep(connection: asyncpg.Connection, store_id: StoreId, delivery: Delivery) -> Kept:
    """Keeps a delivery and puts its job into `webhook-processing`, both or neither; once per (source, delivery id)."""
    row = await connection.fetchrow(
        _KEEP,
        store_id,
        new_id(),
        delivery.source,
        delivery.topic,
        delivery.delivery_id,
        delivery.event_id,
        delivery.triggered_at,
        datetime.now(UTC),
        delivery.api_version,
        delivery.body,
        delivery.outcome,
    )
    return Kept(row["inbox_id"], row["repeats_event"])
