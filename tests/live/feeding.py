"""Hubs as processes of their own would have them, and what their viewers get."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from shopwarden.live.hub import Hub, Viewer
from shopwarden.live.redis_streams import RedisStreams
from shopwarden.live.room import Load
from shopwarden.live.states import State, Streams


def state(visitor: str, page: str = "/", at: float | None = None) -> State:
    last_seen = time.time() if at is None else at
    return State(visitor.encode(), last_seen, msgspec.json.encode({"visitorId": visitor, "page": page}))


PATIENCE = 20.0
"""Seconds; on a machine that does much else at once a feed may be slow, but it comes."""


class Shop:
    """What the database would tell of a store: filled by a test."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.loads = 0

    async def load(self, _: UUID) -> Load:
        self.loads += 1
        return Load([(one.visitor, one.last_seen) for one in self.states], list(self.states))


@asynccontextmanager
async def hub_of(shop: Shop, streams: Streams) -> AsyncIterator[Hub]:
    hub = Hub(streams, shop.load)
    try:
        yield hub
    finally:
        await hub.close()


@asynccontextmanager
async def publisher(redis_url: str) -> AsyncIterator[RedisStreams]:
    streams = RedisStreams(redis_url)
    try:
        yield streams
    finally:
        await streams.close()


class Event(msgspec.Struct):
    id: str
    name: str
    data: dict[str, Any]

    @property
    def pages(self) -> dict[str, str]:
        return {one["visitorId"]: one["page"] for one in self.data["visitors"]}


def read_events(text: bytes) -> list[Event]:
    """The events of a stream's text, as a browser would read them."""
    events = []
    for block in text.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in lines:
            events.append(Event(lines.get("id", ""), lines["event"], msgspec.json.decode(lines["data"])))
    return events


async def next_event(viewer: Viewer | None, seconds: float = PATIENCE) -> Event:
    assert viewer is not None
    frame = await viewer.next(seconds)
    assert frame, "nothing came"
    (event,) = read_events(frame)
    return event


async def next_named(viewer: Viewer | None, name: str) -> Event:
    async with asyncio.timeout(2 * PATIENCE):
        while (event := await next_event(viewer)).name != name:
            pass
    return event


async def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
