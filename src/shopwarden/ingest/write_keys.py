"""Which store a write key sends to, remembered for a few seconds so that events don't ask the database each time."""

from __future__ import annotations

import time

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.store.api_keys import find_write_key
from shopwarden.store.database import Database
from shopwarden.store.faults import translated
from shopwarden.store.stores import find_store

REMEMBERED_SECONDS = 10.0
MOST_REMEMBERED = 10_000


class _Known(msgspec.Struct, frozen=True):
    store_id: StoreId | None
    origins: tuple[str, ...]
    until: float


class WriteKeys:
    """A revoked key stops working within ten seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, _Known] = {}

    async def store_of(self, key: str, origin: str | None) -> StoreId | None:
        """The store behind the key, None if it is not valid; RefuseError 403 where the store doesn't know the origin."""
        known = self._known.get(key)
        if known is None or known.until < time.monotonic():
            known = await self._ask(key)
        # "null" is the origin of every sandboxed pixel, so it can't be told apart and is let through.
        if known.origins and origin is not None and origin != "null" and origin.rstrip("/") not in known.origins:
            raise RefuseError(
                "this site's address is not among the store's allowed origins", status=403, type="origin-not-allowed"
            )
        return known.store_id

    async def _ask(self, key: str) -> _Known:
        with translated():
            store_id = await find_write_key(self._database, key)
            store = await find_store(self._database, store_id) if store_id is not None else None
        origins = tuple(one.rstrip("/") for one in store.allowed_origins) if store is not None else ()
        live = store is not None and store.uninstalled_at is None
        known = _Known(store_id if live else None, origins, time.monotonic() + REMEMBERED_SECONDS)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = known
        return known
