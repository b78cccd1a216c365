"""One leader among all processes on a database: whoever holds an advisory lock, for as long as its connection lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from shopwarden.store.database import Database

SCHEDULES_LOCK = 727_002


@asynccontextmanager
async def leadership(database: Database, lock: int = SCHEDULES_LOCK) -> AsyncIterator[Callable[[], Awaitable[None]] | None]:
    """None when another process leads; else a function that raises when the leadership has been lost with the connection."""
    async with database.pool.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock):
            yield None
            return
        try:
            yield lambda: _still_there(connection)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", lock)


async def _still_there(connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT 1")
