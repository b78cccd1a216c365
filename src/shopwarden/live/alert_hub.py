"""Alerts of the watched stores of this process: a snapshot first, then every change, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from shopwarden.live.frames import event_frame

OVERLAP = timedelta(seconds=10)
"""A transaction that took so long may have committed a change after others with a later time."""
LONGEST_MISSED = timedelta(hours=24)
PACE_SECONDS = 0.1
POLL_SECONDS = 15.0
OPEN_SECONDS = 5.0
MOST_WAITING = 200
"""Frames that wait for one viewer; who falls behind further gets a snapshot instead."""

_log = structlog.get_logger(__name__)


class AlertState(NamedTuple):
    """An alert's newest state: its id, when it changed, and its JSON text."""

    alert: UUID
    changed_at: datetime
    body: bytes


class AlertNews(NamedTuple):
    """`states` by rising time of change. `is_whole`: nothing of the time asked for was left out. `counts`: JSON text of
    how many nobody has acknowledged, by severity."""

    states: list[AlertState]
    counts: bytes
    is_whole: bool


Load = Callable[[UUID, datetime | None], Awaitable[AlertNews]]
"""What changed since then; without a time all that is not resolved, the latest of it."""
Ring = Callable[[UUID | None], None]
Listen = Callable[[Ring], Coroutine[object, object, None]]


class Letterbox:
    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.needs_snapshot = False
        self._early: list[bytes] | None = []

    def begin(self, first: bytes) -> None:
        """What came before this frame was ready follows it."""
        early, self._early = self._early or [], None
        for frame in (first, *early):
            self.put(frame)

    def put(self, frame: bytes) -> None:
        if self._early is not None:
            self._early.append(frame)
            return
        if self.frames.qsize() >= MOST_WAITING:
            while not self.frames.empty():
                self.frames.get_nowait()
            self.needs_snapshot = True
        self.frames.put_nowait(frame)

    def close(self) -> None:
        self.ended.set()
        self.frames.put_nowait(None)


class AlertViewer:
    """One open stream: frames come out of it until the hub closes it."""

    def __init__(self, room: _Room) -> None:
        self.mailbox = Letterbox()
        self._room = room

    async def next(self, seconds: float) -> bytes | None:
        """The next frame, empty after so many seconds of silence; None when the stream is over."""
        try:
            frame = await asyncio.wait_for(self.mailbox.frames.get(), seconds)
        except TimeoutError:
            return b""
        if self.mailbox.needs_snapshot and frame is not None:
            self.mailbox.needs_snapshot = False
            return await self._room.snapshot()
        return frame

    def now(self) -> bytes:
        """The heartbeat's frame."""
        return event_frame("", b"now", b'"open":%s' % self._room.counts)

    def leave(self) -> None:
        self._room.boxes.discard(self.mailbox)


class _Room:
    """One watched store."""

    def __init__(self, store_id: UUID, load: Load) -> None:
        self.store_id, self._load = store_id, load
        self.boxes: set[Letterbox] = set()
        self.rung = asyncio.Event()
        self.counts = b"{}"
        self._position = datetime.now(UTC)
        self._told: dict[UUID, datetime] = {}

    async def run(self) -> None:
        """Until it is cancelled. Without a ring it looks by itself, only less often."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self.rung.wait()
            except TimeoutError:
                pass
            self.rung.clear()
            try:
                if self.boxes:
                    await self._deliver()
            except Exception as error:
                _log.warning("alert_room_waits", error=type(error).__name__)
            await asyncio.sleep(PACE_SECONDS)

    async def _deliver(self) -> None:
        since = self._position - OVERLAP
        news = await self._load(self.store_id, since)
        is_new_count, self.counts = news.counts != self.counts, news.counts
        fresh = [state for state in news.states if self._told.get(state.alert) != state.changed_at]
        self._told = {state.alert: state.changed_at for state in news.states}
        if news.states:
            self._position = max(self._position, news.states[-1].changed_at)
        if not news.is_whole:
            self.rung.set()
        if fresh or is_new_count:
            frame = change_frame(fresh, news.counts, self._position)
            for box in self.boxes:
                box.put(frame)

    async def missed(self, since: datetime) -> bytes | None:
        """A frame of what changed since then; None where there is too much of it."""
        news = await self._load(self.store_id, since - OVERLAP)
        self.counts = news.counts
        position = news.states[-1].changed_at if news.states else since
        return change_frame(news.states, news.counts, position) if news.is_whole else None

    async def snapshot(self) -> bytes:
        asked_at = datetime.now(UTC)
        news = await self._load(self.store_id, None)
        self.counts = news.counts
        return event_frame(asked_at.isoformat(), b"snapshot", _content(news.states, news.counts))


def change_frame(states: list[AlertState], counts: bytes, position: datetime) -> bytes:
    return event_frame(position.isoformat(), b"alerts", _content(states, counts))


def _content(states: list[AlertState], counts: bytes) -> bytes:
    return b'"open":%s,"alerts":[%s]' % (counts, b",".join(state.body for state in states))


class AlertHub:
    """`listen` calls what it is given with a store whose alerts changed, or with None where any may have."""

    def __init__(self, load: Load, listen: Listen) -> None:
        self._load, self._listen = load, listen
        self._rooms: dict[UUID, tuple[_Room, asyncio.Task[None]]] = {}
        self._bell: asyncio.Task[None] | None = None
        self._is_closed = False

    async def join(self, store_id: UUID, last_event: str = "") -> AlertViewer | None:
        """A viewer that gets a snapshot first, or what came after `last_event` where that is not too long ago. None: not
        possible now."""
        self._close_empty()
        if self._bell is None:
            self._bell = asyncio.create_task(self._listen(self.ring))
        if store_id not in self._rooms:
            room = _Room(store_id, self._load)
            self._rooms[store_id] = (room, asyncio.create_task(room.run()))
        room = self._rooms[store_id][0]
        viewer = AlertViewer(room)
        # In the room before anything is read: what changes meanwhile comes twice rather than never.
        room.boxes.add(viewer.mailbox)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                since = _moment(last_event)
                frame = None if since is None else await room.missed(since)
                viewer.mailbox.begin(frame or await room.snapshot())
        except Exception as error:
            _log.warning("alert_stream_not_opened", error=type(error).__name__)
            viewer.leave()
            return None
        except BaseException:
            viewer.leave()
            raise
        if self._is_closed:
            viewer.mailbox.close()
        return viewer

    def ring(self, store_id: UUID | None) -> None:
        rooms = self._rooms.values() if store_id is None else [self._rooms[store_id]] if store_id in self._rooms else []
        for room, _ in rooms:
            room.rung.set()

    def _close_empty(self) -> None:
        for store_id, (room, task) in list(self._rooms.items()):
            if not room.boxes:
                task.cancel()
                del self._rooms[store_id]

    def end_feeds(self) -> None:
        """Every stream ends after what it is sending: the server is about to stop."""
        self._is_closed = True
        for room, _ in self._rooms.values():
            for box in room.boxes:
                box.close()

    async def close(self) -> None:
        self.end_feeds()
        tasks = [task for _, task in self._rooms.values()]
        if self._bell is not None:
            tasks.append(self._bell)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._rooms.clear()


def _moment(last_event: str) -> datetime | None:
    """The time an id of ours stands for; None for any other text and for what is too long ago."""
    try:
        moment = datetime.fromisoformat(last_event)
        return moment if moment.tzinfo is not None and abs(datetime.now(UTC) - moment) < LONGEST_MISSED else None
    except (ValueError, OverflowError):
        return None
