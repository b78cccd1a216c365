"""Visitors who ordered, of those who came, by source, country, device and whether they came for the first time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import asyncpg
import msgspec

from shopwarden.contracts.store_metrics import Conversion, Split
from shopwarden.domain.comparison import ENOUGH, share_of
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.metrics_reading import BOTS, read_rows

MOST_SPLITS = 20

# Grouped by everything at once: a few hundred rows, added up by each side in Python.
_VISITORS = f"""
WITH came AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, source, country_code, device_id, number = 1 AS is_new
    FROM sessions WHERE store_id = $1 AND started_at >= $2 AND started_at < $3
   ORDER BY visitor_id, started_at),
ordered AS MATERIALIZED (
  SELECT visitor_id FROM sessions WHERE store_id = $1 AND started_at >= $2 AND started_at < $3 AND orders > 0
  UNION SELECT visitor_id FROM orders WHERE store_id = $1 AND created_at >= $2 AND created_at < $3
     AND visitor_id IS NOT NULL AND NOT is_test AND source <> 'check')
SELECT c.source, c.country_code AS country, d.kind AS device, c.is_new, count(*) AS visitors,
       count(*) FILTER (WHERE c.visitor_id IN (SELECT visitor_id FROM ordered)) AS buyers
  FROM came c LEFT JOIN devices d ON d.store_id = $1 AND d.id = c.device_id
 WHERE c.visitor_id NOT IN ({BOTS})
 GROUP BY c.source, c.country_code, d.kind, c.is_new
"""  # noqa: S608 - SQL of our own


async def conversion(database: Database, store_id: StoreId, period: Period) -> Conversion:
    """Of the visitors with a session begun in the period, those with an order in it: one their browser told of, or one of
    the shop's that is tied to them."""
    rows = await read_rows(database, _VISITORS, store_id, period.since, period.until)
    visitors, buyers = sum(row["visitors"] for row in rows), sum(row["buyers"] for row in rows)
    enough = visitors >= ENOUGH
    return Conversion(
        visitors=visitors,
        visitors_with_order=buyers,
        rate=share_of(buyers, visitors),
        by_source=_splits(rows, "source"),
        by_country=_splits(rows, "country"),
        by_device=_splits(rows, "device"),
        by_visitor=_named(("new" if row["is_new"] else "returning", row) for row in rows),
        enough=enough,
        note="" if enough else f"Only {visitors} visitors came in this time: the rate may be chance.",
    )


def _splits(rows: Sequence[asyncpg.Record], column: str) -> list[Split]:
    return _named((row[column] or "unknown", row) for row in rows)


def _named(rows: Iterable[tuple[str, asyncpg.Record]]) -> list[Split]:
    visitors: Counter[str] = Counter()
    buyers: Counter[str] = Counter()
    for name, row in rows:
        visitors[name] += row["visitors"]
        buyers[name] += row["buyers"]
    largest = sorted(visitors, key=lambda name: (-visitors[name], name))[:MOST_SPLITS]
    return [Split(name=name, **msgspec.structs.asdict(share_of(buyers[name], visitors[name]))) for name in largest]
