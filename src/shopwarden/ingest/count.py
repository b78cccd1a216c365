"""Views without consent: those that come while others are written are added up and written together."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import date

import structlog

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.count import MOST_SOURCES, OTHER
from shopwarden.store.page_counts import Counted

_log = structlog.get_logger(__name__)
CAPACITY = 20_000
MOST_DAYS = 10_000
TRIES = 5
FIRST_PAUSE_SECONDS = 0.05
Write = Callable[[Mapping[Counted, int]], Awaitable[None]]


class _Batch:
    """What is written together: thousands of views of one kind are one row, and one answer wakes all who wait."""

    def __init__(self) -> None:
        self.views: Counter[Counted] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class ViewCounter:
    """`add` returns once the view is committed; a flood of views costs one statement at a time."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: _Batch | None = None
        self._held = 0
        self._sources: OrderedDict[tuple[StoreId, date], set[str]] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    async def add(self, view: Counted) -> None:
        """RefuseError 503 when too much is waiting or the database stays away."""
        if self._held >= CAPACITY:
            raise RefuseError("too many views are waiting", status=503, type="overloaded", headers={"Retry-After": "2"})
        if self._waiting is None:
            self._waiting = _Batch()
        batch = self._waiting
        batch.views[self._bounded(view)] += 1
        self._held += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_all())
        try:
            # Who hangs up must not take the others' answer along.
            await asyncio.shield(batch.done)
        finally:
            self._held -= 1

    async def stop(self) -> None:
        """Writes what is waiting."""
        if self._task is not None:
            await self._task

    def _bounded(self, view: Counted) -> Counted:
        known = self._sources.setdefault((view.store_id, view.day), set())
        if view.source not in known:
            if len(known) >= MOST_SOURCES:
                return view._replace(source=OTHER)
            known.add(view.source)
            if len(self._sources) > MOST_DAYS:
                self._sources.popitem(last=False)
        return view

    async def _write_all(self) -> None:
        while self._waiting is not None:
            batch, self._waiting = self._waiting, None
            try:
                await self._persist(batch.views)
            except Exception as problem:
                if not isinstance(problem, RetryError):
                    _log.error("views_failed", exc_info=problem)
                detail = "the view could not be counted right now"
                batch.done.set_exception(RefuseError(detail, status=503, type="storage-away", headers={"Retry-After": "2"}))
                # Retrieved here, for all who waited may have hung up.
                batch.done.exception()
            else:
                batch.done.set_result(None)

    async def _persist(self, views: Mapping[Counted, int]) -> None:
        for attempt in range(TRIES):
            try:
                await self._write(views)
                return
            except RetryError:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
