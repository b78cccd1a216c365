"""Sends what waits for the channels of alerts: every channel by itself and in its order, until it was taken or given up.

A webhook that is sent again, because its answer was lost or the worker ended before it was noted, has the same webhook-id,
so that whoever listens leaves out what it has. Services told by apprise know no such id: there one repetition is possible.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import structlog

from shopwarden.domain.alert_channel import rest_after
from shopwarden.domain.ids import StoreId
from shopwarden.domain.quiet_hours import quiet_until
from shopwarden.steps.alert_sending import Sending
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.alert_bell import listen
from shopwarden.store.alert_queue import (
    Refusal,
    Taken,
    due_channels,
    let_go,
    next_waiting,
    note_delivered,
    note_refused,
    postpone_for_quiet,
    take_channel,
)

POLL_SECONDS = 2.0
"""How late at most something is noticed that became due without a ring."""
AT_ONCE = 32
"""Channels told at the same time: one that hangs holds up none of the others."""
MOST_IN_A_ROW = 200
CONNECTIONS = 3
"""Of the database: one hears the bell, the others are taken for moments."""

_log = structlog.get_logger(__name__)


class AlertSender:
    """One for each worker; several may run. `now` is the clock all waits go by."""

    def __init__(self, tools: VendorTools, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database, self._now = tools.database, now
        self._sending = Sending(tools.outbound, tools.sealer, now)
        self._running: dict[UUID, asyncio.Task[int]] = {}
        self._rung = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled."""
        bell = asyncio.create_task(listen(self._database, lambda _: self._rung.set()))
        try:
            while True:
                self._rung.clear()
                try:
                    await self.begin()
                except Exception as problem:
                    _log.warning("alerts_wait", error=type(problem).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), POLL_SECONDS)
        finally:
            tasks = (bell, *self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def begin(self) -> list[asyncio.Task[int]]:
        """Begins to tell every channel something is due for and that is not being told already."""
        room = AT_ONCE - len(self._running)
        due = [each for each in await due_channels(self._database, self._now()) if each[1] not in self._running]
        for store_id, channel_id in due[: max(0, room)]:
            task = asyncio.create_task(self._serve(store_id, channel_id))
            self._running[channel_id] = task
            task.add_done_callback(partial(self._ended, channel_id))
        return list(self._running.values())

    def _ended(self, channel_id: UUID, _: object) -> None:
        self._running.pop(channel_id, None)
        self._rung.set()

    async def once(self) -> int:
        """Tells all that is due now and answers how many messages were taken; for callers without a loop of their own."""
        return sum(await asyncio.gather(*await self.begin()))

    async def _serve(self, store_id: StoreId, channel_id: UUID) -> int:
        async with self._database.pool.acquire() as connection:
            taken = await take_channel(connection, store_id, channel_id, uuid4(), self._now())
        if taken is None:
            return 0
        total = 0
        try:
            while total < MOST_IN_A_ROW and (count := await self._send_next(taken)):
                total += count
        except Exception as problem:
            _log.warning("alert_channel_interrupted", channel=str(channel_id), error=type(problem).__name__)
        finally:
            # A cancelled sender leaves the lease to run out: what it had begun may have been taken.
            if not _is_cancelled():
                async with self._database.pool.acquire() as connection:
                    await let_go(connection, taken)
        return total

    async def _send_next(self, taken: Taken) -> int:
        """How many messages were taken; 0 where none is due or the channel did not take them."""
        now = self._now()
        async with self._database.pool.acquire() as connection:
            quiet = quiet_until(taken.channel.quiet, now)
            if quiet is not None:
                await postpone_for_quiet(connection, taken, now, quiet)
            waiting = await next_waiting(connection, taken, now, self._sending.together(taken))
        if not waiting:
            return 0
        outcome = await self._sending.send(taken, waiting)
        async with self._database.transaction() as connection:
            if not isinstance(outcome, Refusal):
                return len(waiting) if await note_delivered(connection, taken, waiting, outcome, self._now()) else 0
            rest = rest_after(taken.channel.failures + 1, outcome.after)
            await note_refused(connection, taken, waiting, outcome, rest, self._now())
        _log.warning("alert_not_taken", channel=str(taken.channel.id), error=outcome.error, seconds=rest.total_seconds())
        return 0


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def keep_alerting(tools: VendorTools) -> None:
    """Runs beside a worker's jobs until it is cancelled."""
    await AlertSender(tools).run()
