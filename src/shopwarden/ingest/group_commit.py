"""Events of many requests are committed together: a request is answered only after its events are on disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from shopwarden.errors import RefuseError, RetryError, SkipError
from shopwarden.steps.absorb import Incoming

_log = structlog.get_logger(__name__)
Absorb = Callable[[Sequence[Incoming]], Awaitable[object]]

MOST_IN_GROUP = 1_000
CAPACITY = 20_000
LANES = 2
"""While one group waits for the disk, another is being worked out. A visitor's events all take the same lane: two groups
with the same visitor would only wait for one another in the database."""
TRIES = 6
FIRST_PAUSE_SECONDS = 0.05


class _Waiting:
    __slots__ = ("done", "events")

    def __init__(self, events: Sequence[Incoming], done: asyncio.Future[list[int]]) -> None:
        self.events = events
        self.done = done


class _Lane:
    """What waits to be written by one flusher."""

    def __init__(self) -> None:
        self.queue: deque[_Waiting] = deque()
        self.work = asyncio.Event()

    def put(self, events: Sequence[Incoming]) -> asyncio.Future[list[int]]:
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self.queue.append(_Waiting(events, done))
        self.work.set()
        return done

    def take(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self.queue and (not group or size + len(self.queue[0].events) <= MOST_IN_GROUP):
            group.append(self.queue.popleft())
            size += len(group[-1].events)
        return group


class GroupCommit:
    """`store(events)` returns once they are committed; groups form by themselves while the one before is written."""

    def __init__(self, absorb: Absorb) -> None:
        self._absorb = absorb
        self._lanes = [_Lane() for _ in range(LANES)]
        self._held = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._flush_forever(lane)) for lane in self._lanes]

    async def stop(self) -> None:
        """Writes what is waiting, then ends."""
        self._stopping = True
        for lane in self._lanes:
            lane.work.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def held(self) -> int:
        """Events accepted and not yet committed."""
        return self._held

    async def store(self, events: Sequence[Incoming]) -> list[int]:
        """Commits the events; answers the places of those the database can't hold (their neighbours are stored).

        Raises RefuseError 503 when too much is waiting or the database stays away: some of the events may be stored then,
        and are known again by their message ids when they are sent again.
        """
        if self._stopping or self._held + len(events) > CAPACITY:
            raise RefuseError(
                "more events are waiting than can be stored right now; send this again",
                status=503,
                type="overloaded",
                headers={"Retry-After": "1"},
            )
        self._held += len(events)
        try:
            if len(events) == 1:
                return await self._lane_of(events[0]).put(events)
            return await self._store_parts(events)
        finally:
            self._held -= len(events)

    def _lane_of(self, event: Incoming) -> _Lane:
        return self._lanes[hash(event[1].anonymous_id) % LANES]

    async def _store_parts(self, events: Sequence[Incoming]) -> list[int]:
        parts: dict[_Lane, list[int]] = {}
        for place, event in enumerate(events):
            parts.setdefault(self._lane_of(event), []).append(place)
        waiting = [lane.put([events[place] for place in places]) for lane, places in parts.items()]
        # Every part is waited for, also when one has failed: an answer says how all of it ended.
        results = await asyncio.gather(*waiting, return_exceptions=True)
        bad: list[int] = []
        for places, result in zip(parts.values(), results, strict=True):
            if isinstance(result, BaseException):
                raise result
            bad += [places[at] for at in result]
        return sorted(bad)

    async def _flush_forever(self, lane: _Lane) -> None:
        while True:
            await lane.work.wait()
            group = lane.take()
            if group:
                await self._flush(group)
            elif self._stopping:
                return
            else:
                lane.work.clear()

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
