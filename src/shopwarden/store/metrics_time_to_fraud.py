"""How long visitors take until a fraudulent order, beside how long they take until a legitimate one."""

from __future__ import annotations

import asyncio

import asyncpg

from shopwarden.contracts.store_metrics import Spread, TimeToFraud, Timing
from shopwarden.domain.comparison import ENOUGH
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import labelled_orders
from shopwarden.store.metrics_reading import read_rows

_MEASURES = ("first", "session", "pages")


def _spread_sql(name: str) -> str:
    return (
        f"count({name}) AS {name}_count, avg({name})::float8 AS {name}_average,"
        f" percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY {name}) AS {name}_quartiles"
    )


_COUNTS = f"""
SELECT is_fraud, count(*) AS orders, count(*) FILTER (WHERE label = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE visitor_id IS NULL) AS untied
  FROM ({labelled_orders("$2", "$3")}) AS placed GROUP BY is_fraud
"""  # noqa: S608 - SQL of our own

# Clocks of shop and browser differ: an order a moment before its visit took no time.
_TIMES = f"""
WITH timed AS MATERIALIZED (
  SELECT o.is_fraud, greatest(0, extract(epoch FROM o.created_at - v.first_seen))::float8 AS first,
         greatest(0, extract(epoch FROM o.created_at - s.started_at))::float8 AS session,
         (SELECT sum(e.page_views) FROM sessions e WHERE e.store_id = $1
             AND e.visitor_id = v.id AND e.started_at <= o.created_at)::float8 AS pages
    FROM ({labelled_orders("$2", "$3")}) AS o JOIN visitors v ON v.store_id = $1 AND v.id = o.visitor_id
    LEFT JOIN sessions s ON s.store_id = $1 AND s.id = o.session_id
   WHERE o.visitor_id IS NOT NULL)
SELECT is_fraud, count(*) AS tied, {", ".join(map(_spread_sql, _MEASURES))} FROM timed GROUP BY is_fraud
"""  # noqa: S608 - SQL of our own


async def time_to_fraud(database: Database, store_id: StoreId, period: Period) -> TimeToFraud:
    """Over the orders made in the period."""
    times, counts = await asyncio.gather(
        read_rows(database, _TIMES, store_id, period.since, period.until),
        read_rows(database, _COUNTS, store_id, period.since, period.until),
    )
    timed = {row["is_fraud"]: row for row in times}
    fraud = next((row for row in counts if row["is_fraud"]), None)
    orders, confirmed = (fraud["orders"], fraud["confirmed"]) if fraud else (0, 0)
    timing = _timing(timed.get(True))
    enough = timing.orders >= ENOUGH
    return TimeToFraud(
        confirmed=confirmed,
        suspected=orders - confirmed,
        legitimate_orders=sum(row["orders"] for row in counts) - orders,
        without_visitor=sum(row["untied"] for row in counts),
        fraud=timing,
        legitimate=_timing(timed.get(False)),
        enough=enough,
        note="" if enough else f"Only {timing.orders} fraudulent orders of this time have a visit: times may be chance.",
    )


def _timing(row: asyncpg.Record | None) -> Timing:
    first, session, pages = (_spread(row, name) for name in _MEASURES)
    return Timing(
        orders=row["tied"] if row else 0, since_first_session=first, since_session_start=session, page_views_before=pages
    )


def _spread(row: asyncpg.Record | None, name: str) -> Spread:
    count = row[f"{name}_count"] if row else 0
    if row is None or not count:
        return Spread(count=0, average=None, lower_quartile=None, median=None, upper_quartile=None, enough=False)
    lower, median, upper = (round(value, 3) for value in row[f"{name}_quartiles"])
    return Spread(
        count=count,
        average=round(row[f"{name}_average"], 3),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        enough=count >= ENOUGH,
    )
