"""Which checkouts were abandoned: open, without an order, and left alone for an hour of the shop's own time."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from shopwarden.domain.ids import CustomerId, StoreId

# An order that names the checkout completes it, whether or not the shop says so on the checkout too.
_COMPLETE = """
UPDATE checkouts c SET completed_at = o.created_at
FROM (SELECT checkout_token, min(created_at) AS created_at FROM orders
      WHERE store_id = $1 AND checkout_token = ANY($2) AND source <> 'check' GROUP BY checkout_token) AS o
WHERE c.store_id = $1 AND c.token = o.checkout_token AND c.completed_at IS NULL
"""

# The newest order or checkout tells the time: the clock on the wall would make the result depend on when events arrive.
_SETTLE = """
WITH clock AS (
    SELECT greatest((SELECT max(created_at) FROM orders WHERE store_id = $1),
                    (SELECT max(updated_at) FROM checkouts WHERE store_id = $1)) - interval '1 hour' AS idle_since)
UPDATE checkouts c SET is_abandoned = c.completed_at IS NULL AND c.updated_at < clock.idle_since
FROM clock
WHERE c.store_id = $1
  AND (c.token = ANY($2) OR (c.completed_at IS NULL AND NOT c.is_abandoned AND c.updated_at < clock.idle_since))
  AND c.is_abandoned <> (c.completed_at IS NULL AND c.updated_at < clock.idle_since)
RETURNING c.customer_id
"""


async def settle_checkouts(connection: asyncpg.Connection, store_id: StoreId, tokens: Iterable[str]) -> set[CustomerId]:
    """Says of these checkouts, and of all that have been idle long enough by now, whether they are abandoned.

    Answers the customers for whom that changed something.
    """
    listed = list(tokens)
    if listed:
        await connection.execute(_COMPLETE, store_id, listed)
    rows = await connection.fetch(_SETTLE, store_id, listed)
    return {CustomerId(row["customer_id"]) for row in rows if row["customer_id"]}
