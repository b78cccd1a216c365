"""Jobs for tests: their effect is one row of a table, so that running one twice shows."""

from __future__ import annotations

import asyncio
import os
from uuid import UUID

import asyncpg

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, QUEUES, RISK_ANALYSIS, WEBHOOK_PROCESSING, JobFunctions, Payload
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.outbox import put

EFFECTS = "CREATE TABLE IF NOT EXISTS effects (queue text NOT NULL, name text NOT NULL)"


async def count(connection: asyncpg.Connection, queue: str, payload: Payload) -> None:
    await asyncio.sleep(float(os.environ.get("TEST_JOB_SECONDS", "0.005")))
    await connection.execute("INSERT INTO effects VALUES ($1, $2)", queue, str(payload["name"]))


async def webhook(connection: asyncpg.Connection, store_id: StoreId, payload: Payload) -> None:
    """Like the real one: its effects, and one more job in the same transaction."""
    await count(connection, WEBHOOK_PROCESSING, payload)
    await put(connection, store_id, RISK_ANALYSIS, str(payload["name"]), "webhook", {"name": payload["name"]})


async def enrich(connection: asyncpg.Connection, store_id: StoreId, payload: Payload) -> None:
    await count(connection, CUSTOMER_ENRICHMENT, payload)


async def assess(connection: asyncpg.Connection, store_id: StoreId, payload: Payload) -> None:
    await count(connection, RISK_ANALYSIS, payload)


FUNCTIONS: JobFunctions[asyncpg.Connection] = dict(zip(QUEUES, (webhook, enrich, assess), strict=True))


async def put_many(
    database: Database, store_id: UUID, how_many: int, queue: str = WEBHOOK_PROCESSING, first: int = 0
) -> None:
    await database.pool.execute(EFFECTS)
    async with database.transaction() as connection:
        for number in range(first, first + how_many):
            await put(connection, StoreId(store_id), queue, f"s{number}", "e", {"name": f"n{number}"})


async def effects(database: Database, queue: str = WEBHOOK_PROCESSING) -> list[str]:
    rows = await database.pool.fetch("SELECT name FROM effects WHERE queue = $1 ORDER BY name", queue)
    return [row["name"] for row in rows]


async def wait_for_effects(database: Database, least: int, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while len(await effects(database)) < least:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def wait_until_empty(database: Database, seconds: float = 90) -> None:
    """Until no job is left; fails with what is there when that takes too long.

    Longer than the relay's lease of a minute: a worker may be killed between taking rows and sending them.
    """
    async with asyncio.timeout(seconds):
        while await unfinished(database):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def unfinished(database: Database) -> int:
    try:
        count: int = await database.pool.fetchval("SELECT count(*) FROM outbox")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return -1
    return count
