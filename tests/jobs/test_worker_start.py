"""The worker's start: it waits for a database that is on its way, and says in words what waiting doesn't mend."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from shopwarden.contracts.job import QUEUES
from shopwarden.errors import StopError
from shopwarden.store.database import Database
from shopwarden.store.waiting import connect_when_there
from shopwarden.work import AT_ONCE, main, run
from tests.jobs.counting import FUNCTIONS, effects, put_many, wait_until_empty


def test_every_queue_has_workers() -> None:
    assert set(AT_ONCE) == set(QUEUES)


def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(StopError, match="DATABASE_URL"):
        main()


async def test_a_database_that_does_not_exist_is_named_at_once(database_url: str) -> None:
    wrong = database_url.replace("/test_", "/missing_")
    with pytest.raises(StopError, match="does not exist"):
        await connect_when_there(wrong, 2, asyncio.Event(), print)


async def test_a_server_that_is_away_is_waited_for_until_told_to_stop() -> None:
    reasons: list[BaseException] = []
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, stop.set)
    assert await connect_when_there("postgresql://postgres@127.0.0.1:1/none", 2, stop, reasons.append) is None
    assert len(reasons) == 1


async def test_without_redis_jobs_run_straight_from_the_outbox(database: Database, store_id: UUID) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(run(database, "", stop, FUNCTIONS))
    await put_many(database, store_id, 20)
    await wait_until_empty(database)
    stop.set()
    await working
    assert len(await effects(database, "risk-analysis")) == 20
