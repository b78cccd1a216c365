"""Long tasks: begun once per idempotency key, their progress and their result."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.database import Database

TaskState = Literal["queued", "running", "done", "failed"]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`done` of `total` parts are through; `total` is null where it can't be known before the end."""

    id: UUID
    kind: str
    state: TaskState
    done: int
    total: int | None
    result: dict[str, object]
    created_at: datetime
    updated_at: datetime


_COLUMNS = ", ".join(Task.__struct_fields__)


def _task(row: asyncpg.Record) -> Task:
    return Task(**row)


async def begin_task(
    database: Database, store_id: StoreId, kind: str, idempotency_key: str | None = None
) -> tuple[Task, bool]:
    """A running task and True, or the one begun before with the same key and False."""
    now = datetime.now(UTC)
    row = await database.pool.fetchrow(
        "INSERT INTO tasks (store_id, id, kind, state, idempotency_key, created_at, updated_at)"
        f" VALUES ($1, $2, $3, 'running', $4, $5, $5) ON CONFLICT (store_id, kind, idempotency_key) DO NOTHING"
        f" RETURNING {_COLUMNS}",
        store_id, new_id(), kind, idempotency_key, now,
    )  # fmt: skip
    if row is not None:
        return _task(row), True
    row = await database.pool.fetchrow(
        f"SELECT {_COLUMNS} FROM tasks WHERE store_id = $1 AND kind = $2 AND idempotency_key = $3",
        store_id, kind, idempotency_key,
    )  # fmt: skip
    return _task(row), False


async def tell_progress(database: Database, store_id: StoreId, task_id: UUID, done: int, total: int | None = None) -> None:
    await database.pool.execute(
        "UPDATE tasks SET done = $3, total = coalesce($4, total), updated_at = $5 WHERE store_id = $1 AND id = $2",
        store_id, task_id, done, total, datetime.now(UTC),
    )  # fmt: skip


async def end_task(
    database: Database, store_id: StoreId, task_id: UUID, state: TaskState, result: Mapping[str, object]
) -> Task:
    row = await database.pool.fetchrow(
        "UPDATE tasks SET state = $3, result = $4, total = coalesce(total, done), updated_at = $5"
        f" WHERE store_id = $1 AND id = $2 RETURNING {_COLUMNS}",
        store_id, task_id, state, result, datetime.now(UTC),
    )  # fmt: skip
    return _task(row)


async def find_task(database: Database, store_id: StoreId, task_id: UUID) -> Task | None:
    row = await database.pool.fetchrow(f"SELECT {_COLUMNS} FROM tasks WHERE store_id = $1 AND id = $2", store_id, task_id)
    return _task(row) if row else None
