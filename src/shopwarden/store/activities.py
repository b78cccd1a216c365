"""What customers did according to the shop, as activities: written from the rows that tell it, so that they always agree."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import StoreId, stable_id

SOURCE = "shopify"

# Each query answers (type, key, at, customer_id, ip, session_id, visitor_id, device_id, data).
_OF_ORDERS = """
WITH o AS (SELECT * FROM orders WHERE store_id = $1 AND id = ANY($2) AND version <> '')
SELECT 'order' AS type, o.external_id AS key, o.created_at AS at, o.customer_id, o.browser_ip AS ip, o.session_id,
       o.visitor_id, o.device_id, jsonb_build_object('order_id', o.external_id, 'name', o.name, 'total', o.total::text,
       'currency', o.currency, 'items', o.item_count, 'financial_status', o.financial_status) AS data FROM o
UNION ALL
SELECT 'order_cancelled', o.external_id, o.cancelled_at, o.customer_id, NULL, NULL, NULL, NULL,
       jsonb_build_object('order_id', o.external_id, 'name', o.name, 'reason', o.cancel_reason)
FROM o WHERE o.cancelled_at IS NOT NULL
UNION ALL
SELECT 'refund', r.external_id, r.created_at, o.customer_id, NULL, NULL, NULL, NULL,
       jsonb_build_object('order_id', o.external_id, 'name', o.name, 'amount', r.amount::text, 'currency', r.currency)
FROM o JOIN refunds r ON r.store_id = $1 AND r.order_external_id = o.external_id
UNION ALL
SELECT 'dispute', d.external_id, coalesce(d.initiated_at, d.updated_at), o.customer_id, NULL, NULL, NULL, NULL,
       jsonb_build_object('order_id', o.external_id, 'name', o.name, 'amount', d.amount::text, 'currency', d.currency,
       'kind', d.kind, 'reason', d.reason, 'status', d.status)
FROM o JOIN disputes d ON d.store_id = $1 AND d.order_external_id = o.external_id
UNION ALL
SELECT 'payment_failed', a.external_id, a.at, a.customer_id, a.ip, NULL, a.visitor_id, a.device_id,
       jsonb_build_object('order_id', o.external_id, 'name', o.name, 'amount', a.amount::text, 'currency', a.currency,
       'gateway', a.gateway, 'error_code', a.error_code)
FROM o JOIN payment_attempts a ON a.store_id = $1 AND a.order_external_id = o.external_id AND a.status = 'failed'
"""

_OF_CHECKOUTS = """
SELECT 'checkout_started' AS type, token AS key, created_at AS at, customer_id, NULL::inet AS ip, NULL::uuid AS session_id,
       NULL::uuid AS visitor_id, NULL::uuid AS device_id, jsonb_build_object('checkout_token', token,
       'cart_token', cart_token, 'total', total::text, 'currency', currency, 'items', jsonb_array_length(line_items)) AS data
FROM checkouts WHERE store_id = $1 AND id = ANY($2)
"""

_OF_CARTS = """
SELECT 'cart_updated' AS type, token AS key, updated_at AS at, customer_id, NULL::inet AS ip, NULL::uuid AS session_id,
       NULL::uuid AS visitor_id, NULL::uuid AS device_id, jsonb_build_object('cart_token', token, 'items', item_count,
       'total', total::text, 'currency', currency) AS data
FROM carts WHERE store_id = $1 AND id = ANY($2)
"""

_OF_CUSTOMERS = """
SELECT 'customer_created' AS type, shopify_id AS key, created_at AS at, id AS customer_id, NULL::inet AS ip,
       NULL::uuid AS session_id, NULL::uuid AS visitor_id, NULL::uuid AS device_id,
       jsonb_build_object('shopify_id', shopify_id) AS data
FROM customers WHERE store_id = $1 AND id = ANY($2) AND shopify_id IS NOT NULL
"""

_WRITE = """
INSERT INTO customer_activities
    (store_id, id, created_at, customer_id, activity_type, activity_data, ip_address, session_id, visitor_id, device_id,
     source)
SELECT $1, w.*, $11 FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::jsonb[], $7::inet[], $8::uuid[],
                                $9::uuid[], $10::uuid[]) AS w
"""


async def write_order_activities(connection: asyncpg.Connection, store_id: StoreId, order_ids: Iterable[UUID]) -> None:
    """Orders, their cancellations, refunds, disputes and failed payments."""
    await _rewrite(connection, store_id, await connection.fetch(_OF_ORDERS, store_id, list(order_ids)))


async def write_checkout_activities(connection: asyncpg.Connection, store_id: StoreId, ids: Iterable[UUID]) -> None:
    await _rewrite(connection, store_id, await connection.fetch(_OF_CHECKOUTS, store_id, list(ids)))


async def write_cart_activities(connection: asyncpg.Connection, store_id: StoreId, ids: Iterable[UUID]) -> None:
    await _rewrite(connection, store_id, await connection.fetch(_OF_CARTS, store_id, list(ids)))


async def write_customer_activities(connection: asyncpg.Connection, store_id: StoreId, ids: Iterable[UUID]) -> None:
    await _rewrite(connection, store_id, await connection.fetch(_OF_CUSTOMERS, store_id, list(ids)))


async def _rewrite(connection: asyncpg.Connection, store_id: StoreId, rows: list[asyncpg.Record]) -> None:
    """Replaces the activities of these things. Their ids follow from what they tell of, so nothing is ever there twice."""
    if not rows:
        return
    ids = [stable_id(SOURCE, row["type"], row["key"]) for row in rows]
    # An activity's time is part of its key: one that is told anew with another time must not leave the old one behind.
    await connection.execute("DELETE FROM customer_activities WHERE store_id = $1 AND id = ANY($2)", store_id, ids)
    await connection.execute(
        _WRITE,
        store_id,
        ids,
        [row["at"] for row in rows],
        [row["customer_id"] for row in rows],
        [row["type"] for row in rows],
        [row["data"] for row in rows],
        [row["ip"] for row in rows],
        [row["session_id"] for row in rows],
        [row["visitor_id"] for row in rows],
        [row["device_id"] for row in rows],
        SOURCE,
    )
