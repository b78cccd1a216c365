"""Imports of lists: begun once per idempotency key, begun again after one that broke off, and how far they are."""
# ruff: noqa: S608 - the texts put together here are column names of this file; values are always bound

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.tasks import Task, begin_task

KIND = "list import"
STALE = timedelta(seconds=60)
"""An import tells how far it is every second or so; one that has been silent for this long is over."""
MOST_SHOWN = 50
_COLUMNS = ", ".join(Task.__struct_fields__)


async def begin_import(database: Database, store_id: StoreId, idempotency_key: str | None) -> tuple[Task, bool]:
    """The task, and whether it is the caller's to do: new, or one that broke off, which no entry was doubled by."""
    task, is_new = await begin_task(database, store_id, KIND, idempotency_key)
    if is_new or task.state == "done":
        return task, is_new
    now = datetime.now(UTC)
    row = await database.pool.fetchrow(
        "UPDATE tasks SET state = 'running', done = 0, total = NULL, result = '{}', updated_at = $3"
        " WHERE store_id = $1 AND id = $2 AND (state = 'failed' OR state = 'running' AND updated_at < $4)"
        f" RETURNING {_COLUMNS}",
        store_id, task.id, now, now - STALE,
    )  # fmt: skip
    return (Task(**row), True) if row is not None else (task, False)


async def tell_import(database: Database, store_id: StoreId, task_id: UUID, done: int, result: Mapping[str, object]) -> None:
    await database.pool.execute(
        "UPDATE tasks SET done = $3, result = $4, updated_at = $5 WHERE store_id = $1 AND id = $2",
        store_id, task_id, done, result, datetime.now(UTC),
    )  # fmt: skip


async def recent_imports(database: Database, store_id: StoreId) -> list[Task]:
    """The newest first."""
    rows = await database.pool.fetch(
        f"SELECT {_COLUMNS} FROM tasks WHERE store_id = $1 AND kind = $2 ORDER BY id DESC LIMIT {MOST_SHOWN}",
        store_id, KIND,
    )  # fmt: skip
    return [Task(**row) for row in rows]
