"""Which stores have their events handed on to a sink, known without asking for each event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

import structlog

from shopwarden.domain.ids import StoreId
from shopwarden.sources.segment.messages import Tracked
from shopwarden.sources.segment.outgoing import outgoing
from shopwarden.steps.accounts import connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.forwarding import Outgoing
from shopwarden.store.stores import list_stores
from shopwarden.store.vendor_accounts import stores_with

SEGMENT = "segment"
REFRESH_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Sinks:
    """`stores` is at most some seconds old. A store that connects a sink is noticed then; nothing is asked meanwhile."""

    def __init__(self, tools: VendorTools) -> None:
        self._tools = tools
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None
        self.stores: frozenset[StoreId] = frozenset()

    async def refresh(self) -> None:
        """Reads the accounts anew. A database that is away leaves everything as it was."""
        self._read_at = time.monotonic()
        try:
            self.stores = frozenset([store for store in await self._candidates() if await self._has_sink(store)])
        except Exception as problem:
            _log.warning("sinks_not_read", error=type(problem).__name__)

    async def _candidates(self) -> Iterable[StoreId]:
        if self._tools.sandbox_url or self._tools.defaults.get(SEGMENT):
            return [store.id for store in await list_stores(self._tools.database)]
        return await stores_with(self._tools.database, [SEGMENT])

    async def _has_sink(self, store_id: StoreId) -> bool:
        async with self._tools.database.pool.acquire() as connection:
            return SEGMENT in await connected(self._tools, connection, store_id)

    def current(self) -> frozenset[StoreId]:
        """What is known; where that is some seconds old, it is read anew beside."""
        if time.monotonic() - self._read_at > REFRESH_SECONDS and (self._reading is None or self._reading.done()):
            self._reading = asyncio.get_running_loop().create_task(self.refresh())
        return self.stores

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


_sinks: list[Sinks] = []


async def open_sinks(tools: VendorTools) -> Sinks:
    """From now on this process hands events on; `close_sinks` ends it."""
    sinks = Sinks(tools)
    await sinks.refresh()
    _sinks.append(sinks)
    return sinks


async def close_sinks(sinks: Sinks) -> None:
    if sinks in _sinks:
        _sinks.remove(sinks)
    await sinks.close()


def handed_on(events: Sequence[tuple[StoreId, Tracked]]) -> list[Outgoing]:
    """The rows for those of the events whose store has a sink; next to no work where none has."""
    if not _sinks:
        return []
    stores = _sinks[-1].current()
    if not stores:
        return []
    found = []
    for store_id, event in events:
        if store_id in stores and (message := outgoing(event)) is not None:
            found.append(Outgoing(store_id, SEGMENT, *message))
    return found
