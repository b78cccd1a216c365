"""All watched stores of this process, and who watches them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from uuid import UUID

from shopwarden.live.mailbox import Mailbox
from shopwarden.live.room import Loader, Room
from shopwarden.live.states import LiveLost, State, Streams

LINGER_SECONDS = 30.0
"""A room without viewers stays this long: who comes back soon finds it open."""
BEAT_SECONDS = 10.0
OPEN_SECONDS = 5.0


class Viewer:
    """One open feed: frames come out of it until the hub closes it."""

    def __init__(self, room: Room, left: Callable[[], None]) -> None:
        self.mailbox = Mailbox()
        self._room, self._left = room, left

    async def next(self, seconds: float) -> bytes | None:
        """The next frame, empty after so many seconds of silence; None when the feed is over."""
        if not await self.mailbox.wait(seconds):
            return b""
        if self.mailbox.ended.is_set():
            return None
        frame = self.mailbox.take()
        return self._room.snapshot() if frame is None else frame

    def now(self) -> bytes:
        """The heartbeat's frame."""
        return self._room.now()

    def leave(self) -> None:
        self._room.mailboxes.discard(self.mailbox)
        self._room.empty_since = time.monotonic()
        self._left()


class Hub:
    def __init__(self, streams: Streams, load: Loader) -> None:
        self._streams, self._load = streams, load
        self._rooms: dict[UUID, tuple[Room, asyncio.Task[None]]] = {}
        self._is_closed = False

    async def join(self, store_id: UUID, last_event: str = "") -> Viewer | None:
        """A viewer of this store who gets a snapshot first, or, after `last_event`, what came since. None: not possible now.

        Of no effect is an id that the stream does not hold any more, or never held.
        """
        room = self._room(store_id)
        viewer = Viewer(room, self._left)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await room.opened.wait()
                room.mailboxes.add(viewer.mailbox)
                await self._begin(room, viewer.mailbox, last_event)
        except TimeoutError:
            viewer.leave()
            return None
        except BaseException:
            viewer.leave()
            raise
        if self._is_closed:
            viewer.mailbox.close()
        return viewer

    async def _begin(self, room: Room, mailbox: Mailbox, last_event: str) -> None:
        missed = None
        if last_event and room.position:
            with contextlib.suppress(LiveLost):
                missed = await self._streams.missed(room.store_id, last_event, room.position)
        if missed is None:
            mailbox.want_snapshot()
        else:
            mailbox.put_before(room.position, missed)

    def hear(self, states: dict[UUID, list[State]]) -> None:
        """States that this process could not publish reach at least its own viewers."""
        for store_id, news in states.items():
            if store_id in self._rooms:
                self._rooms[store_id][0].hear(news)

    def _room(self, store_id: UUID) -> Room:
        if store_id not in self._rooms:
            room = Room(store_id, self._streams, self._load)
            self._rooms[store_id] = (room, asyncio.create_task(room.run()))
        return self._rooms[store_id][0]

    def _left(self) -> None:
        asyncio.get_running_loop().call_later(LINGER_SECONDS + 1, self._close_empty)

    def _close_empty(self) -> None:
        limit = time.monotonic() - LINGER_SECONDS
        for store_id, (room, task) in list(self._rooms.items()):
            if not room.mailboxes and room.empty_since < limit:
                room.end()
                task.cancel()
                del self._rooms[store_id]

    def end_feeds(self) -> None:
        """Every feed ends after what it is sending: the server is about to stop."""
        self._is_closed = True
        for room, _ in self._rooms.values():
            for mailbox in room.mailboxes:
                mailbox.close()

    async def close(self) -> None:
        self.end_feeds()
        tasks = [task for _, task in self._rooms.values()]
        for room, task in self._rooms.values():
            room.end()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._rooms.clear()
        await self._streams.close()
