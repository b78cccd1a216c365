"""One open connection of the live feed: counted, pumped, and ended from either side or when its key ends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from litestar.types import HTTPResponseStartEvent, Receive, Scope, Send

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.live.alert_hub import AlertHub, AlertViewer
from shopwarden.live.frames import RETRY_FRAME
from shopwarden.live.hub import BEAT_SECONDS, Hub, Viewer

MOST_FEEDS_OF_A_KEY = 256
"""In one process."""
_log = structlog.get_logger(__name__)
STUCK_SECONDS = 30.0
"""A viewer that takes nothing for so long is gone."""
FAREWELL_SECONDS = 1.0


class OpenFeeds:
    """How many feeds each key has open in this process."""

    def __init__(self, most: int = MOST_FEEDS_OF_A_KEY) -> None:
        self._most = most
        self._count: Counter[UUID] = Counter()

    def open(self, key_id: UUID) -> None:
        """RefuseError 429 when the key has too many."""
        if self._count[key_id] >= self._most:
            raise RefuseError(
                f"This key has {self._most} feeds open; close one first.",
                status=429,
                type="too-many-feeds",
                headers={"Retry-After": "10"},
            )
        self._count[key_id] += 1

    def close(self, key_id: UUID) -> None:
        self._count[key_id] -= 1
        if self._count[key_id] <= 0:
            del self._count[key_id]


@dataclass(frozen=True, slots=True)
class Feed:
    """An ASGI app for one request. `may_still` is asked now and then: a feed does not outlive its key or session."""

    hub: Hub | AlertHub
    feeds: OpenFeeds
    key_id: UUID
    may_still: Callable[[], Awaitable[bool]]
    store_id: StoreId
    last_event: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.feeds.open(self.key_id)
        scope["state"]["is_feed"] = True
        try:
            viewer = await self.hub.join(self.store_id, self.last_event)
            if viewer is None:
                raise RefuseError(
                    "The feed can't begin right now.", status=503, type="feed-away", headers={"Retry-After": "2"}
                )
            try:
                await self._serve(viewer, receive, send)
            finally:
                viewer.leave()
        finally:
            self.feeds.close(self.key_id)

    async def _serve(self, viewer: Viewer | AlertViewer, receive: Receive, send: Send) -> None:
        pump = asyncio.create_task(self._pump(viewer, send))
        gone = asyncio.create_task(_disconnected(receive))
        ended = asyncio.create_task(viewer.mailbox.ended.wait())
        tasks = (pump, gone, ended)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                # One that takes nothing must not hold up the server's end.
                await asyncio.wait((pump,), timeout=FAREWELL_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self, viewer: Viewer | AlertViewer, send: Send) -> None:
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": 200,
            # A proxy that buffers would hold events back.
            "headers": [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")],
        }
        await send(start)
        await _send(send, RETRY_FRAME)
        if self.last_event:
            await _send(send, viewer.now())
        beat_at = time.monotonic() + BEAT_SECONDS
        with contextlib.suppress(TimeoutError):
            while (frame := await viewer.next(max(0.0, beat_at - time.monotonic()))) is not None:
                if time.monotonic() >= beat_at:
                    if not await self._is_allowed():
                        break
                    beat_at = time.monotonic() + BEAT_SECONDS
                    frame += viewer.now()
                if frame:
                    await _send(send, frame)
            await _send(send, b"", more=False)

    async def _is_allowed(self) -> bool:
        try:
            return await self.may_still()
        except Exception as error:
            # An open feed outlasts a database that is away for a moment.
            _log.warning("live_key_unchecked", error=type(error).__name__)
            return True


async def _send(send: Send, body: bytes, more: bool = True) -> None:
    async with asyncio.timeout(STUCK_SECONDS if more else FAREWELL_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
