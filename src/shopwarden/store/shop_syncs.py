"""First readings of a whole shop: where each stands, so that it goes on after whatever stopped it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.database import Connection, Database

State = Literal["asked", "collecting", "reading", "done", "failed"]


class Sync(msgspec.Struct, frozen=True, kw_only=True):
    """`lines` counts records taken over, `byte_offset` where in the result the next one begins. `is_impersonal`: what the
    app may not see is not asked for."""

    id: UUID
    kind: Literal["customers", "orders"]
    state: State
    operation_id: str | None = None
    task_id: UUID | None = None
    objects: int | None = None
    lines: int = 0
    total_lines: int | None = None
    byte_offset: int = 0
    tries: int = 0
    is_impersonal: bool = False
    last_error: str | None = None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


_DETAIL = {
    "tries": "coalesce((detail ->> 'tries')::int, 0) AS tries",
    "is_impersonal": "coalesce((detail ->> 'is_impersonal')::bool, false) AS is_impersonal",
}
_COLUMNS = ", ".join(_DETAIL.get(name, name) for name in Sync.__struct_fields__)
_SAVE = """
UPDATE shop_syncs SET state = $3, operation_id = $4, objects = $5, lines = $6, total_lines = $7, byte_offset = $8,
    last_error = $9, updated_at = $10, finished_at = $11, detail = $12
 WHERE store_id = $1 AND id = $2
"""
_TASK = """
UPDATE tasks SET done = w.done, total = w.total, state = w.state, updated_at = $3, result = w.result
  FROM (SELECT coalesce(sum(lines), 0)::int AS done,
               CASE WHEN count(*) FILTER (WHERE total_lines IS NULL) = 0 THEN sum(total_lines)::int END AS total,
               CASE WHEN bool_or(state = 'failed') THEN 'failed' WHEN bool_and(state = 'done') THEN 'done'
                    ELSE 'running' END AS state,
               jsonb_object_agg(kind, jsonb_build_object('state', state, 'read', lines, 'of', total_lines,
                   'collected', objects, 'error', last_error)) AS result
          FROM shop_syncs WHERE store_id = $1 AND task_id = $2) AS w
 WHERE tasks.store_id = $1 AND tasks.id = $2
"""


async def begin_syncs(connection: Connection, store_id: StoreId, task_id: UUID) -> None:
    """One for each kind, still to be asked for."""
    now = datetime.now(UTC)
    await connection.executemany(
        "INSERT INTO shop_syncs (store_id, id, kind, state, task_id, created_at, updated_at)"
        " VALUES ($1, $2, $3, 'asked', $4, $5, $5)",
        [(store_id, new_id(), kind, task_id, now) for kind in ("customers", "orders")],
    )


async def open_syncs(connection: Connection, store_id: StoreId) -> list[Sync]:
    """Those that have not ended, customers before orders."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM shop_syncs WHERE store_id = $1 AND state NOT IN ('done', 'failed')"  # noqa: S608
        " ORDER BY kind, created_at",
        store_id,
    )
    return [Sync(**dict(row)) for row in rows]


async def all_open(connection: Connection) -> list[StoreId]:
    """Stores with a reading that nobody has gone on with for five minutes, though their shop is connected."""
    # across stores: one look for the whole installation
    rows = await connection.fetch(
        "SELECT DISTINCT s.store_id FROM shop_syncs s JOIN shop_tokens t ON t.store_id = s.store_id"
        " WHERE s.state NOT IN ('done', 'failed') AND t.state = 'active' AND s.updated_at < $1",
        datetime.now(UTC) - timedelta(minutes=5),
    )
    return [StoreId(row["store_id"]) for row in rows]


async def latest_syncs(connection: Connection, store_id: StoreId) -> list[Sync]:
    """The newest of each kind."""
    rows = await connection.fetch(
        f"SELECT DISTINCT ON (kind) {_COLUMNS} FROM shop_syncs WHERE store_id = $1"  # noqa: S608
        " ORDER BY kind, created_at DESC",
        store_id,
    )
    return [Sync(**dict(row)) for row in rows]


async def save_sync(connection: Connection, store_id: StoreId, sync: Sync) -> None:
    """Where it stands, and the progress of its task with it."""
    now = datetime.now(UTC)
    finished = now if sync.is_over else None
    await connection.execute(
        _SAVE, store_id, sync.id, sync.state, sync.operation_id, sync.objects, sync.lines, sync.total_lines,
        sync.byte_offset, sync.last_error, now, finished,
        {"tries": sync.tries, "is_impersonal": sync.is_impersonal},
    )  # fmt: skip
    if sync.task_id is not None:
        await connection.execute(_TASK, store_id, sync.task_id, now)


async def learn_sizes(database: Database) -> None:
    """Lets the database look again at how much is there: while a shop is read its tables grow faster than it would notice,
    and it plans as if they were empty."""
    await database.pool.execute("ANALYZE customers, customer_identifiers, customer_addresses, customer_ips, orders")


async def plan_by_sizes(connection: Connection) -> None:
    """For this transaction: plans made for as many rows as each statement really brings."""
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
