"""Jobs leave with their data, run once, fail with a wait between, and end dead or done."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from shopwarden.contracts.job import QUEUES, WEBHOOK_PROCESSING, JobFunctions, Payload, Ticket
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError, SkipError, StopError
from shopwarden.jobs.backoff import ATTEMPTS
from shopwarden.jobs.run import Runner
from shopwarden.store.database import Database
from shopwarden.store.job_keeper import OutboxKeeper
from shopwarden.store.outbox import put
from shopwarden.work import drain
from tests.jobs.counting import FUNCTIONS, effects, put_many

ROOM = dict.fromkeys(QUEUES, 100)


def failing_with(problem: Exception) -> JobFunctions[asyncpg.Connection]:
    async def job(connection: asyncpg.Connection, store_id: StoreId, payload: Payload) -> None:
        await connection.execute("INSERT INTO effects VALUES ('none', 'half done')")
        raise problem

    return dict.fromkeys(QUEUES, job)


async def the_row(database: Database) -> asyncpg.Record:
    return await database.pool.fetchrow("SELECT * FROM outbox")


async def test_a_job_leaves_only_with_its_transaction(database: Database, store_id: UUID) -> None:
    async def rolled_back() -> None:
        async with database.transaction() as connection:
            await put(connection, StoreId(store_id), WEBHOOK_PROCESSING, "a", "b", {})
            raise LookupError

    with pytest.raises(LookupError):
        await rolled_back()
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_same_job_put_twice_runs_once(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 3)
    await put_many(database, store_id, 3)
    assert sorted(await drain(database, FUNCTIONS)) == ["done"] * 6
    assert await effects(database) == ["n0", "n1", "n2"]
    assert await effects(database, "risk-analysis") == ["n0", "n1", "n2"]


async def test_a_ticket_run_twice_and_at_once_works_once(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    keeper = OutboxKeeper(database)
    (ticket,) = await keeper.take_due(ROOM)
    runner = Runner(keeper, FUNCTIONS)
    endings = await asyncio.gather(*(runner.run(ticket) for _ in range(5)))
    assert sorted(endings) == ["done", "gone", "gone", "gone", "gone"]
    assert await runner.run(ticket) == "gone"
    assert await effects(database) == ["n0"]


async def test_a_failed_job_leaves_no_half_effects_and_waits(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    problem = ValueError("no such e-mail jane@example.com\nDETAIL: more")
    before = datetime.now(UTC)
    assert await drain(database, failing_with(problem)) == ["retry"]
    row = await the_row(database)
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert row["last_error"] == "ValueError: no such e-mail <e-mail>"
    assert before + timedelta(seconds=0.5) <= row["run_after"] <= datetime.now(UTC) + timedelta(seconds=1)
    assert await database.pool.fetchval("SELECT count(*) FROM effects") == 0
    assert await drain(database, FUNCTIONS) == []


async def test_the_advised_wait_is_kept(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    before, advised = datetime.now(UTC), timedelta(seconds=300)
    await drain(database, failing_with(RetryError("busy", after=300)))
    assert before + advised <= (await the_row(database))["run_after"] <= datetime.now(UTC) + advised


async def test_after_eight_attempts_a_job_is_dead(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    endings = []
    for _ in range(ATTEMPTS + 2):
        await database.pool.execute("UPDATE outbox SET run_after = now() WHERE state = 'pending'")
        endings += await drain(database, failing_with(RuntimeError("again")))
    assert endings == ["retry"] * 7 + ["dead"]
    assert (await the_row(database))["state"] == "dead"


async def test_what_needs_a_person_is_dead_at_once(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    assert await drain(database, failing_with(StopError("no key"))) == ["dead"]


async def test_a_skipped_job_is_gone_without_effects(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    assert await drain(database, failing_with(SkipError("not readable"))) == ["skipped"]
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert await database.pool.fetchval("SELECT count(*) FROM effects") == 0


async def test_a_stale_attempt_is_ignored(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 1)
    keeper = OutboxKeeper(database)
    (ticket,) = await keeper.take_due(ROOM)
    await Runner(keeper, failing_with(ValueError("once"))).run(ticket)
    assert await Runner(keeper, FUNCTIONS).run(ticket) == "gone"
    assert await Runner(keeper, FUNCTIONS).run(Ticket(ticket.outbox_id, ticket.queue, 1)) == "done"


async def test_a_cancelled_job_is_due_again_at_once(database: Database, store_id: UUID) -> None:
    begun = asyncio.Event()

    async def forever(connection: asyncpg.Connection, store_id: StoreId, payload: Payload) -> None:
        begun.set()
        await asyncio.sleep(600)

    await put_many(database, store_id, 1)
    keeper = OutboxKeeper(database)
    (ticket,) = await keeper.take_due(ROOM)
    running = asyncio.create_task(Runner(keeper, dict.fromkeys(QUEUES, forever)).run(ticket))
    await begun.wait()
    assert await keeper.recover(None) == 0, "a running job is nobody else's"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await keeper.take_due(ROOM) == [ticket]


async def test_one_crowded_queue_leaves_room_for_the_others(database: Database, store_id: UUID) -> None:
    await put_many(database, store_id, 20)
    await put_many(database, store_id, 2, "risk-analysis")
    taken = await OutboxKeeper(database).take_due(dict.fromkeys(QUEUES, 5))
    assert [ticket.queue for ticket in taken].count("risk-analysis") == 2
    assert len(taken) == 7
