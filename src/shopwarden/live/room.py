"""One watched store in this process: reads its stream, keeps who is present, and fills the viewers' mailboxes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

import structlog

from shopwarden.live.frames import change_frame, now_frame, snapshot_frame
from shopwarden.live.mailbox import Mailbox, Parcel
from shopwarden.live.present import Present
from shopwarden.live.states import Entry, LiveLost, Period, State, Streams

WATCH_SECONDS = 1.0
PACE_SECONDS = 0.1
"""Viewers get a busy store's changes in frames this far apart; a quiet store's at once."""
REST_SECONDS = 0.5

_log = structlog.get_logger(__name__)


class Load(NamedTuple):
    """What the database knows: everybody seen within the window, and the states of the latest; both by rising time."""

    seen: list[tuple[bytes, float]]
    states: list[State]


Loader = Callable[[UUID], Awaitable[Load]]


class Room:
    def __init__(self, store_id: UUID, streams: Streams, load: Loader) -> None:
        self.store_id = store_id
        self.mailboxes: set[Mailbox] = set()
        self.empty_since = time.monotonic()
        self.position = ""
        self.opened = asyncio.Event()
        self._streams, self._load = streams, load
        self._present = Present(time.time())
        self._token = ""
        self._watch_at = 0.0
        self._snapshot: tuple[float, bytes] | None = None
        self._is_over = False

    def end(self) -> None:
        """For a task about to be cancelled: the driver may take the cancellation for a broken connection."""
        self._is_over = True

    async def run(self) -> None:
        """Until it is ended and cancelled. Without its stream the room lives on what this process itself hears."""
        while not self._is_over:
            try:
                await self._follow()
            except LiveLost as error:
                _log.warning("live_stream_lost", error=str(error))
                await self._without_stream()
            except Exception as error:
                # The database may be away as well; viewers keep what they have and get a snapshot when it is back.
                _log.warning("live_room_waits", error=type(error).__name__)
            self._token = ""
            self._watch_at = 0.0
            await asyncio.sleep(REST_SECONDS)

    async def _follow(self) -> None:
        while not self._is_over:
            if time.monotonic() >= self._watch_at:
                await self._watch()
            entries = await self._streams.read(self.store_id, self.position, WATCH_SECONDS)
            if not entries:
                continue
            self.position = entries[-1].id
            if not all(entry.states for entry in entries):
                self._watch_at = 0.0
            if self._deliver(entries):
                await asyncio.sleep(PACE_SECONDS)

    async def _watch(self) -> None:
        period = await self._streams.watch(self.store_id)
        self._watch_at = time.monotonic() + WATCH_SECONDS
        if period.token != self._token:
            await self._open(period)
        self._present.forget(time.time())

    async def _open(self, period: Period) -> None:
        """The position was taken before the database is asked: nothing falls between the two."""
        load = await self._load(self.store_id)
        self._token, self.position = period
        self._start(load)

    async def _without_stream(self) -> None:
        if not self.opened.is_set():
            try:
                self._start(await self._load(self.store_id))
            except Exception as error:
                _log.warning("live_room_waits", error=type(error).__name__)

    def _start(self, load: Load) -> None:
        self._present = Present(time.time(), load.seen, load.states)
        self._snapshot = None
        self.opened.set()
        for mailbox in self.mailboxes:
            mailbox.want_snapshot()

    def hear(self, states: list[State]) -> None:
        """States of this process that could not be published."""
        self._deliver([Entry("", states)])

    def _deliver(self, entries: list[Entry]) -> bool:
        news = {state.visitor: state for entry in entries for state in entry.states if self._present.take(state)}
        if not news:
            return False
        self._snapshot = None
        states = list(news.values())
        if self.mailboxes:
            parcel = Parcel(entries[-1].id, states, change_frame(entries[-1].id, [state.body for state in states]))
            for mailbox in self.mailboxes:
                mailbox.put(parcel)
        return True

    def snapshot(self) -> bytes:
        """The frame with who is here now; made once for all who ask at the same time."""
        now = time.time()
        if self._snapshot is None or now - self._snapshot[0] > WATCH_SECONDS:
            self._present.forget(now)
            self._snapshot = (now, snapshot_frame(self.position, self._present.total, self._present.latest()))
        return self._snapshot[1]

    def now(self) -> bytes:
        self._present.forget(time.time())
        return now_frame(self._present.total)
