"""What is watched in a store, counted: failed payments, suspicious visits, busy sources, webhooks, vendors, scores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.waves import BusySource, Refusals, Scores, Silence, VendorTrouble, Visits

WINDOWS = 144
"""Of ten minutes: the last of them and the day before it."""
DAYS = 14
LONGEST_SILENCE = timedelta(days=2)
MOST_SOURCES = 20
MOST_ORDERS = 20

# Found through an index on the store and the time; a moment in the future is some browser's wrong clock.
_REFUSALS = """
WITH failed AS MATERIALIZED (
  SELECT floor(extract(epoch FROM $2::timestamptz - at) / 600)::int AS n, card_key, ip, visitor_id, amount
    FROM payment_attempts
   WHERE store_id = $1 AND at > $2::timestamptz - interval '1 day' AND at <= $2 AND status = 'failed')
SELECT n, count(*) AS many, NULL::bigint AS cards, NULL::bigint AS ips, NULL::bigint AS visitors, NULL::numeric AS amount
  FROM failed WHERE n > 0 GROUP BY n
UNION ALL
SELECT 0, count(*), count(DISTINCT card_key), count(DISTINCT ip), count(DISTINCT visitor_id),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY amount) FROM failed WHERE n = 0
"""

_VISITS = """
WITH suspicious AS MATERIALIZED (
  SELECT floor(extract(epoch FROM $2::timestamptz - started_at) / 600)::int AS n, ip FROM sessions
   WHERE store_id = $1 AND started_at > $2::timestamptz - interval '1 day' AND started_at <= $2
     AND patterns <> '{}' AND patterns && $3)
SELECT n, count(*) AS many, NULL::bigint AS ips FROM suspicious WHERE n > 0 GROUP BY n
UNION ALL SELECT 0, count(*), count(DISTINCT ip) FROM suspicious WHERE n = 0
"""

_BUSY = """
WITH lately AS MATERIALIZED (
  SELECT o.id, host(o.browser_ip) AS ip, CASE WHEN d.is_strong THEN o.device_id::text END AS device, o.card_key AS card,
         coalesce(o.customer_id::text, lower(o.email)) AS customer
    FROM orders o LEFT JOIN devices d ON d.store_id = o.store_id AND d.id = o.device_id
   WHERE o.store_id = $1 AND o.created_at > $2::timestamptz - interval '1 hour' AND o.created_at <= $2
     AND NOT o.is_test AND o.source <> 'check'),
sources AS (
  SELECT s.kind, s.value, count(*) AS orders, count(DISTINCT l.customer) AS customers, array_agg(l.id ORDER BY l.id) AS ids
    FROM lately l CROSS JOIN LATERAL (VALUES ('ip', l.ip), ('device', l.device), ('card', l.card)) AS s (kind, value)
   WHERE s.value IS NOT NULL GROUP BY s.kind, s.value
  HAVING count(*) >= $4 OR count(DISTINCT l.customer) >= $3)
SELECT s.*, c.people FROM sources s
  LEFT JOIN crowds c ON c.store_id = $1 AND c.kind = s.kind AND c.value = s.value
 ORDER BY s.customers DESC, s.orders DESC, s.kind, s.value LIMIT $5
"""

_LAST_HEARD = """
SELECT source, last_at FROM (
  SELECT source, (SELECT received_at FROM inbox i WHERE i.store_id = $1 AND i.source = w.source
                   ORDER BY received_at DESC LIMIT 1) AS last_at
    FROM (SELECT DISTINCT source FROM webhook_counts WHERE store_id = $1) w) s
 WHERE last_at IS NOT NULL AND last_at BETWEEN $2 AND $3
"""

_SAME_HOURS = """
SELECT (SELECT count(*) FROM inbox WHERE store_id = $1 AND source = $2
          AND received_at > $3::timestamptz - day * interval '1 day'
          AND received_at <= $4::timestamptz - day * interval '1 day') AS many
  FROM generate_series(1, $5::int) AS day
"""

_VENDORS = """
SELECT vendor, last_fault_kind AS kind, coalesce(last_fault_at, open_until) AS since, open_until FROM vendor_accounts
 WHERE store_id = $1 AND is_on AND (open_until > $2
    OR (last_fault_kind = ANY($3) AND last_fault_at > coalesce(last_answer_at, '-infinity')
        AND last_fault_at > $2::timestamptz - interval '1 day'))
 ORDER BY vendor
"""

_SCORES = """
SELECT created_at >= $2::timestamptz - interval '1 day' AS is_now, least(score / 10, 9) AS class, count(*) AS many
  FROM verdicts WHERE store_id = $1 AND subject = 'order' AND trigger <> 'recalculation'
   AND created_at >= $2::timestamptz - interval '29 days' AND created_at <= $2
 GROUP BY 1, 2
"""

_CONTEXT = """
SELECT v.is_bot, (SELECT settings FROM stores WHERE id = $1) AS settings,
       (SELECT count(*) FROM (SELECT FROM alerts WHERE store_id = $1 AND kind = 'behaviour' AND last_at > $3
          AND subject_id <> $2::text LIMIT $4) a) AS lately
  FROM visitors v WHERE v.store_id = $1 AND v.id = $2::uuid
"""


_OVER = """
SELECT a.group_key FROM alerts a WHERE a.store_id = $1 AND a.state <> 'resolved' AND (
   (a.kind = 'webhook_silence' AND EXISTS (SELECT FROM inbox i
      WHERE i.store_id = $1 AND i.source = a.subject_id AND i.received_at > a.last_at AND i.received_at <= $2))
   OR (a.kind = 'vendor_outage' AND EXISTS (SELECT FROM vendor_accounts v
      WHERE v.store_id = $1 AND v.vendor = a.subject_id AND (NOT v.is_on OR v.last_answer_at > a.last_at)
        AND coalesce(v.open_until <= $2, true))))
"""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Beside what a job says of a visitor. `lately`: other visitors with alerts within the time, as far as counted."""

    is_crawler: bool
    settings: dict[str, object]
    lately: int


async def visitor_context(
    connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID, since: datetime, most: int
) -> Context | None:
    """None where the visitor is gone."""
    row = await connection.fetchrow(_CONTEXT, store_id, str(visitor_id), since, most)
    return None if row is None else Context(is_crawler=row["is_bot"], settings=row["settings"], lately=row["lately"])


def _past(rows: Iterable[asyncpg.Record]) -> list[int]:
    many = {row["n"]: row["many"] for row in rows}
    return [many.get(n, 0) for n in range(1, WINDOWS)]


async def read_refusals(connection: asyncpg.Connection, store_id: StoreId, at: datetime) -> Refusals:
    rows = await connection.fetch(_REFUSALS, store_id, at)
    now = next(row for row in rows if row["n"] == 0)
    return Refusals(
        now=now["many"], past=_past(rows), cards=now["cards"], addresses=now["ips"], visitors=now["visitors"],
        usual_amount=now["amount"],
    )  # fmt: skip


async def read_visits(connection: asyncpg.Connection, store_id: StoreId, at: datetime, patterns: Iterable[str]) -> Visits:
    """Visits with at least one of the patterns."""
    rows = await connection.fetch(_VISITS, store_id, at, sorted(patterns))
    now = next(row for row in rows if row["n"] == 0)
    return Visits(now=now["many"], past=_past(rows), addresses=now["ips"])


async def read_busy_sources(
    connection: asyncpg.Connection, store_id: StoreId, at: datetime, customers: int, orders: int
) -> list[BusySource]:
    """Sources with at least so many customers or orders within the hour, the busiest first."""
    rows = await connection.fetch(_BUSY, store_id, at, customers, orders, MOST_SOURCES)
    return [
        BusySource(
            kind=row["kind"], value=row["value"], orders=row["orders"], customers=row["customers"], people=row["people"],
            order_ids=row["ids"][-MOST_ORDERS:],
        )
        for row in rows
    ]  # fmt: skip


async def read_silences(connection: asyncpg.Connection, store_id: StoreId, at: datetime, quiet: timedelta) -> list[Silence]:
    """Webhook sources last heard of at least `quiet` and at most two days ago."""
    rows = await connection.fetch(_LAST_HEARD, store_id, at - LONGEST_SILENCE, at - quiet)
    found = []
    for row in rows:
        same = await connection.fetch(_SAME_HOURS, store_id, row["source"], row["last_at"], at, DAYS)
        found.append(Silence(source=row["source"], last_at=row["last_at"], past=[one["many"] for one in same]))
    return found


async def read_vendor_troubles(
    connection: asyncpg.Connection, store_id: StoreId, at: datetime, lasting: Iterable[str]
) -> list[VendorTrouble]:
    """Vendors whose breaker is open, or that failed today, and not answered since, in one of the `lasting` ways."""
    rows = await connection.fetch(_VENDORS, store_id, at, sorted(lasting))
    return [VendorTrouble(**row) for row in rows]


async def read_scores(connection: asyncpg.Connection, store_id: StoreId, at: datetime) -> Scores:
    now, before = [0] * 10, [0] * 10
    for row in await connection.fetch(_SCORES, store_id, at):
        (now if row["is_now"] else before)[row["class"]] = row["many"]
    return Scores(now=now, before=before)


async def read_over(connection: asyncpg.Connection, store_id: StoreId, at: datetime) -> list[str]:
    """Group keys of open alerts about webhooks that came again and vendors that answered again since."""
    return [row["group_key"] for row in await connection.fetch(_OVER, store_id, at)]
