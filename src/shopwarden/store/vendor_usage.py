"""What vendors were asked, what it cost and what it changed, by look-up and over a time."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection


class LookupUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one look-up; `cost` in US dollars. `changed`: decisions that would have been others without its answer."""

    vendor: str
    lookup: str
    calls: int
    answered: int
    missed: int
    faults: int
    from_store: int
    not_worth: int
    over_budget: int
    changed: int
    cost: Decimal


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long the calls of one look-up took, in milliseconds, and what went wrong how often."""

    lookup: str
    p50: float
    p95: float
    late: int
    faults: dict[str, int]


class Spent(msgspec.Struct, frozen=True):
    """US dollars of one vendor, today and this month (UTC)."""

    today: Decimal
    this_month: Decimal


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    lookup: str
    at: datetime
    outcome: str
    status: int | None
    milliseconds: int
    cost: Decimal
    is_late: bool
    made_up: bool
    detail: str | None


_SUMS = (
    "calls", "answered", "missed", "faults", "from_store", "not_worth", "over_budget", "changed",
)  # fmt: skip
_SUMMED = ", ".join(f"sum({name})::bigint AS {name}" for name in _SUMS)
_USAGE = f"""
SELECT vendor, lookup, {_SUMMED}, sum(cost) AS cost
  FROM vendor_days WHERE store_id = $1 AND day >= $2 AND day < $3
 GROUP BY vendor, lookup ORDER BY vendor, lookup
"""  # noqa: S608

_PACE = """
WITH counted AS (
    SELECT lookup, outcome, count(*) AS times FROM vendor_calls
     WHERE store_id = $1 AND at >= $2 AND at < $3 AND outcome NOT IN ('answered', 'missed') GROUP BY lookup, outcome
), paced AS (
    SELECT lookup, count(*) FILTER (WHERE is_late) AS late,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds) AS p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY milliseconds) AS p95
      FROM vendor_calls WHERE store_id = $1 AND at >= $2 AND at < $3 GROUP BY lookup
)
SELECT p.*, coalesce((SELECT jsonb_object_agg(outcome, times) FROM counted AS c WHERE c.lookup = p.lookup), '{}') AS faults
  FROM paced AS p ORDER BY lookup
"""

_SPENT = """
SELECT vendor, coalesce(sum(cost) FILTER (WHERE day = $2), 0) AS today, coalesce(sum(cost), 0) AS this_month
  FROM vendor_days WHERE store_id = $1 AND day >= date_trunc('month', $2::date)::date AND day <= $2 GROUP BY vendor
"""

_CALLS = """
SELECT lookup, at, outcome, status, milliseconds, cost, is_late, made_up, detail
  FROM vendor_calls WHERE store_id = $1 AND vendor = $2 ORDER BY at DESC, id DESC LIMIT $3
"""


async def read_usage(connection: Connection, store_id: StoreId, since: date, until: date) -> list[LookupUsage]:
    """By look-up, over the days from `since` until before `until`."""
    rows = await connection.fetch(_USAGE, store_id, since, until)
    return [LookupUsage(**dict(row)) for row in rows]


async def read_pace(connection: Connection, store_id: StoreId, since: datetime, until: datetime) -> dict[str, Pace]:
    """Look-up -> its pace, as far back as single calls are kept."""
    rows = await connection.fetch(_PACE, store_id, since, until)
    return {row["lookup"]: Pace(**dict(row)) for row in rows}


async def read_spent(connection: Connection, store_id: StoreId, today: date) -> dict[str, Spent]:
    """Vendor -> what it cost."""
    rows = await connection.fetch(_SPENT, store_id, today)
    return {row["vendor"]: Spent(row["today"], row["this_month"]) for row in rows}


async def read_calls(connection: Connection, store_id: StoreId, vendor: str, limit: int) -> list[CallRow]:
    """The newest calls first."""
    return [CallRow(**dict(row)) for row in await connection.fetch(_CALLS, store_id, vendor, limit)]
