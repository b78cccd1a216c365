"""Stores: made, found by id or by shop domain."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.database import Database


class Store(msgspec.Struct, frozen=True, kw_only=True):
    id: StoreId
    name: str
    shop_domain: str | None
    currency: str
    timezone: str
    allowed_origins: tuple[str, ...]
    settings: dict[str, object]
    uninstalled_at: datetime | None


def _store(row: asyncpg.Record) -> Store:
    return Store(
        id=StoreId(row["id"]),
        name=row["name"],
        shop_domain=row["shop_domain"],
        currency=row["currency"],
        timezone=row["timezone"],
        allowed_origins=tuple(row["allowed_origins"]),
        settings=row["settings"],
        uninstalled_at=row["uninstalled_at"],
    )


async def create_store(database: Database, name: str, shop_domain: str | None = None, currency: str = "USD") -> StoreId:
    store_id = StoreId(new_id())
    await database.pool.execute(
        "INSERT INTO stores (id, name, shop_domain, currency, created_at) VALUES ($1, $2, $3, $4, $5)",
        store_id, name, shop_domain, currency, datetime.now(UTC),
    )  # fmt: skip
    return store_id


async def find_store(database: Database, store_id: StoreId) -> Store | None:
    row = await database.pool.fetchrow("SELECT * FROM stores WHERE id = $1", store_id)
    return _store(row) if row else None


async def find_store_by_domain(database: Database, shop_domain: str) -> Store | None:
    row = await database.pool.fetchrow("SELECT * FROM stores WHERE shop_domain = $1", shop_domain.lower())
    return _store(row) if row else None


async def list_stores(database: Database) -> list[Store]:
    return [_store(row) for row in await database.pool.fetch("SELECT * FROM stores ORDER BY created_at, id")]
