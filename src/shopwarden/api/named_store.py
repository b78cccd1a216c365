"""The store a path names, by its id or its shop's domain."""

from __future__ import annotations

from uuid import UUID

from shopwarden.api.auth import Caller, no_such_store
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.stores import Store, find_store, find_store_by_domain


async def named_store(database: Database, caller: Caller, named: str) -> Store:
    """RefuseError 404 for a store that is not there, and for one the key does not open."""
    try:
        store = await find_store(database, StoreId(UUID(named)))
    except ValueError:
        store = await find_store_by_domain(database, named) if "." in named else None
    if store is None or caller.store_id not in (None, store.id):
        raise no_such_store()
    return store
