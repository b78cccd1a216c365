"""Reads figures over many rows: in one read-only transaction, with memory to sort and hash them in."""

from __future__ import annotations

import asyncpg

from shopwarden.store.database import Database

# The usual memory is for statements of many callers; these are few, and spilling to disk costs them most. And the plan made
# once for any period knows nothing of this one: it is several times as slow as planning anew.
_SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL plan_cache_mode = force_custom_plan"


async def read_rows(database: Database, sql: str, *values: object) -> list[asyncpg.Record]:
    """The rows of a statement that looks at all sessions or orders of a time."""
    async with database.pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(_SETTINGS)
        rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
        return rows


BOTS = "SELECT id FROM visitors WHERE store_id = $1 AND is_bot AND last_seen >= $2"
"""Bots that may have come since $2: few, and found by an index of their own."""
