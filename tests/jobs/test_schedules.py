"""Work by the clock: one leader, errors survived, and old data gone while young data stays."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from shopwarden.jobs.schedule import Schedule, keep_schedules
from shopwarden.store import retention
from shopwarden.store.database import Database
from shopwarden.store.leadership import leadership
from shopwarden.work import schedules
from tests.live.feeding import until

NOW = datetime.now(UTC)


async def test_only_one_of_several_leads_and_another_takes_over(database: Database) -> None:
    ran: list[str] = []

    async def note(name: str) -> None:
        ran.append(name)

    def start(name: str) -> tuple[asyncio.Event, asyncio.Task[None]]:
        stop = asyncio.Event()
        plan = [Schedule("noting", 0.02, partial(note, name))]
        return stop, asyncio.create_task(keep_schedules(plan, partial(leadership, database), stop, 0.02))

    first, second = start("first"), start("second")
    await until(lambda: len(ran) > 3)
    await asyncio.sleep(0.1)
    assert len(set(ran)) == 1
    leader, other = (first, second) if ran[0] == "first" else (second, first)
    leader[0].set()
    await leader[1]
    await until(lambda: set(ran) == {"first", "second"})
    other[0].set()
    await other[1]


async def test_a_failing_schedule_is_tried_again_and_stops_no_other(database: Database) -> None:
    ran: list[str] = []

    async def fail() -> None:
        ran.append("failing")
        raise ValueError

    async def work() -> None:
        ran.append("working")

    stop = asyncio.Event()
    plan = [Schedule("a", 3600, fail), Schedule("b", 3600, work)]
    task = asyncio.create_task(keep_schedules(plan, partial(leadership, database), stop, 0.02))
    await until(lambda: ran.count("failing") > 2 and "working" in ran)
    stop.set()
    await task
    assert ran.count("working") == 1


async def test_old_message_ids_are_forgotten(database: Database, store_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for days in (0, 29, 31, 32, 33, 400):
        await database.pool.execute(
            "INSERT INTO message_ids VALUES ($1, $2, $3)", store_id, uuid4(), NOW - timedelta(days=days)
        )
    assert await retention.forget_message_ids(database) == 4
    assert await retention.forget_message_ids(database) == 0
    assert await database.pool.fetchval("SELECT count(*) FROM message_ids") == 2


async def add_delivery(database: Database, store_id: UUID, days: int, outcome: str, *, job: bool = False) -> None:
    inbox_id = uuid4()
    await database.pool.execute(
        "INSERT INTO inbox (store_id, id, source, topic, delivery_id, received_at, body, outcome)"
        " VALUES ($1, $2, 'shopify', 't', $3, $4, 'x', $5)",
        store_id, inbox_id, str(inbox_id), NOW - timedelta(days=days), outcome,
    )  # fmt: skip
    if job:
        await database.pool.execute(
            "INSERT INTO outbox (store_id, queue, subject, event, state, run_after, created_at)"
            " VALUES ($1, 'webhook-processing', $2, 'e', 'dead', now(), now())",
            store_id, str(inbox_id),
        )  # fmt: skip


async def test_old_bodies_are_emptied_but_for_those_that_may_run_again(database: Database, store_id: UUID) -> None:
    for days, outcome in ((1, "processed"), (31, "processed"), (31, "unsupported_topic"), (31, "failed"), (31, "kept")):
        await add_delivery(database, store_id, days, outcome)
    assert await retention.empty_old_bodies(database) == 2
    assert await retention.empty_old_bodies(database) == 0
    left = await database.pool.fetch("SELECT outcome FROM inbox WHERE body <> '' ORDER BY 1")
    assert [row["outcome"] for row in left] == ["failed", "kept", "processed"]


async def test_deliveries_older_than_the_retention_go_unless_a_job_waits(database: Database, store_id: UUID) -> None:
    await add_delivery(database, store_id, 399, "processed")
    await add_delivery(database, store_id, 401, "processed")
    await add_delivery(database, store_id, 401, "failed", job=True)
    assert await retention.delete_old_deliveries(database, 400) == 1
    assert await database.pool.fetchval("SELECT count(*) FROM inbox") == 2


async def test_every_schedule_can_run_twice(database: Database) -> None:
    for schedule in schedules(database, 400) * 2:
        await schedule.run()
    months = await database.pool.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'customer_activities'::regclass"
    )
    assert months == 6
