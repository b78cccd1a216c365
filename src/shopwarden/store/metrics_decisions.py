"""Orders of a time counted by who ordered, what was advised first, and what they turned out to be as known at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shopwarden.domain.decision_quality import Tally
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import is_known, told_orders
from shopwarden.store.metrics_reading import read_rows

MOST_DAYS_BY_DAY = timedelta(days=62)

# The first advice is what the customer met. Suspicions are advice again and prove nothing, so they are no outcome here.
# What makes a customer known is older than a week: fraud with a taken account is sooner.
_TALLIES = f"""
WITH placed AS MATERIALIZED (
  SELECT o.id, o.external_id, o.created_at, o.customer_id, o.device_id, o.shipping_key, o.browser_ip, o.total,
         o.currency = s.currency AS is_ours,
         CASE WHEN d.told IS NOT NULL THEN CASE d.told WHEN 'fraud' THEN 'fraud' ELSE 'good' END
              WHEN d.is_confirming OR o.cancel_reason = 'fraud' AND coalesce(o.cancelled_at, o.updated_at) <= $4 THEN 'fraud'
              WHEN EXISTS (SELECT FROM labels l WHERE l.store_id = $1 AND l.order_external_id = o.external_id
                              AND l.source = 'delivered' AND {is_known("l", "$4")}) THEN 'good'
              ELSE 'unknown' END AS outcome
    FROM orders o JOIN stores s ON s.id = o.store_id
    LEFT JOIN ({told_orders("$4")}) AS d ON d.external_id = o.external_id
   WHERE o.store_id = $1 AND o.created_at >= $2 AND o.created_at < least($3::timestamptz, $4::timestamptz)
     AND NOT o.is_test AND o.source <> 'check'),
met AS (
  SELECT placed.*, first.advice, coalesce(history.orders, 0) > 0 AS has_ordered, coalesce(history.device, false) AS device,
         coalesce(history.address, false) AS address, coalesce(history.ip, false) AS ip
    FROM placed
    LEFT JOIN LATERAL (
      SELECT v.advice FROM verdicts v
       WHERE v.store_id = $1 AND v.subject = 'order' AND v.subject_id = placed.id AND v.created_at <= $4
       ORDER BY v.created_at, v.id LIMIT 1) first ON true
    LEFT JOIN LATERAL (
      SELECT count(*) AS orders, bool_or(e.is_old AND e.device_id = placed.device_id) AS device,
             bool_or(e.is_old AND e.shipping_key = placed.shipping_key) AS address,
             bool_or(e.is_old AND e.browser_ip = placed.browser_ip) AS ip
        FROM (SELECT o.device_id, o.shipping_key, o.browser_ip,
                     o.created_at < placed.created_at - interval '7 days' AS is_old
                FROM orders o WHERE o.store_id = $1 AND o.customer_id = placed.customer_id
                 AND o.created_at < placed.created_at AND NOT o.is_test AND o.source <> 'check'
               ORDER BY o.created_at DESC LIMIT 100) e) history ON placed.customer_id IS NOT NULL)
SELECT date_trunc($5, created_at, 'UTC') AS start, advice, outcome, count(*) AS orders,
       CASE WHEN device OR address OR ip THEN 'recognised' WHEN has_ordered THEN 'returning' ELSE 'new' END AS standing,
       coalesce(sum(total) FILTER (WHERE is_ours), 0) AS money, count(*) FILTER (WHERE device) AS by_device,
       count(*) FILTER (WHERE address) AS by_address, count(*) FILTER (WHERE ip) AS by_ip
  FROM met GROUP BY start, advice, outcome, standing
"""  # noqa: S608 - SQL of our own


async def tallies(database: Database, store_id: StoreId, period: Period, known_at: datetime) -> list[Tally]:
    """Of the orders made in the period, and before `known_at`: nothing that was known only after it counts."""
    step = "day" if period.until - period.since <= MOST_DAYS_BY_DAY else "week"
    rows = await read_rows(database, _TALLIES, store_id, period.since, period.until, known_at, step)
    return [msgspec.convert(dict(row), Tally) for row in rows]


async def currency_of(database: Database, store_id: StoreId) -> str:
    return str(await database.pool.fetchval("SELECT currency FROM stores WHERE id = $1", store_id))
