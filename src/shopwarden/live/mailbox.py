"""What waits for one viewer: at most one state per visitor, so that a slow viewer skips some but never lags."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from shopwarden.live.frames import change_frame
from shopwarden.live.states import State

MOST_WAITING = 500
"""Visitors whose change waits; who falls behind further gets a snapshot instead."""


class Parcel(NamedTuple):
    """A change for all viewers of a store; `frame` holds the states, already written."""

    id: str
    states: list[State]
    frame: bytes


class Mailbox:
    """Filled by the store's room, emptied by the viewer's connection. All on one event loop."""

    def __init__(self) -> None:
        self._parcel: Parcel | None = None
        self._several: dict[bytes, bytes] = {}
        self._id = ""
        self._needs_snapshot = False
        self.ended = asyncio.Event()
        self._filled = asyncio.Event()

    def put(self, parcel: Parcel) -> None:
        if self._needs_snapshot:
            return
        if self._parcel is None and not self._several:
            self._parcel = parcel
        else:
            self._spill()
            self._add(parcel.id, parcel.states)
        self._filled.set()

    def put_before(self, identity: str, states: Iterable[State]) -> None:
        """States from before everything that waits here already."""
        self._spill()
        later, self._several = self._several, {}
        self._add(self._id or identity, states)
        self._several |= later
        if self._several:
            self._filled.set()

    def want_snapshot(self) -> None:
        """A snapshot replaces whatever waits."""
        self._parcel, self._needs_snapshot = None, True
        self._several.clear()
        self._filled.set()

    def close(self) -> None:
        self.ended.set()
        self._filled.set()

    def _spill(self) -> None:
        if self._parcel is not None:
            parcel, self._parcel = self._parcel, None
            self._add(parcel.id, parcel.states)

    def _add(self, identity: str, states: Iterable[State]) -> None:
        self._id = identity or self._id
        for state in states:
            self._several.pop(state.visitor, None)
            self._several[state.visitor] = state.body
        if len(self._several) > MOST_WAITING:
            self.want_snapshot()

    async def wait(self, seconds: float) -> bool:
        """Whether anything waits, after `seconds` at most."""
        if not self._filled.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._filled.wait()
            except TimeoutError:
                return False
        return True

    def take(self) -> bytes | None:
        """The frame of everything that waits; None asks for a snapshot."""
        self._filled.clear()
        if self._needs_snapshot:
            self._needs_snapshot = False
            return None
        if self._parcel is not None:
            parcel, self._parcel = self._parcel, None
            return parcel.frame
        bodies, self._several = self._several, {}
        identity, self._id = self._id, ""
        return change_frame(identity, bodies.values())
