"""Which store a shop domain belongs to, and how the only store of an installation gets its first one."""

from __future__ import annotations

import re

from shopwarden.store.database import Database
from shopwarden.store.stores import Store, find_store_by_domain, list_stores

_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


async def store_of_domain(database: Database, shop_domain: str | None) -> Store | None:
    """The store with this domain; without any domain, the installation's only store."""
    if shop_domain is not None:
        return await find_store_by_domain(database, shop_domain)
    stores = await list_stores(database)
    return stores[0] if len(stores) == 1 else None


async def adopt_domain(database: Database, shop_domain: str) -> Store | None:
    """Gives the domain to the installation's only store when it has none yet; else None. The caller has proof of it."""
    if not _DOMAIN.fullmatch(shop_domain):
        return None
    await database.pool.execute(
        "UPDATE stores SET shop_domain = $1 WHERE shop_domain IS NULL AND (SELECT count(*) FROM stores) = 1", shop_domain
    )
    return await find_store_by_domain(database, shop_domain)
