"""The inbox: every webhook as it came, kept before it is answered, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId


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
