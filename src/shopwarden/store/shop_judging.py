"""Which customers and orders of a shop that was read were never judged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shopwarden.contracts.job import RISK_ANALYSIS
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.store.database import Connection

_CUSTOMERS = """
SELECT id FROM customers c WHERE store_id = $1 AND id > $2 AND shopify_id IS NOT NULL AND deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM verdicts v WHERE v.store_id = $1 AND v.subject = 'customer' AND v.subject_id = c.id)
 ORDER BY id LIMIT $3
"""
_ORDERS = """
SELECT id FROM orders WHERE store_id = $1 AND id > $2 AND source = 'shopify' AND version <> '' AND verdict_id IS NULL
   AND created_at > $4 AND cancelled_at IS NULL AND NOT is_test AND coalesce(fulfillment_status, '') = ANY('{"", "partial"}')
 ORDER BY id LIMIT $3
"""
_OPEN = """
SELECT id FROM orders WHERE store_id = $1 AND id = ANY($2) AND created_at > $3 ORDER BY id
"""
_WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE store_id = $1 AND queue = $2 AND subject = $3 AND state <> 'dead')"


async def customers_to_judge(connection: Connection, store_id: StoreId, after: UUID, most: int) -> list[CustomerId]:
    """Customers of the shop without a verdict, by id, from behind `after` on."""
    return [CustomerId(row["id"]) for row in await connection.fetch(_CUSTOMERS, store_id, after, most)]


async def orders_to_judge(
    connection: Connection, store_id: StoreId, after: UUID, most: int, since: datetime
) -> list[OrderId]:
    """Orders that are still to be sent, made after `since` and without a verdict, by id, from behind `after` on."""
    return [OrderId(row["id"]) for row in await connection.fetch(_ORDERS, store_id, after, most, since)]


async def recent_orders(
    connection: Connection, store_id: StoreId, order_ids: list[OrderId], since: datetime
) -> list[OrderId]:
    """Those of the orders that were made after `since`."""
    return [OrderId(row["id"]) for row in await connection.fetch(_OPEN, store_id, order_ids, since)]


async def list_waits(connection: Connection, store_id: StoreId, subject: str) -> bool:
    """Whether a list of the store is still being judged."""
    waits: bool = await connection.fetchval(_WAITING, store_id, RISK_ANALYSIS, subject)
    return waits
