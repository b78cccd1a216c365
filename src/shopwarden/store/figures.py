"""Figures of a customer that follow from orders, refunds and checkouts: computed from all of them, never added up."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import CustomerId, StoreId

# What the shop states may reach back before the first order known here, so the greater of the two figures counts. Only
# money in the customer's own currency is summed, and an order that was only asked about (source check) is no purchase.
# Every value is a function of what is stored, whatever came first.
_REFRESH = """
WITH mine AS (
    SELECT o.customer_id, o.created_at, o.external_id, o.currency, o.total, o.cancelled_at,
           o.financial_status IN ('paid', 'partially_paid', 'partially_refunded', 'refunded') AS is_paid,
           coalesce(o.shipping_address ->> 'country_code', o.billing_address ->> 'country_code') AS country
    FROM orders o WHERE o.store_id = $1 AND o.customer_id = ANY($2) AND NOT o.is_test AND o.source <> 'check'
), named AS (
    SELECT DISTINCT ON (customer_id) customer_id, currency FROM mine WHERE currency IS NOT NULL
    ORDER BY customer_id, created_at DESC, external_id DESC
), placed AS (
    SELECT DISTINCT ON (customer_id) customer_id, country FROM mine WHERE country IS NOT NULL
    ORDER BY customer_id, created_at DESC, external_id DESC
), latest AS (
    SELECT c.id, coalesce(CASE WHEN c.provenance ? 'currency' THEN c.currency END, n.currency, s.currency) AS currency,
        coalesce(CASE WHEN c.provenance ? 'country_code' THEN c.country_code END, p.country) AS country
    FROM customers c JOIN stores s ON s.id = c.store_id LEFT JOIN named n ON n.customer_id = c.id
    LEFT JOIN placed p ON p.customer_id = c.id WHERE c.store_id = $1 AND c.id = ANY($2)
), bought AS (
    SELECT l.id, count(*) FILTER (WHERE m.cancelled_at IS NULL) AS orders,
        coalesce(sum(m.total) FILTER (WHERE m.cancelled_at IS NULL AND m.is_paid
                                      AND coalesce(m.currency, l.currency) = l.currency), 0) AS spent,
        min(m.created_at) FILTER (WHERE m.cancelled_at IS NULL) AS first,
        max(m.created_at) FILTER (WHERE m.cancelled_at IS NULL) AS last, max(m.created_at) AS active
    FROM latest l JOIN mine m ON m.customer_id = l.id GROUP BY l.id
), returned AS (
    SELECT l.id, sum(r.amount) AS amount FROM latest l JOIN mine m ON m.customer_id = l.id
    JOIN refunds r ON r.store_id = $1 AND r.order_external_id = m.external_id
    WHERE coalesce(r.currency, l.currency) = l.currency GROUP BY l.id
), started AS (
    SELECT k.customer_id AS id, count(*) FILTER (WHERE k.is_abandoned) AS abandoned,
        max(k.updated_at) FILTER (WHERE k.is_abandoned) AS last, max(k.updated_at) AS active
    FROM checkouts k WHERE k.store_id = $1 AND k.customer_id = ANY($2) GROUP BY k.customer_id
), visited AS (
    SELECT v.customer_id AS id, max(v.last_seen) AS active
    FROM visitors v WHERE v.store_id = $1 AND v.customer_id = ANY($2) GROUP BY v.customer_id
), figures AS (
    SELECT l.id, l.currency, l.country, b.first, b.last,
        greatest(c.stated_orders_count, b.orders, 0) AS orders,
        least(greatest(c.stated_total_spent, b.spent, 0), 99999999.99) AS spent,
        coalesce(r.amount, 0) AS returned,
        coalesce(k.abandoned, 0) AS abandoned, k.last AS last_abandoned,
        greatest(b.active, k.active, v.active) AS active
    FROM latest l JOIN customers c ON c.store_id = $1 AND c.id = l.id LEFT JOIN bought b ON b.id = l.id
    LEFT JOIN returned r ON r.id = l.id LEFT JOIN started k ON k.id = l.id LEFT JOIN visited v ON v.id = l.id
)
UPDATE customers c SET currency = f.currency, country_code = left(f.country, 2), orders_count = f.orders,
    total_spent = f.spent,
    average_order_value = CASE WHEN f.orders > 0 THEN round(f.spent / f.orders, 2) END,
    lifetime_value = greatest(f.spent - f.returned, 0),
    first_purchase_at = f.first, last_purchase_at = f.last,
    abandoned_checkouts_count = f.abandoned, last_abandoned_checkout_at = f.last_abandoned,
    last_active_at = f.active
FROM figures f WHERE c.store_id = $1 AND c.id = f.id
"""

# Whose a cart or a payment attempt is follows from the order made of it, a cart's else from the checkout.
_CARTS = """
UPDATE carts k SET customer_id = f.customer_id FROM (
    SELECT c.token, (
        SELECT t.customer_id FROM (
            SELECT customer_id, 0 AS rank, created_at FROM orders
            WHERE store_id = $1 AND cart_token = c.token AND customer_id IS NOT NULL
            UNION ALL SELECT customer_id, 1, created_at FROM checkouts
            WHERE store_id = $1 AND cart_token = c.token AND customer_id IS NOT NULL) AS t
        ORDER BY t.rank, t.created_at DESC, t.customer_id LIMIT 1) AS customer_id
    FROM carts c WHERE c.store_id = $1 AND c.token = ANY($2)) AS f
WHERE k.store_id = $1 AND k.token = f.token AND k.customer_id IS DISTINCT FROM f.customer_id
RETURNING k.id
"""

_ATTEMPTS = """
UPDATE payment_attempts a SET order_id = o.id, customer_id = o.customer_id, ip = o.browser_ip, email = o.email,
    checkout_token = o.checkout_token
FROM orders o
WHERE a.store_id = $1 AND o.store_id = $1 AND o.source = 'shopify' AND o.external_id = ANY($2)
    AND a.order_external_id = o.external_id
    AND (a.order_id, a.customer_id, a.ip, a.email, a.checkout_token)
        IS DISTINCT FROM (o.id, o.customer_id, o.browser_ip, o.email, o.checkout_token)
"""


async def refresh_figures(connection: asyncpg.Connection, store_id: StoreId, customer_ids: Iterable[CustomerId]) -> None:
    """Counts, sums and times of these customers, from all their orders, refunds, checkouts and visitors."""
    await connection.execute(_REFRESH, store_id, list(customer_ids))


async def settle_carts(connection: asyncpg.Connection, store_id: StoreId, tokens: Iterable[str]) -> list[UUID]:
    """Sets whose the carts with these tokens are; answers the ids of carts that changed hands."""
    rows = await connection.fetch(_CARTS, store_id, list(tokens))
    return [row["id"] for row in rows]


async def settle_attempts(connection: asyncpg.Connection, store_id: StoreId, order_external_ids: Iterable[str]) -> None:
    """Ties payment attempts to their orders, and so to their customers."""
    await connection.execute(_ATTEMPTS, store_id, list(order_external_ids))
