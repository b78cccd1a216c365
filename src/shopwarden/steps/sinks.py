"""Which stores have their events handed on, to a sink or to a vendor that learns; known without asking for each event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

import structlog

from shopwarden.domain.ids import StoreId
from shopwarden.sources.segment.messages import Tracked
from shopwarden.sources.segment.outgoing import outgoing
from shopwarden.steps.accounts import connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.forwarding import Outgoing
from shopwarden.store.stores import list_stores
from shopwarden.store.vendor_accounts import stores_with
from shopwarden.vendors import find_vendors

SEGMENT = "segment"
VISIT_KINDS: frozenset[str] = frozenset({"cart_item_added", "cart_item_removed", "coupon_applied"})
REFRESH_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Sinks:
    """`stores` is at most some seconds old. A store that connects a sink is noticed then; nothing is asked meanwhile."""

    def __init__(self, tools: VendorTools) -> None:
        self._tools = tools
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None
        self.stores: frozenset[StoreId] = frozenset()
        self.hearing: Mapping[StoreId, tuple[str, ...]] = {}

    async def refresh(self) -> None:
        """Reads the accounts anew. A database that is away leaves everything as it was."""
        self._read_at = time.monotonic()
        try:
            found = {store: await self._listeners(store) for store in await self._candidates()}
            self.stores = frozenset(store for store, names in found.items() if SEGMENT in names)
            hearing = {store: tuple(name for name in names if name != SEGMENT) for store, names in found.items()}
            self.hearing = {store: names for store, names in hearing.items() if names}
        except Exception as problem:
            _log.warning("sinks_not_read", error=type(problem).__name__)

    async def _candidates(self) -> Iterable[StoreId]:
        names = listening()
        if self._tools.sandbox_url or any(self._tools.defaults.get(name) for name in names):
            return [store.id for store in await list_stores(self._tools.database)]
        return await stores_with(self._tools.database, names)

    async def _listeners(self, store_id: StoreId) -> list[str]:
        async with self._tools.database.pool.acquire() as connection:
            accounts = await connected(self._tools, connection, store_id)
        return [name for name in listening() if name in accounts]

    def current(self) -> Sinks:
        """Itself; where what it knows is some seconds old, it is read anew beside."""
        if time.monotonic() - self._read_at > REFRESH_SECONDS and (self._reading is None or self._reading.done()):
            self._reading = asyncio.get_running_loop().create_task(self.refresh())
        return self

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


def listening() -> list[str]:
    """Vendors that are handed single events of visits, and the sink."""
    found = find_vendors().values()
    return [SEGMENT, *(each.name for each in found if each.teller is not None and each.teller.kinds & VISIT_KINDS)]


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
    stores = _sinks[-1].current().stores if _sinks else None
    if not stores:
        return []
    found = []
    for store_id, event in events:
        if store_id in stores and (message := outgoing(event)) is not None:
            found.append(Outgoing(store_id, SEGMENT, *message))
    return found


def hearing_of(store_id: StoreId) -> tuple[str, ...]:
    """Vendors of the store that want to hear of single events of a visit; none where this process hands nothing on."""
    return _sinks[-1].current().hearing.get(store_id, ()) if _sinks else ()
