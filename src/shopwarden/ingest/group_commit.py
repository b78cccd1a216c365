"""Events of many requests are committed together: a request is answered only after its events are on disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from shopwarden.errors import RefuseError, RetryError, SkipError
from shopwarden.steps.absorb import Incoming

_log = structlog.get_logger(__name__)
Absorb = Callable[[Sequence[Incoming]], Awaitable[int]]

MOST_IN_GROUP = 1_000
CAPACITY = 20_000
FLUSHERS = 2
"""While one group waits for the disk, the next is being worked out; more would only fight for the same two cores."""
TRIES = 6
FIRST_PAUSE_SECONDS = 0.05


class _Waiting:
    __slots__ = ("done", "events")

    def __init__(self, events: Sequence[Incoming], done: asyncio.Future[list[int]]) -> None:
        self.events = events
        self.done = done


class GroupCommit:
    """`store(events)` returns once they are committed; groups form by themselves while the one before is written."""

    def __init__(self, absorb: Absorb) -> None:
        self._absorb = absorb
        self._queue: deque[_Waiting] = deque()
        self._held = 0
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._flush_forever()) for _ in range(FLUSHERS)]

    async def stop(self) -> None:
        """Writes what is waiting, then ends."""
        self._stopping = True
        self._work.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def held(self) -> int:
        """Events accepted and not yet committed."""
        return self._held

    async def store(self, events: Sequence[Incoming]) -> list[int]:
        """Commits the events; answers the places of those the database can't hold (their neighbours are stored).

        Raises RefuseError 503 when too much is waiting or the database stays away; nothing was stored then.
        """
        if self._stopping or self._held + len(events) > CAPACITY:
            raise RefuseError(
                "more events are waiting than can be stored right now; send this again",
                status=503,
                type="overloaded",
                headers={"Retry-After": "1"},
            )
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._held += len(events)
        self._queue.append(_Waiting(events, done))
        self._work.set()
        try:
            return await done
        finally:
            self._held -= len(events)

    def _take(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._queue and (not group or size + len(self._queue[0].events) <= MOST_IN_GROUP):
            group.append(self._queue.popleft())
            size += len(group[-1].events)
        return group

    async def _flush_forever(self) -> None:
        while True:
            await self._work.wait()
            group = self._take()
            if group:
                await self._flush(group)
            elif self._stopping:
                return
            else:
                self._work.clear()

    async def _flush(self, group: list[_Waiting]) -> None:
        try:
            await self._persist([event for waiting in group for event in waiting.events])
        except SkipError:
            # Something in the group can't be stored: each request goes alone, and a bad one is taken apart.
            for waiting in group:
                await self._settle(waiting)
        except Exception as problem:
            self._fail(group, problem)
        else:
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_result([])

    async def _settle(self, waiting: _Waiting) -> None:
        try:
            bad = await self._isolate(waiting.events, 0)
        except Exception as problem:
            self._fail([waiting], problem)
            return
        if not waiting.done.done():
            waiting.done.set_result(bad)

    async def _isolate(self, events: Sequence[Incoming], offset: int) -> list[int]:
        try:
            await self._persist(events)
        except SkipError as problem:
            if len(events) == 1:
                _log.warning("event_refused_by_database", reason=str(problem)[:200])
                return [offset]
            half = len(events) // 2
            return await self._isolate(events[:half], offset) + await self._isolate(events[half:], offset + half)
        return []

    async def _persist(self, events: Sequence[Incoming]) -> None:
        for attempt in range(TRIES):
            try:
                await self._absorb(events)
                return
            except RetryError:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)

    def _fail(self, group: Sequence[_Waiting], problem: Exception) -> None:
        if isinstance(problem, RetryError):
            answer: Exception = RefuseError(
                "the events could not be stored right now; send them again",
                status=503,
                type="storage-away",
                headers={"Retry-After": "2"},
            )
        else:
            _log.error("group_failed", exc_info=problem)
            answer = RefuseError("the events could not be stored; send them again", status=503, type="storage-failed")
        for waiting in group:
            if not waiting.done.done():
                waiting.done.set_exception(answer)
