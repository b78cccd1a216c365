"""Labels the shop's own rows tell: disputes, orders cancelled as fraud, refunds for fraud, and silence past the window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import StoreId
from shopwarden.store.fraud_sql import CONFIRMS, NOW

# A question, or a claim about the goods that was not won, is no word on who ordered.
WANTED = f"""
SELECT 'dispute' AS source, external_id AS subject, order_external_id,
       CASE WHEN {CONFIRMS} THEN 'fraud'
            WHEN status = 'won' AND kind IS DISTINCT FROM 'inquiry' THEN 'legitimate' END AS label,
       reason AS reason_code, amount, currency, coalesce(initiated_at, updated_at) AS event_at,
       least(updated_at, {NOW}) AS known_at
  FROM disputes WHERE store_id = $1 AND order_external_id = ANY($2)
UNION ALL
SELECT 'cancellation', external_id, external_id, CASE cancel_reason WHEN 'fraud' THEN 'fraud' END, cancel_reason, total,
       currency, coalesce(cancelled_at, updated_at), least(coalesce(cancelled_at, updated_at), {NOW})
  FROM orders WHERE store_id = $1 AND source = 'shopify' AND external_id = ANY($2) AND NOT is_test
UNION ALL
SELECT 'refund', external_id, order_external_id, CASE WHEN note ILIKE '%fraud%' THEN 'fraud' END, NULL, amount, currency,
       created_at, least(created_at, {NOW})
  FROM refunds WHERE store_id = $1 AND order_external_id = ANY($2)
"""  # noqa: S608 - SQL of our own
"""What the rows of the orders $2 of the store $1 say by now; label NULL where they say nothing."""

# What a dispute says can turn: the label it turned from is withdrawn from then on, and was right until then.
_SETTLE = f"""
WITH wanted AS MATERIALIZED ({WANTED}),
standing AS MATERIALIZED (
  SELECT id, source, split_part(reference, '|', 1) AS subject, label, known_at FROM labels
   WHERE store_id = $1 AND order_external_id = ANY($2) AND source IN ('dispute', 'cancellation', 'refund')
     AND withdrawn_at IS NULL),
turned AS (
  UPDATE labels l SET withdrawn_at = greatest(w.known_at, s.known_at), withdrawn_by = 'shopify'
    FROM standing s JOIN wanted w USING (source, subject)
   WHERE l.store_id = $1 AND l.id = s.id AND w.label IS DISTINCT FROM s.label),
written AS (
  INSERT INTO labels (store_id, id, order_external_id, order_id, customer_id, label, source, reference, reason_code, amount,
                      currency, event_at, known_at, created_by, created_at)
  SELECT $1, gen_random_uuid(), w.order_external_id, o.id, o.customer_id, w.label, w.source,
         w.subject || '|' || w.label || '|' || extract(epoch FROM w.known_at)::text, w.reason_code, w.amount, w.currency,
         w.event_at, w.known_at, 'shopify', {NOW}
    FROM wanted w LEFT JOIN orders o ON o.store_id = $1 AND o.source = 'shopify' AND o.external_id = w.order_external_id
   WHERE w.label IS NOT NULL AND NOT EXISTS (
     SELECT FROM standing s WHERE s.source = w.source AND s.subject = w.subject AND s.label = w.label)
  ON CONFLICT (store_id, source, reference) DO NOTHING)
UPDATE labels l SET order_id = o.id, customer_id = o.customer_id FROM orders o
 WHERE l.store_id = $1 AND l.order_external_id = ANY($2)
   AND (l.order_id, l.customer_id) IS DISTINCT FROM (o.id, o.customer_id)
   AND o.store_id = $1 AND o.source = 'shopify' AND o.external_id = l.order_external_id
"""  # noqa: S608 - SQL of our own


async def settle_outcomes(connection: asyncpg.Connection, store_id: StoreId, order_external_ids: Iterable[str]) -> None:
    """Makes the labels of these orders say what the shop's rows of them say; any number of times with the same result.
    Labels told before their order find it now."""
    await connection.execute(_SETTLE, store_id, list(order_external_ids))


PAGE = 5_000
# An order that was paid and neither cancelled, disputed nor paid back for fraud, and whose window for a chargeback is over.
_GOOD = f"""
WITH shop AS (
  SELECT make_interval(days => CASE WHEN jsonb_typeof(settings -> 'chargeback_window_days') = 'number'
    THEN least(400, greatest(1, (settings ->> 'chargeback_window_days')::numeric))::int ELSE $5::int END) AS span
    FROM stores WHERE id = $1),
page AS MATERIALIZED (
  SELECT * FROM orders o WHERE store_id = $1 AND (created_at, id) > ($2, $3)
     AND created_at < {NOW} - (SELECT span FROM shop)
   ORDER BY created_at, id LIMIT $4),
written AS (
  INSERT INTO labels (store_id, id, order_external_id, order_id, customer_id, label, source, reference, amount, currency,
                      event_at, known_at, created_by, created_at)
  SELECT $1, gen_random_uuid(), o.external_id, o.id, o.customer_id, 'legitimate', 'delivered', o.external_id, o.total,
         o.currency, o.created_at + (SELECT span FROM shop), o.created_at + (SELECT span FROM shop), 'system', {NOW}
    FROM page o
   WHERE o.source = 'shopify' AND NOT o.is_test AND o.cancelled_at IS NULL
     AND o.financial_status IN ('paid', 'partially_refunded')
     AND NOT EXISTS (SELECT FROM disputes d WHERE d.store_id = $1 AND d.order_external_id = o.external_id)
     AND NOT EXISTS (SELECT FROM labels l WHERE l.store_id = $1 AND l.order_external_id = o.external_id
                        AND (l.label = 'fraud' AND l.withdrawn_at IS NULL OR l.source = 'delivered'))
  ON CONFLICT (store_id, source, reference) DO NOTHING RETURNING id)
SELECT (SELECT count(*) FROM written) AS written, last.created_at, last.id
  FROM (SELECT created_at, id FROM page ORDER BY created_at DESC, id DESC LIMIT 1) AS last
"""  # noqa: S608 - SQL of our own

LONG_AGO = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


async def confirm_good_orders(
    connection: asyncpg.Connection, store_id: StoreId, after: tuple[datetime, UUID], default_window: timedelta
) -> tuple[int, tuple[datetime, UUID] | None]:
    """Labels the good ones among the next PAGE orders past the window; how many, and where to go on (None: at the end)."""
    row = await connection.fetchrow(_GOOD, store_id, *after, PAGE, default_window.days)
    return (0, None) if row is None else (row["written"], (row["created_at"], row["id"]))
