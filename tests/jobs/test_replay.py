"""Deliveries whose job failed say so, and run again when told to: by function and by the command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from shopwarden.__main__ import build
from shopwarden.commands.replay import chosen_outcomes
from shopwarden.contracts.job import QUEUES, JobFunctions, Payload
from shopwarden.domain.ids import StoreId
from shopwarden.errors import SkipError, StopError
from shopwarden.jobs.backoff import ATTEMPTS
from shopwarden.store.database import Database
from shopwarden.store.inbox import Delivery, keep, read_inbox, set_outcome
from shopwarden.store.outbox import put
from shopwarden.store.replay import Choice, count_chosen, replay, revive_dead
from shopwarden.store.webhook_status import judge_source, outbox_state, webhook_status
from shopwarden.work import drain


async def keep_one(database: Database, store_id: UUID, delivery_id: str = "d-1") -> UUID:
    delivery = Delivery(
        source="shopify", topic="orders/create", delivery_id=delivery_id, event_id=None, triggered_at=None,
        api_version="2026-10", body=b'{"id": 1}',
    )  # fmt: skip
    async with database.transaction() as connection:
        kept = await keep(connection, StoreId(store_id), delivery)
    assert kept.inbox_id is not None
    return kept.inbox_id


def jobs(problem: Exception | None = None) -> JobFunctions[asyncpg.Connection]:
    async def job(connection: asyncpg.Connection, store_id: StoreId, payload: Payload) -> None:
        if problem:
            raise problem
        if "inbox_id" in payload:
            await set_outcome(connection, store_id, UUID(str(payload["inbox_id"])), "processed")

    return dict.fromkeys(QUEUES, job)


async def die(database: Database) -> None:
    for _ in range(ATTEMPTS):
        await database.pool.execute("UPDATE outbox SET run_after = now() WHERE state = 'pending'")
        await drain(database, jobs(ValueError("broken")))


async def run_again(database: Database, choice: Choice) -> int:
    return sum([put async for _, put in replay(database, choice, "1")])


async def outcomes(database: Database) -> list[str]:
    return [row["outcome"] for row in await database.pool.fetch("SELECT outcome FROM inbox ORDER BY id")]


async def test_a_dead_job_marks_its_delivery_and_replay_revives_it(database: Database, store_id: UUID) -> None:
    inbox_id = await keep_one(database, store_id)
    await die(database)
    row = await database.pool.fetchrow("SELECT * FROM inbox")
    assert (row["outcome"], row["attempts"], row["detail"]) == ("failed", 8, "ValueError: broken")
    (status,) = await webhook_status(database.pool, StoreId(store_id))
    assert (status.source, status.status, status.dead, status.counts) == ("shopify", "failing", 1, {"failed": 1})

    assert await run_again(database, Choice(outcomes=("failed",))) == 1
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert await drain(database, jobs()) == ["done"]
    async with database.transaction() as connection:
        read = await read_inbox(connection, StoreId(store_id), inbox_id)
    assert read is not None
    assert (read.outcome, read.body) == ("processed", b'{"id": 1}')
    (status,) = await webhook_status(database.pool, StoreId(store_id), known=("shopify",))
    assert (status.status, status.dead, status.pending) == ("active", 0, 0)
    assert status.counts == {"failed": 1, "processed": 1}


async def test_an_unreadable_delivery_can_be_tried_again(database: Database, store_id: UUID) -> None:
    await keep_one(database, store_id)
    assert await drain(database, jobs(SkipError("no JSON"))) == ["skipped"]
    assert await outcomes(database) == ["unreadable"]
    assert await run_again(database, Choice(outcomes=("failed",))) == 0
    assert await run_again(database, Choice(outcomes=("unreadable",))) == 1
    await drain(database, jobs())
    assert await outcomes(database) == ["processed"]


async def test_the_choice_is_kept_to(database: Database, store_id: UUID) -> None:
    ids = [await keep_one(database, store_id, f"d-{number}") for number in range(4)]
    await drain(database, jobs())
    now = datetime.now(UTC)
    await database.pool.execute("UPDATE inbox SET received_at = $1 WHERE id = $2", now - timedelta(days=9), ids[0])
    await database.pool.execute("UPDATE inbox SET body = '' WHERE id = $1", ids[1])
    assert await count_chosen(database, Choice(store_id=StoreId(uuid4()))) == (0, 0)
    assert await count_chosen(database, Choice(source="klaviyo")) == (0, 0)
    assert await count_chosen(database, Choice(since=now - timedelta(days=1))) == (3, 1)
    assert await run_again(database, Choice(since=now - timedelta(days=1))) == 2
    assert await run_again(database, Choice(inbox_id=ids[0])) == 1
    assert await run_again(database, Choice()) == 0, "all that can be are waiting already"


async def test_dead_jobs_of_the_other_queues_come_back_too(database: Database, store_id: UUID) -> None:
    async with database.transaction() as connection:
        await put(connection, StoreId(store_id), "risk-analysis", "order", "1", {})
    await die(database)
    assert (await outbox_state(database.pool))["risk-analysis"].dead == 1
    assert await revive_dead(database, Choice(store_id=StoreId(uuid4()))) == 0
    assert await revive_dead(database, Choice()) == 1
    assert await drain(database, jobs()) == ["done"]


async def test_the_command_counts_first_and_then_does_it(
    database: Database, database_url: str, store_id: UUID, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    await keep_one(database, store_id)
    await die(database)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    app = build(["replay"])
    dry = await asyncio.to_thread(CliRunner().invoke, app, ["replay", "--dry-run"])
    assert "Would run 1 deliveries and 0 other dead jobs" in dry.output
    assert await outcomes(database) == ["failed"]
    real = await asyncio.to_thread(CliRunner().invoke, app, ["replay", "--store", str(store_id)])
    assert "Put 1 deliveries" in real.output
    assert await drain(database, jobs()) == ["done"]


@pytest.mark.parametrize("arguments", [["--outcome", "lost"], ["--id", "1"], ["--since", "soon"], ["--store", "x"]])
def test_wrong_options_are_named(arguments: list[str]) -> None:
    result = CliRunner().invoke(build(["replay"]), ["replay", *arguments])
    assert isinstance(result.exception, StopError)
    assert arguments[0] in str(result.exception)


def test_outcomes_are_read() -> None:
    assert chosen_outcomes("failed, unreadable") == ("failed", "unreadable")
    assert chosen_outcomes("all") is None


NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("received", "refused", "oldest", "dead", "status"),
    [
        (None, None, None, 0, "never"),
        (NOW - HOUR, None, None, 0, "active"),
        (NOW - 49 * HOUR, None, None, 0, "silent"),
        (NOW - HOUR, NOW - 2 * HOUR, None, 0, "active"),
        (NOW - 2 * HOUR, NOW - HOUR, None, 0, "failing"),
        (None, NOW, None, 0, "failing"),
        (NOW, None, HOUR, 0, "failing"),
        (NOW, None, HOUR / 60, 0, "active"),
        (NOW, None, None, 1, "failing"),
    ],
)
def test_one_word_for_a_source(
    received: datetime | None, refused: datetime | None, oldest: timedelta | None, dead: int, status: str
) -> None:
    assert judge_source(NOW, received, refused, oldest, dead) == status


async def test_a_source_never_heard_of_is_listed_when_known(database: Database, store_id: UUID) -> None:
    (status,) = await webhook_status(database.pool, StoreId(store_id), known=["shopify"])
    assert (status.status, status.counts, status.last_received) == ("never", {}, None)
