"""Moves due jobs from the outbox into the queues, and puts again what a lost Redis or a killed worker took with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Generic, Protocol

import structlog

from shopwarden.contracts.job import QUEUES, ConnectionT, Keeper, Ticket
from shopwarden.jobs.error_text import error_text
from shopwarden.jobs.metrics import RECOVERED

BATCH = 500
# Enough to keep every worker busy between two looks, little enough to be put again in a moment after a loss.
MOST_IN_FLIGHT = 5_000
LEASE = timedelta(seconds=60)
RECOVER_EVERY = 5.0
POLL_SECONDS = 1.0
LONGEST_PAUSE = 10.0

log = structlog.get_logger(__name__)


class Sender(Protocol):
    """The queues as the relay needs them."""

    async def send(self, tickets: Sequence[Ticket]) -> None: ...

    async def has_forgotten(self) -> bool:
        """True when the queues are not those of last time: emptied, or a new server."""
        ...

    async def remember(self) -> None: ...


class Relay(Generic[ConnectionT]):
    """One per worker process; several share the work, as each takes rows nobody else has locked."""

    def __init__(self, keeper: Keeper[ConnectionT], sender: Sender, bell: asyncio.Event) -> None:
        self._keeper = keeper
        self._sender = sender
        self._bell = bell
        self._recovered = -RECOVER_EVERY
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set (ring the bell then); never ends by an error."""
        while not stop.is_set():
            try:
                await self.move()
            except Exception as problem:
                await self._pause(problem, stop)
                continue
            if self._failures:
                log.info("jobs move again", failures=self._failures)
                self._failures = 0
            await next_ring(self._bell, POLL_SECONDS)

    async def move(self) -> int:
        """Recovers what was lost, sends what is due, answers how many. Raises when Redis or PostgreSQL is away."""
        await self._recover()
        sent = 0
        while tickets := await self._keeper.take_due(await self._room()):
            try:
                await self._sender.send(tickets)
            except BaseException:
                await asyncio.shield(self._keeper.give_back(tickets))
                raise
            sent += len(tickets)
        return sent

    async def _room(self) -> dict[str, int]:
        in_flight = await self._keeper.in_flight()
        return {queue: max(0, min(BATCH, MOST_IN_FLIGHT - in_flight.get(queue, 0))) for queue in QUEUES}

    async def _recover(self) -> None:
        clock = asyncio.get_running_loop().time()
        # After trouble nobody knows what got through. Putting all again is safe: what waits in Redis stays as it is.
        if await self._sender.has_forgotten() or self._failures:
            # First the rows, then the mark: dying in between repeats this, the other way round would lose it.
            count = await self._keeper.recover(None)
            await self._sender.remember()
        elif clock - self._recovered >= RECOVER_EVERY:
            count = await self._keeper.recover(LEASE)
            self._recovered = clock
        else:
            return
        if count:
            RECOVERED.inc(count)
            log.warning("jobs put again", count=count)

    async def _pause(self, problem: Exception, stop: asyncio.Event) -> None:
        if not self._failures:
            log.warning("jobs wait, nothing accepted is lost", error=error_text(problem))
        pause = min(0.25 * 2.0 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def next_ring(bell: asyncio.Event, most: float) -> None:
    """Waits for the bell, `most` seconds at the longest, and silences it."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bell.wait(), most)
    bell.clear()
