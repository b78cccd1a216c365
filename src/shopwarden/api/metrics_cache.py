"""Figures that cost a look at many rows, kept for a short time: all who ask meanwhile wait for the same count."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from litestar.datastructures import State

KEPT_SECONDS = 60.0
MOST_KEPT = 500
Told = TypeVar("Told")
Key = tuple[object, ...]


class SharedAnswers:
    """Answers by key, at most `KEPT_SECONDS` old. A count that failed is not kept: the next caller counts anew."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[float, object]] = OrderedDict()
        self._running: dict[Key, asyncio.Task[object]] = {}

    async def get(self, key: Key, count: Callable[[], Awaitable[Told]]) -> Told:
        kept = self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return cast("Told", kept[1])
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._count(key, count))
        # A caller who hangs up does not stop the count that others wait for.
        return cast("Told", await asyncio.shield(task))

    async def _count(self, key: Key, count: Callable[[], Awaitable[object]]) -> object:
        try:
            told = await count()
            self._kept[key] = (time.monotonic() + KEPT_SECONDS, told)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return told
        finally:
            del self._running[key]


def shared_answers(state: State) -> SharedAnswers:
    """The application's own; made by the first who asks."""
    found: SharedAnswers | None = state.get("store_metrics")
    if found is None:
        found = state["store_metrics"] = SharedAnswers()
    return found
