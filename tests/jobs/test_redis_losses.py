"""PostgreSQL is the truth: whatever happens to Redis or to a worker, every job has its effects once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import redis.asyncio

from shopwarden.embedded.valkey import start_valkey
from shopwarden.jobs.adapter import BullSender
from shopwarden.jobs.relay import LEASE, Relay
from shopwarden.store.database import Database
from shopwarden.store.job_keeper import OutboxKeeper
from shopwarden.work import run
from tests.jobs.counting import FUNCTIONS, effects, put_many, unfinished, wait_for_effects, wait_until_empty

ALL_300 = sorted(f"n{number}" for number in range(300))


@asynccontextmanager
async def a_worker(database_url: str, redis_url: str) -> AsyncIterator[Database]:
    stop = asyncio.Event()
    database = await Database.connect(database_url, largest=22)
    working = asyncio.create_task(run(database, redis_url, stop, FUNCTIONS))
    try:
        yield database
    finally:
        stop.set()
        started = time.monotonic()
        await working
        assert time.monotonic() - started < 10
        await database.close()


def start_process(database_url: str, redis_url: str, seconds: float) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.worker_process", database_url, redis_url],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TEST_JOB_SECONDS": str(seconds)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


async def everything_once(database: Database) -> None:
    await wait_until_empty(database)
    assert await effects(database) == ALL_300
    assert await effects(database, "risk-analysis") == ALL_300


async def a_lease_goes_by(database: Database) -> None:
    """What a killed worker had taken is free again."""
    await database.pool.execute("UPDATE outbox SET sent_at = sent_at - $1::interval", LEASE + timedelta(seconds=1))


async def test_jobs_flow_from_queue_to_queue(database_url: str, redis_url: str, database: Database, store_id: UUID) -> None:
    async with a_worker(database_url, redis_url):
        await put_many(database, store_id, 300)
        await everything_once(database)


async def test_redis_emptied_in_the_middle(database_url: str, redis_url: str, database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 300)
    async with a_worker(database_url, redis_url):
        await wait_for_effects(database, 40)
        async with redis.asyncio.from_url(redis_url) as client:
            await client.flushall()
        assert await unfinished(database) > 0
        await everything_once(database)


async def test_worker_killed_in_the_middle(database_url: str, redis_url: str, database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 300)
    process = start_process(database_url, redis_url, 0.03)
    await wait_for_effects(database, 60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert await unfinished(database) > 0
    await a_lease_goes_by(database)
    async with a_worker(database_url, redis_url):
        await everything_once(database)


async def test_worker_told_to_stop_drains_first(
    database_url: str, redis_url: str, database: Database, store_id: UUID
) -> None:
    await put_many(database, store_id, 300)
    process = start_process(database_url, redis_url, 0.2)
    await wait_for_effects(database, 10)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 10) == 0
    assert time.monotonic() - started < 10
    # What ran was finished and taken out of the queue: nothing is left over as being worked on.
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.llen("bull:webhook-processing:active") == 0
    async with a_worker(database_url, redis_url):
        await everything_once(database)


async def test_redis_away_and_back(servers_folder: Path, database_url: str, store_id: UUID) -> None:
    folder = servers_folder / "second"
    server = start_valkey(folder, durable=False)
    async with a_worker(database_url, server.url) as database:
        await put_many(database, store_id, 150)
        await wait_for_effects(database, 20)
        server.stop()
        # Work is still accepted while Redis is away.
        await put_many(database, store_id, 150, first=150)
        await asyncio.sleep(1.5)
        again = start_valkey(folder, durable=False)
        try:
            assert again.url == server.url
            await everything_once(database)
        finally:
            again.stop()


async def test_a_worker_told_to_stop_while_redis_is_away_stops(
    servers_folder: Path, database_url: str, database: Database, store_id: UUID
) -> None:
    """Again and again, since it depends on what each queue was just doing; a process of its own, for a hang takes all."""
    folder = servers_folder / "third"
    for pause in (0.0, 0.4, 1.1):
        server = start_valkey(folder, durable=False)
        process = start_process(database_url, server.url, 0.0)
        await put_many(database, store_id, 20, first=int(pause * 100))
        await wait_until_empty(database)
        server.stop()
        await asyncio.sleep(pause)
        process.send_signal(signal.SIGTERM)
        try:
            assert await asyncio.to_thread(process.wait, 15) == 0
        finally:
            process.kill()


async def test_the_queues_are_bulls_own(redis_url: str, database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 3)
    await put_many(database, store_id, 2, "customer-enrichment")
    sender = BullSender(redis_url)
    assert await Relay(OutboxKeeper(database), sender, asyncio.Event()).move() == 5
    async with redis.asyncio.from_url(redis_url, decode_responses=True) as client:
        waiting = await client.lrange("bull:webhook-processing:wait", 0, -1)
        assert len(waiting) == 3
        assert await client.llen("bull:customer-enrichment:wait") == 2
        stored = await client.hgetall(f"bull:webhook-processing:{waiting[0]}")
    assert stored["name"] == "webhook-processing"
    assert "n0" not in stored["data"], "what a job is about stays in the database"
    await sender.close()


async def test_a_lost_lease_is_put_again_without_doubling(redis_url: str, database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 3)
    sender, keeper = BullSender(redis_url), OutboxKeeper(database)
    await Relay(keeper, sender, asyncio.Event()).move()
    await a_lease_goes_by(database)
    assert await Relay(keeper, sender, asyncio.Event()).move() == 3
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.llen("bull:webhook-processing:wait") == 3
    await sender.close()
