"""What an import has to know of the table before it commits: which customers were there already."""

from __future__ import annotations

from collections.abc import Collection

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.store.database import Database


async def known_before(database: Database, store_id: StoreId, ids: Collection[CustomerId]) -> frozenset[CustomerId]:
    """Those of the customers other transactions can see. Asked on a connection of its own while the import is still
    uncommitted, it tells the new ones from the old."""
    rows = await database.pool.fetch(
        "SELECT id FROM customers WHERE store_id = $1 AND id = ANY($2::uuid[])", store_id, list(set(ids))
    )
    return frozenset(CustomerId(row["id"]) for row in rows)
