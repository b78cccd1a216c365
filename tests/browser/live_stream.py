"""A viewer of the live feed: reads the stream as the widget does and notes when each change came."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

Visitor = dict[str, Any]


class Seen:
    """One event of the stream: `at` by this machine's clock in seconds, and what it said."""

    def __init__(self, kind: str, data: dict[str, Any], at: float) -> None:
        self.kind, self.data, self.at = kind, data, at

    @property
    def visitors(self) -> list[Visitor]:
        return list(self.data.get("visitors", []))


class Viewer:
    """What the feed has told so far, in order."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._news = asyncio.Event()

    def take(self, event: Seen) -> None:
        self.seen.append(event)
        self._news.set()

    async def first(self, wanted: Callable[[Visitor], bool], seconds: float = 30.0) -> tuple[float, Visitor]:
        """The first visitor the feed showed in a state that is wanted, and when."""
        async with asyncio.timeout(seconds):
            read = 0
            while True:
                self._news.clear()
                for event in self.seen[read:]:
                    for visitor in event.visitors:
                        if wanted(visitor):
                            return event.at, visitor
                read = len(self.seen)
                await self._news.wait()

    def states(self) -> list[Visitor]:
        return [visitor for event in self.seen for visitor in event.visitors]


@asynccontextmanager
async def watching(url: str, store_id: object, key: str) -> AsyncIterator[Viewer]:
    """An open stream; ready when the snapshot has come."""
    viewer = Viewer()
    ready = asyncio.Event()
    reading = asyncio.create_task(_read(url, store_id, key, viewer, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({reading, waiting}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if reading.done():
        reading.result()
    assert ready.is_set(), "the live feed sent no snapshot"
    try:
        yield viewer
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(url: str, store_id: object, key: str, viewer: Viewer, ready: asyncio.Event) -> None:
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(timeout=None) as client,
        client.stream("GET", f"{url}/api/stores/{store_id}/live", headers=headers) as reply,
    ):
        assert reply.status_code == 200, (await reply.aread()).decode()
        kind, data = "message", []
        async for line in reply.aiter_lines():
            if line.startswith("event:"):
                kind = line[6:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].strip())
            elif not line and data:
                viewer.take(Seen(kind, json.loads("\n".join(data)), time.time()))
                kind, data = "message", []
                ready.set()
