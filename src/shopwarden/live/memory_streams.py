"""The same streams within one process, for an installation without Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from uuid import UUID

from shopwarden.live.states import Entry, Period, State

MOST_ENTRIES = 400


class _Stream:
    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self.number = 0
        self.entries: deque[Entry] = deque([Entry(self._id(), [])], MOST_ENTRIES)
        self.came = asyncio.Event()

    def _id(self) -> str:
        # The token keeps the ids of one process apart from those of another, and of the one before.
        return f"{self.token}-{self.number}"

    def add(self, states: list[State]) -> None:
        self.number += 1
        self.entries.append(Entry(self._id(), states))
        self.came.set()

    def after(self, position: str) -> list[Entry] | None:
        """None if `position` is not held."""
        found: list[Entry] = []
        for entry in reversed(self.entries):
            if entry.id == position:
                return found[::-1]
            found.append(entry)
        return None


class MemoryStreams:
    """Stores that were watched once stay so: without Redis there is nothing to save."""

    def __init__(self) -> None:
        self._streams: dict[UUID, _Stream] = {}

    async def close(self) -> None:
        self._streams.clear()

    async def watch(self, store_id: UUID) -> Period:
        stream = self._streams.setdefault(store_id, _Stream())
        return Period(stream.token, stream.entries[-1].id)

    async def watched(self, store_ids: list[UUID]) -> list[UUID]:
        return [store_id for store_id in store_ids if store_id in self._streams]

    async def add(self, states: dict[UUID, list[State]]) -> None:
        for store_id, all_states in states.items():
            if store_id in self._streams:
                self._streams[store_id].add(all_states)

    async def interrupt(self, store_ids: list[UUID]) -> None:
        for store_id in store_ids:
            if store_id in self._streams:
                self._streams[store_id] = _Stream()

    async def read(self, store_id: UUID, after: str, seconds: float) -> list[Entry]:
        stream = self._streams.get(store_id)
        if stream is None:
            await asyncio.sleep(seconds)
            return []
        found = stream.after(after)
        if found is None:
            return [stream.entries[0]._replace(states=[])]
        if not found:
            stream.came.clear()
            try:
                async with asyncio.timeout(seconds):
                    await stream.came.wait()
            except TimeoutError:
                return []
            found = stream.after(after) or []
        return found

    async def missed(self, store_id: UUID, after: str, until: str) -> list[State] | None:
        stream = self._streams.get(store_id)
        found = stream.after(after) if stream is not None else None
        if found is None:
            return None
        missed: list[State] = []
        for entry in found:
            missed += entry.states
            if entry.id == until:
                break
        return missed
