"""Runs one job and sees to its ending: done, again later, dead or skipped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, Literal, TypeVar

import structlog

from shopwarden.contracts.job import ConnectionT, Job, JobFunctions, Keeper, Ticket
from shopwarden.errors import RetryError, SkipError, StopError
from shopwarden.jobs.backoff import wait_after
from shopwarden.jobs.error_text import error_text
from shopwarden.jobs.metrics import FINISHED, SECONDS

Ending = Literal["done", "gone", "retry", "dead", "skipped"]
JOB_SECONDS = 120.0
# Less than the lease: later the job comes back by itself.
NOTE_SECONDS = 45.0

NotedT = TypeVar("NotedT")

log = structlog.get_logger(__name__)


class Runner(Generic[ConnectionT]):
    """The same for jobs that came through Redis and for those run straight from the outbox."""

    def __init__(self, keeper: Keeper[ConnectionT], functions: JobFunctions[ConnectionT]) -> None:
        self._keeper = keeper
        self._functions = functions

    async def run(self, ticket: Ticket) -> Ending:
        """Never raises but for cancellation, which gives the job back, and for a database that can't even note a failure."""
        started = time.perf_counter()
        ending = await self._attempt(ticket)
        FINISHED.labels(ticket.queue, ending).inc()
        SECONDS.labels(ticket.queue).inc(time.perf_counter() - started)
        return ending

    async def _attempt(self, ticket: Ticket) -> Ending:
        try:
            async with asyncio.timeout(JOB_SECONDS):
                job = await self._work(ticket)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.wait_for(self._keeper.give_back([ticket]), 2))
            raise
        except SkipError as problem:
            await self._note(partial(self._keeper.skip, ticket, error_text(problem)))
            log.warning("job skipped", queue=ticket.queue, job=ticket.job_id, error=error_text(problem))
            return "skipped"
        except StopError as problem:
            return await self._fail(ticket, problem, last=True)
        except Exception as problem:
            return await self._fail(ticket, problem)
        if job is None:
            return "gone"
        await self._count(job)
        return "done"

    async def _work(self, ticket: Ticket) -> Job | None:
        async with self._keeper.open(ticket) as opened:
            if opened is None:
                return None
            connection, job = opened
            await self._functions[ticket.queue](connection, job.store_id, job.payload)
            return job

    async def _fail(self, ticket: Ticket, problem: Exception, *, last: bool = False) -> Ending:
        advised = problem.after if isinstance(problem, RetryError) else None
        wait = None if last else wait_after(ticket.attempt, advised)
        text = error_text(problem)
        if not await self._note(partial(self._keeper.fail, ticket, text, wait)):
            return "gone"
        seen = {"queue": ticket.queue, "job": ticket.job_id, "attempt": ticket.attempt + 1, "error": text}
        if wait is None:
            log.error("job is dead, `shopwarden replay` runs it again", **seen)
            return "dead"
        log.warning("job failed, will be tried again", seconds=round(wait.total_seconds(), 1), **seen)
        return "retry"

    async def _note(self, note: Callable[[], Awaitable[NotedT]]) -> NotedT:
        # Waiting here while the database is away also keeps the queue from being run empty for nothing.
        last = time.monotonic() + NOTE_SECONDS
        while True:
            try:
                return await note()
            except Exception:
                if time.monotonic() > last:
                    raise
                await asyncio.sleep(0.5)

    async def _count(self, job: Job) -> None:
        # The effects are committed: whatever happens to the figure must not make the job run again.
        try:
            await self._keeper.count_done(job)
        except Exception as problem:
            log.warning("finished job not counted", job=job.ticket.job_id, error=error_text(problem))
