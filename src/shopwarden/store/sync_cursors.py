"""How far repeated readings of somebody else's system have come."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """`cursor` says where the next reading begins; `detail` where a reading under way stands. `read` counts things."""

    stream: str
    cursor: str | None = None
    detail: dict[str, object] = {}
    read: int = 0
    last_error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime | None = None


_COLUMNS = ", ".join(Cursor.__struct_fields__)
_SAVE = """
INSERT INTO sync_cursors (store_id, source, stream, cursor, detail, read, last_error, started_at, finished_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (store_id, source, stream) DO UPDATE SET
    cursor = EXCLUDED.cursor, detail = EXCLUDED.detail, read = EXCLUDED.read, last_error = EXCLUDED.last_error,
    started_at = EXCLUDED.started_at, finished_at = EXCLUDED.finished_at, updated_at = EXCLUDED.updated_at
"""


async def read_cursor(connection: Connection, store_id: StoreId, source: str, stream: str) -> Cursor:
    """An empty one where nothing was read yet."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM sync_cursors WHERE store_id = $1 AND source = $2 AND stream = $3",  # noqa: S608
        store_id, source, stream,
    )  # fmt: skip
    return Cursor(**dict(row)) if row is not None else Cursor(stream=stream)


async def list_cursors(connection: Connection, store_id: StoreId, source: str) -> list[Cursor]:
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM sync_cursors WHERE store_id = $1 AND source = $2 ORDER BY stream",  # noqa: S608
        store_id, source,
    )  # fmt: skip
    return [Cursor(**dict(row)) for row in rows]


async def save_cursor(connection: Connection, store_id: StoreId, source: str, cursor: Cursor) -> None:
    await connection.execute(
        _SAVE, store_id, source, cursor.stream, cursor.cursor, cursor.detail, cursor.read, cursor.last_error,
        cursor.started_at, cursor.finished_at, datetime.now(UTC),
    )  # fmt: skip


async def try_alone(connection: Connection, store_id: StoreId, work: str) -> bool:
    """Whether this transaction alone may do the work until it ends."""
    alone: bool = await connection.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7))", f"{work}:{store_id}"
    )
    return alone


async def take_place(connection: Connection, work: str, places: int) -> bool:
    """Whether this transaction is one of at most so many at that work, in all stores together, until it ends."""
    for place in range(places):
        # across stores: they share the workers
        if await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 8))", f"{work}:{place}"):
            return True
    return False
