"""The fixtures every other test stands on give what they say."""

from __future__ import annotations

import redis.asyncio

from shopwarden.store.database import Database


async def test_a_test_gets_a_migrated_database(database: Database) -> None:
    assert await database.pool.fetchval("SELECT count(*) FROM stores") == 0


async def test_a_store_is_there_when_asked_for(database: Database, store_id: object) -> None:
    assert await database.pool.fetchval("SELECT id FROM stores") == store_id


async def test_a_test_gets_an_empty_valkey(redis_url: str) -> None:
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


async def test_and_so_does_the_next(redis_url: str) -> None:
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.dbsize() == 0
