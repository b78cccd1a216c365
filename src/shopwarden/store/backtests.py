"""Trials of policies: asked for once, done by one worker at a time under a lease, listed and read."""
# ruff: noqa: S608 - the texts put together here are column names of this file; values are always bound

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id

BacktestState = Literal["queued", "running", "done", "failed", "cancelled"]
LEASE = timedelta(seconds=30)
MOST_WAITING = 20
"""Of one store, not done yet."""


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """`done` of `total` verdicts are looked at; `total` is None until a worker counted them. `first_at` is within the time
    that is tried, `until_at` is not. `created_at` is also the time whose knowledge of frauds counts."""

    store_id: StoreId
    id: UUID
    name: str | None
    state: BacktestState
    policy: dict[str, object]
    first_at: datetime
    until_at: datetime
    done: int
    total: int | None
    result: dict[str, object]
    error: str | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class NewBacktest(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None
    policy: bytes
    """JSON: what is compared, and what was wished."""
    first_at: datetime
    until_at: datetime
    created_by: str
    idempotency_key: str | None = None


_COLUMNS = ", ".join(Backtest.__struct_fields__)
_LISTED = _COLUMNS.replace("policy", "'{}'::jsonb AS policy").replace("result", "'{}'::jsonb AS result")

# across stores: a worker takes whatever store's trial has waited longest
_CLAIM = f"""
UPDATE backtests SET state = 'running', claimed_by = $1, claimed_until = $2, started_at = coalesce(started_at, $3)
 WHERE (store_id, id) = (
   SELECT store_id, id FROM backtests
    WHERE state IN ('queued', 'running') AND (state = 'queued' OR claimed_until < $3)
    ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}
"""


async def put_backtest(connection: asyncpg.Connection, store_id: StoreId, new: NewBacktest) -> tuple[Backtest, bool] | None:
    """The trial and True, or the one asked for before with the same key and False; None where too many wait."""
    await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", store_id)
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM backtests WHERE store_id = $1 AND idempotency_key = $2", store_id, new.idempotency_key
    )
    if row is not None:
        return Backtest(**row), False
    waiting = await connection.fetchval(
        "SELECT count(*) FROM backtests WHERE store_id = $1 AND state IN ('queued', 'running')", store_id
    )
    if waiting >= MOST_WAITING:
        return None
    row = await connection.fetchrow(
        "INSERT INTO backtests (store_id, id, name, policy, first_at, until_at, created_by, created_at, idempotency_key)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_COLUMNS}",
        store_id, new_id(), new.name, new.policy, new.first_at, new.until_at, new.created_by, datetime.now(UTC),
        new.idempotency_key,
    )  # fmt: skip
    return Backtest(**row), True


async def claim_backtest(connection: asyncpg.Connection, worker: UUID) -> Backtest | None:
    """The trial that has waited longest, or one whose worker is gone; None when there is nothing to do."""
    now = datetime.now(UTC)
    row = await connection.fetchrow(_CLAIM, worker, now + LEASE, now)
    return Backtest(**row) if row else None


async def keep_progress(
    connection: asyncpg.Connection, backtest: Backtest, worker: UUID, done: int, total: int, progress: bytes | None
) -> bool:
    """Lengthens the lease; False: the trial was cancelled, or is somebody else's by now. `progress` None: as it was."""
    told = await connection.execute(
        "UPDATE backtests SET done = $4, total = $5, claimed_until = $6, result = coalesce($7, result)"
        " WHERE store_id = $1 AND id = $2 AND claimed_by = $3 AND state = 'running'",
        backtest.store_id, backtest.id, worker, done, total, datetime.now(UTC) + LEASE, progress,
    )  # fmt: skip
    return bool(told == "UPDATE 1")


async def end_backtest(
    connection: asyncpg.Connection, backtest: Backtest, worker: UUID, state: BacktestState, outcome: bytes | str
) -> bool:
    """`outcome` is the result as JSON, or the error in words. False: it was cancelled meanwhile."""
    result, error = (outcome, None) if isinstance(outcome, bytes) else (b"{}", outcome)
    told = await connection.execute(
        "UPDATE backtests SET state = $4, result = $5, error = $6, finished_at = $7, done = coalesce(total, done),"
        " claimed_until = NULL WHERE store_id = $1 AND id = $2 AND claimed_by = $3 AND state = 'running'",
        backtest.store_id, backtest.id, worker, state, result, error, datetime.now(UTC),
    )  # fmt: skip
    return bool(told == "UPDATE 1")


async def let_go(connection: asyncpg.Connection, backtest: Backtest, worker: UUID) -> None:
    """Another worker may go on at once."""
    await connection.execute(
        "UPDATE backtests SET claimed_until = now()"
        " WHERE store_id = $1 AND id = $2 AND claimed_by = $3 AND state = 'running'",
        backtest.store_id, backtest.id, worker,
    )  # fmt: skip


async def cancel_backtest(connection: asyncpg.Connection, store_id: StoreId, backtest_id: UUID) -> Backtest | None:
    """The trial as it then is; what is over already stays as it ended. None: there is none."""
    await connection.execute(
        "UPDATE backtests SET state = 'cancelled', result = '{}', finished_at = $3, claimed_until = NULL"
        " WHERE store_id = $1 AND id = $2 AND state IN ('queued', 'running')",
        store_id, backtest_id, datetime.now(UTC),
    )  # fmt: skip
    return await find_backtest(connection, store_id, backtest_id)


async def find_backtest(connection: asyncpg.Connection, store_id: StoreId, backtest_id: UUID) -> Backtest | None:
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM backtests WHERE store_id = $1 AND id = $2", store_id, backtest_id
    )
    return Backtest(**row) if row else None


async def list_backtests(
    connection: asyncpg.Connection, store_id: StoreId, page: int, limit: int
) -> tuple[list[Backtest], int]:
    """The newest first, without policies and results, and how many there are."""
    rows = await connection.fetch(
        f"SELECT {_LISTED} FROM backtests WHERE store_id = $1 ORDER BY created_at DESC, id LIMIT $2 OFFSET $3",
        store_id, limit, (page - 1) * limit,
    )  # fmt: skip
    total = await connection.fetchval("SELECT count(*) FROM backtests WHERE store_id = $1", store_id)
    return [Backtest(**row) for row in rows], total
