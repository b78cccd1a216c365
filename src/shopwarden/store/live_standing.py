"""How visitors seen live stand with the store: blocked as a customer, or on one of its lists."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_entry import Listable
from shopwarden.store.database import Database
from shopwarden.store.list_matching import fitting_entries, names_of


class LiveStanding(msgspec.Struct, frozen=True):
    """`listed` as `block:ip`."""

    is_blocked: bool = False
    listed: tuple[str, ...] = ()


NOTHING = LiveStanding()
_WHO = """
SELECT v.id, v.ip, c.is_blocked, c.id AS customer, c.shopify_id, c.email, c.phone, d.id AS device, d.fingerprint
  FROM visitors v
  LEFT JOIN customers c ON c.store_id = v.store_id AND c.id = v.customer_id AND c.deleted_at IS NULL
  LEFT JOIN devices d ON d.store_id = v.store_id AND d.id = v.device_id AND d.is_strong
 WHERE v.store_id = $1 AND v.id = ANY($2::uuid[])
"""


async def live_standings(database: Database, store_id: StoreId, visitors: Collection[UUID]) -> dict[UUID, LiveStanding]:
    """Of those that stand out only."""
    if not visitors:
        return {}
    async with database.pool.acquire() as connection:
        rows = await connection.fetch(_WHO, store_id, list(visitors))
        asked = [
            Listable(
                customer=str(row["customer"]) if row["customer"] is not None else None,
                shop_customer=row["shopify_id"],
                email=row["email"],
                phone=row["phone"],
                ip=row["ip"],
                devices=(str(row["device"]), row["fingerprint"]) if row["device"] is not None else (),
            )
            for row in rows
        ]
        found = await fitting_entries(connection, store_id, asked, datetime.now(UTC))
    standings = {
        row["id"]: LiveStanding(bool(row["is_blocked"]), tuple(":".join(name) for name in names_of(hits)))
        for row, hits in zip(rows, found, strict=True)
    }
    return {visitor: standing for visitor, standing in standings.items() if standing != NOTHING}
