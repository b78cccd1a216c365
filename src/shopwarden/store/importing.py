"""What an import needs of the database beside the writing itself: steady plans, and which customers were there before."""

from __future__ import annotations

from collections.abc import Collection

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.store.database import Connection, Database


async def known_before(database: Database, store_id: StoreId, ids: Collection[CustomerId]) -> frozenset[CustomerId]:
    """Those of the customers other transactions can see. Asked on a connection of its own while the import is still
    uncommitted, it tells the new ones from the old."""
    rows = await database.pool.fetch(
        "SELECT id FROM customers WHERE store_id = $1 AND id = ANY($2::uuid[])", store_id, list(set(ids))
    )
    return frozenset(CustomerId(row["id"]) for row in rows)


async def prefer_steady_plans(connection: Connection) -> None:
    """For this transaction: plans that do not depend on statistics of the store, which for a store filled this very minute
    say that it is empty and make each batch slower than the one before."""
    await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
