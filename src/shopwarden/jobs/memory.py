"""Runs jobs straight from the outbox, without Redis: for tests and for everything in one process."""

from __future__ import annotations

import asyncio

import structlog

from shopwarden.contracts.job import QUEUES, ConnectionT, Keeper
from shopwarden.jobs.error_text import error_text
from shopwarden.jobs.relay import LEASE, RECOVER_EVERY, next_ring
from shopwarden.jobs.run import Ending, Runner

log = structlog.get_logger(__name__)


async def run_due(keeper: Keeper[ConnectionT], runner: Runner[ConnectionT], at_once: int = 8) -> list[Ending]:
    """Runs what is due, and what that puts, until nothing is due any more. Jobs that wait after a failure stay."""
    endings: list[Ending] = []
    room = dict.fromkeys(QUEUES, at_once)
    while tickets := await keeper.take_due(room):
        endings += await asyncio.gather(*(runner.run(ticket) for ticket in tickets))
    return endings


async def run_without_redis(
    keeper: Keeper[ConnectionT], runner: Runner[ConnectionT], bell: asyncio.Event, stop: asyncio.Event
) -> None:
    """Runs jobs as they become due until `stop` is set; errors of the database are waited out."""
    clock = asyncio.get_running_loop().time
    recovered = -RECOVER_EVERY
    while not stop.is_set():
        try:
            if clock() - recovered >= RECOVER_EVERY:
                await keeper.recover(LEASE)
                recovered = clock()
            await run_due(keeper, runner)
        except Exception as problem:
            log.warning("jobs wait for the database", error=error_text(problem))
        await next_ring(bell, 1.0)
