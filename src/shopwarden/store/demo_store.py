"""The store a simulated day goes into: a fresh installation's only one, or one of its own, never a real shop's."""

from __future__ import annotations

import secrets

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.stores import Store, create_store, find_store_by_domain, list_stores

NAME = "Demo shop"


async def demo_store(database: Database, shop_domain: str) -> StoreId:
    """The store with this domain; else the only store of the installation if nothing was ever sold in it; else a new one."""
    found = await find_store_by_domain(database, shop_domain)
    if found is not None:
        return found.id
    stores = await list_stores(database)
    if len(stores) == 1 and stores[0].shop_domain is None and await _is_unused(database, stores[0]):
        await database.pool.execute("UPDATE stores SET shop_domain = $2 WHERE id = $1", stores[0].id, shop_domain)
        return stores[0].id
    return await create_store(database, NAME, shop_domain)


async def _is_unused(database: Database, store: Store) -> bool:
    sold = await database.pool.fetchval(
        "SELECT EXISTS (SELECT FROM orders WHERE store_id = $1) OR EXISTS (SELECT FROM customers WHERE store_id = $1)",
        store.id,
    )
    return not sold


async def webhook_secret_of(database: Database, store_id: StoreId) -> str:
    """The secret the store's webhooks may be signed with; made if it has none."""
    secret: str = await database.pool.fetchval(
        "UPDATE stores SET settings = CASE WHEN coalesce(settings ->> 'webhook_secret', '') <> '' THEN settings"
        " ELSE settings || jsonb_build_object('webhook_secret', $2::text) END"
        " WHERE id = $1 RETURNING settings ->> 'webhook_secret'",
        store_id, secrets.token_hex(32),
    )  # fmt: skip
    return secret
