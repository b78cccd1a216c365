"""What labels change elsewhere: strong devices that orders now known as fraud came from carry a mark."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from shopwarden.domain.ids import StoreId
from shopwarden.store.fraud_sql import told_orders

# Only where somebody told something of these orders: most webhooks are of orders nobody has a word about.
_TOUCHED = """
SELECT DISTINCT d.id FROM orders o
  JOIN devices d ON d.store_id = $1 AND d.id = o.device_id AND d.is_strong
 WHERE o.store_id = $1 AND o.source = 'shopify' AND o.external_id = ANY($2)
   AND (EXISTS (SELECT FROM labels l WHERE l.store_id = $1 AND l.order_external_id = o.external_id
                   AND l.source <> 'delivered')
     OR EXISTS (SELECT FROM disputes t WHERE t.store_id = $1 AND t.order_external_id = o.external_id))
"""

# All orders of each device decide, not only those named: one fraud marks it, and the last one taken back clears it.
_MARK = f"""
UPDATE devices d SET seen_in_fraud = f.is_fraud FROM (
    SELECT o.device_id AS id, bool_or(coalesce(t.told = 'fraud', t.is_confirming, false)) AS is_fraud
      FROM orders o
      LEFT JOIN LATERAL (SELECT * FROM ({told_orders()}) AS one WHERE one.external_id = o.external_id) AS t ON true
     WHERE o.store_id = $1 AND NOT o.is_test AND o.device_id = ANY($2)
     GROUP BY o.device_id) AS f
 WHERE d.store_id = $1 AND d.id = f.id AND d.seen_in_fraud <> f.is_fraud
"""  # noqa: S608 - SQL of our own


async def mark_devices(connection: asyncpg.Connection, store_id: StoreId, order_external_ids: Iterable[str]) -> None:
    """Marks the strong devices of these orders that an order confirmed as fraud came from, by labels and disputes as known
    now; takes the mark back where none is left."""
    named = list(order_external_ids)
    touched = await connection.fetch(_TOUCHED, store_id, named) if named else ()
    if touched:
        await connection.execute(_MARK, store_id, [row["id"] for row in touched])
