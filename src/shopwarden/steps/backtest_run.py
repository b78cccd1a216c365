"""Does the trials of policies that were asked for: claimed under a lease, done by two processes, resumed after a crash."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from uuid import UUID

import msgspec
import structlog

from shopwarden.domain.backtest import Found, Progress, Trial, merged
from shopwarden.domain.backtest_result import Period, result_of
from shopwarden.domain.ids import new_id
from shopwarden.jobs.error_text import error_text
from shopwarden.steps.backtest_changes import changed_orders
from shopwarden.steps.backtest_child import Brief, begin_child, try_stretch
from shopwarden.store.backtest_rows import edges_between
from shopwarden.store.backtests import Backtest, claim_backtest, end_backtest, keep_progress, let_go
from shopwarden.store.database import Database

PROCESSES = 2
STRETCH = 5_000
"""Verdicts read at once: some ten megabytes with their facts."""
LOOK_SECONDS = 1.0
TELL_SECONDS = 1.0
BROKEN = "It broke off: {}. Nothing is lost; ask for it again."

log = structlog.get_logger(__name__)


class Cancelled(Exception):
    """Somebody cancelled the trial, or another worker has it."""


async def keep_trying(database: Database, database_url: str) -> None:
    """Does what is asked for, one at a time, until it is cancelled; a trial under way then goes on in another worker."""
    worker = new_id()
    while True:
        try:
            done = await do_one(database, database_url, worker)
        except Exception as problem:
            log.warning("trials interrupted", error=error_text(problem))
            done = False
        if not done:
            await asyncio.sleep(LOOK_SECONDS)


async def do_one(database: Database, database_url: str, worker: UUID) -> bool:
    """False: there is nothing to do."""
    async with database.pool.acquire() as connection:
        backtest = await claim_backtest(connection, worker)
    if backtest is None:
        return False
    try:
        outcome = await _Run(database, database_url, backtest, worker).run()
    except Cancelled:
        return True
    except asyncio.CancelledError:
        async with database.pool.acquire() as connection:
            await let_go(connection, backtest, worker)
        raise
    except Exception as problem:
        log.exception("a trial broke off", backtest=str(backtest.id))
        async with database.pool.acquire() as connection:
            await end_backtest(connection, backtest, worker, "failed", BROKEN.format(error_text(problem)[:300]))
        return True
    async with database.pool.acquire() as connection:
        await end_backtest(connection, backtest, worker, "done", outcome)
    return True


class _Run:
    """One trial from where it stands to its result."""

    def __init__(self, database: Database, database_url: str, backtest: Backtest, worker: UUID) -> None:
        self._database, self._url, self._backtest, self._worker = database, database_url, backtest, worker
        self._trial = msgspec.convert(backtest.policy, Trial)
        self._done: dict[int, Found] = {}
        self._before = Found()
        self._total = backtest.total or 0

    async def run(self) -> bytes:
        """The result as JSON."""
        begun = time.monotonic()
        progress = await self._begin()
        todo = [place for place in range(len(progress.edges) - 1) if place not in progress.done]
        if todo and self._total:
            await self._try_all(progress, todo)
        found = merged([self._before, *self._done.values()])
        async with self._database.pool.acquire() as connection:
            changed = await changed_orders(connection, self._backtest.store_id, self._trial, found.changed)
        seconds = round(time.monotonic() - begun, 1)
        period = Period(self._backtest.first_at, self._backtest.until_at)
        return msgspec.json.encode(result_of(found, period, self._trial.candidate.ruleset.rules, changed, seconds))

    async def _begin(self) -> Progress:
        """Where a worker before left it, or the beginning."""
        test = self._backtest
        if test.result:
            progress = msgspec.convert(test.result, Progress)
            self._before = progress.found
            return progress
        async with self._database.pool.acquire() as connection:
            edges, self._total = await edges_between(connection, test.store_id, test.first_at, test.until_at, STRETCH)
        progress = Progress(edges=edges)
        await self._tell(progress)
        return progress

    async def _try_all(self, progress: Progress, todo: list[int]) -> None:
        test = self._backtest
        brief = Brief(
            database_url=self._url,
            store_id=test.store_id,
            trial=self._trial,
            end=test.until_at,
            as_of=test.created_at,
        )
        pool = ProcessPoolExecutor(
            min(PROCESSES, len(todo)), mp_context=get_context("spawn"), initializer=begin_child, initargs=(brief,)
        )
        loop = asyncio.get_running_loop()
        edges = progress.edges
        waiting = {
            asyncio.ensure_future(loop.run_in_executor(pool, try_stretch, edges[place], edges[place + 1])): place
            for place in todo
        }
        try:
            while waiting:
                over, _ = await asyncio.wait(waiting, timeout=TELL_SECONDS)
                for each in over:
                    self._done[waiting.pop(each)] = each.result()
                await self._tell(progress)
        finally:
            await _end(pool, list(waiting))

    async def _tell(self, progress: Progress) -> None:
        found = merged([self._before, *self._done.values()])
        now = Progress(edges=progress.edges, done=tuple(sorted({*progress.done, *self._done})), found=found)
        async with self._database.pool.acquire() as connection:
            goes_on = await keep_progress(
                connection, self._backtest, self._worker, found.looked_at, self._total, msgspec.json.encode(now)
            )
        if not goes_on:
            raise Cancelled


async def _end(pool: ProcessPoolExecutor, waiting: list[asyncio.Future[Found]]) -> None:
    """What has not begun is dropped; the two under way take a moment."""
    for each in waiting:
        each.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.get_running_loop().run_in_executor(None, lambda: pool.shutdown(wait=True, cancel_futures=True))
