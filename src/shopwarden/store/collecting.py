"""What a group of tracker events reads and writes: message ids, visitors, activities; each in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.visit import VisitorState

ACTIVITY_COLUMNS = (
    "store_id", "id", "created_at", "customer_id", "activity_type", "activity_data",
    "ip_address", "session_id", "visitor_id", "device_id", "country_code",
)  # fmt: skip

Row = tuple[object, ...]
MessageKey = tuple[UUID, UUID]


class KnownVisitor(msgspec.Struct, kw_only=True):
    store_id: StoreId
    id: UUID
    anonymous_id: str
    customer_id: UUID | None
    state: VisitorState


async def claim_messages(connection: asyncpg.Connection, keys: Sequence[tuple[UUID, UUID]], at: datetime) -> set[MessageKey]:
    """Marks (store, message) pairs as seen and answers those that were not seen before.

    Pairs must be distinct; they are inserted in order, so that two groups with the same messages never deadlock.
    """
    ordered = sorted(keys)
    rows = await connection.fetch(
        "INSERT INTO message_ids (store_id, message_key, received_at)"
        " SELECT s, m, $3 FROM unnest($1::uuid[], $2::uuid[]) AS w (s, m)"
        " ON CONFLICT DO NOTHING RETURNING store_id, message_key",
        [store for store, _ in ordered],
        [key for _, key in ordered],
        at,
    )
    if len(rows) == len(ordered):
        return set(ordered)
    return {(row["store_id"], row["message_key"]) for row in rows}


async def lock_visitors(connection: asyncpg.Connection, wanted: Sequence[tuple[UUID, str]]) -> list[KnownVisitor]:
    """The visitors already known among (store, anonymous id) pairs, locked in one order until the transaction ends."""
    rows = await connection.fetch(
        "SELECT v.store_id, v.id, v.anonymous_id, v.customer_id, v.state"
        " FROM unnest($1::uuid[], $2::text[]) AS w (s, a)"
        " JOIN visitors v ON v.store_id = w.s AND v.anonymous_id = w.a"
        " ORDER BY v.store_id, v.anonymous_id FOR NO KEY UPDATE OF v",
        [store for store, _ in wanted],
        [anonymous for _, anonymous in wanted],
    )
    return [
        KnownVisitor(
            store_id=row["store_id"],
            id=row["id"],
            anonymous_id=row["anonymous_id"],
            customer_id=row["customer_id"],
            state=msgspec.convert(row["state"], VisitorState),
        )
        for row in rows
    ]


async def add_visitors(
    connection: asyncpg.Connection, fresh: Sequence[tuple[UUID, str, UUID, datetime]]
) -> list[KnownVisitor]:
    """New visitors as (store, anonymous id, id, first seen); answers those that nobody else added in the meantime."""
    rows = await connection.fetch(
        "INSERT INTO visitors (store_id, anonymous_id, id, first_seen, last_seen)"
        " SELECT s, a, i, f, f FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[]) AS w (s, a, i, f)"
        " ON CONFLICT DO NOTHING RETURNING store_id, anonymous_id, id",
        *map(list, zip(*fresh, strict=True)),
    )
    return [
        KnownVisitor(
            store_id=row["store_id"], id=row["id"], anonymous_id=row["anonymous_id"], customer_id=None, state=VisitorState()
        )
        for row in rows
    ]


async def history(connection: asyncpg.Connection, store_id: UUID, visitor_id: UUID, limit: int) -> list[asyncpg.Record]:
    """A visitor's collected events, newest first, at most `limit`."""
    return list(
        await connection.fetch(
            "SELECT a.id, a.created_at, a.activity_type, a.activity_data, a.ip_address, a.session_id, a.device_id"
            " FROM sessions s JOIN customer_activities a ON a.store_id = s.store_id AND a.session_id = s.id"
            " WHERE s.store_id = $1 AND s.visitor_id = $2 AND a.source = 'collect'"
            " ORDER BY a.created_at DESC LIMIT $3",
            store_id, visitor_id, limit,
        )
    )  # fmt: skip


async def copy_activities(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.copy_records_to_table("customer_activities", records=rows, columns=ACTIVITY_COLUMNS)


async def file_again(connection: asyncpg.Connection, store_id: UUID, moved: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """Puts activities into another session: (new session, activity id, its time)."""
    await connection.executemany(
        "UPDATE customer_activities SET session_id = $2 WHERE store_id = $1 AND id = $3 AND created_at = $4",
        [(store_id, session, activity, at) for session, activity, at in moved],
    )


async def replace_sessions(connection: asyncpg.Connection, store_id: UUID, replaced: dict[UUID, UUID]) -> None:
    """Sessions that a late event made vanish: whatever pointed at the old one points at its successor."""
    pairs = [(store_id, old, new) for old, new in replaced.items()]
    for table in ("checkout_tokens", "orders"):
        await connection.executemany(
            f"UPDATE {table} SET session_id = $3 WHERE store_id = $1 AND session_id = $2",  # noqa: S608
            pairs,
        )
    await connection.execute("DELETE FROM sessions WHERE store_id = $1 AND id = ANY($2)", store_id, list(replaced))
