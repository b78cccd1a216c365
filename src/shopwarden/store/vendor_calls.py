"""What calls to vendors cost: money set aside before a call, given back where none was charged, counted by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.text import clean_text
from shopwarden.store.database import Database

Counter = Literal["answered", "missed", "faults", "from_store", "not_worth", "over_budget", "changed"]
_COUNTERS = ("calls", "answered", "missed", "faults", "from_store", "not_worth", "over_budget", "changed")
_BATCH = 5_000


class Budget(NamedTuple):
    """US dollars; None: no limit."""

    daily: Decimal | None = None
    monthly: Decimal | None = None

    @property
    def is_limited(self) -> bool:
        return self.daily is not None or self.monthly is not None


_SPENT = """
SELECT coalesce(sum(d.cost) FILTER (WHERE d.day = t.today), 0) AS today, coalesce(sum(d.cost), 0) AS month
  FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS t
  LEFT JOIN vendor_days d ON d.store_id = $1 AND d.vendor = $2 AND d.day >= date_trunc('month', t.today)::date
"""


async def within_budget(
    connection: asyncpg.Connection, store_id: StoreId, vendor: str, price: Decimal, budget: Budget
) -> bool:
    """Whether one more call fits. Until the transaction ends nobody else can spend of the same account, so what is counted
    in it (`count_call`) was really free."""
    if price <= 0 or not budget.is_limited:
        return True
    await connection.execute(
        "SELECT FROM vendor_accounts WHERE store_id = $1 AND vendor = $2 FOR NO KEY UPDATE", store_id, vendor
    )
    spent = await connection.fetchrow(_SPENT, store_id, vendor)
    for limit, so_far in ((budget.daily, spent["today"]), (budget.monthly, spent["month"])):
        if limit is not None and so_far + price > limit:
            return False
    return True


async def count_call(connection: asyncpg.Connection, store_id: StoreId, vendor: str, lookup: str, price: Decimal) -> date:
    """Sets the price aside and counts the call; answers the day (UTC) it was put down to."""
    day: date = await connection.fetchval(
        "INSERT INTO vendor_days AS d (store_id, vendor, lookup, day, calls, cost)"
        " VALUES ($1, $2, $3, (now() AT TIME ZONE 'UTC')::date, 1, $4)"
        " ON CONFLICT (store_id, vendor, lookup, day) DO UPDATE SET calls = d.calls + 1, cost = d.cost + excluded.cost"
        " RETURNING day",
        store_id, vendor, lookup, price,
    )  # fmt: skip
    return day


class Ended(NamedTuple):
    """How a call ended. `outcome`: answered, missed, or the kind of the fault. `given_back`: what was set aside for it and
    surely not charged."""

    vendor: str
    lookup: str
    day: date
    outcome: str
    milliseconds: int
    cost: Decimal
    given_back: Decimal = Decimal(0)
    status: int | None = None
    is_late: bool = False
    made_up: bool = False
    detail: str | None = None


async def end_call(connection: asyncpg.Connection, store_id: StoreId, ended: Ended) -> None:
    """Writes the call down, counts its outcome and gives money back, on the day it was set aside."""
    counter = ended.outcome if ended.outcome in ("answered", "missed") else "faults"
    await connection.execute(
        f"UPDATE vendor_days SET {counter} = {counter} + 1, cost = cost - $5"  # noqa: S608
        " WHERE store_id = $1 AND vendor = $2 AND lookup = $3 AND day = $4",
        store_id, ended.vendor, ended.lookup, ended.day, ended.given_back,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO vendor_calls (store_id, id, vendor, lookup, at, outcome, status, milliseconds, cost, is_late, made_up,"
        " detail) VALUES ($1, $2, $3, $4, now(), $5, $6, $7, $8, $9, $10, $11)",
        store_id, new_id(), ended.vendor, ended.lookup, ended.outcome, ended.status, ended.milliseconds, ended.cost,
        ended.is_late, ended.made_up, clean_text(ended.detail or "", 500) or None,
    )  # fmt: skip


async def count_days(
    connection: asyncpg.Connection, store_id: StoreId, counter: Counter, lookups: Sequence[tuple[str, str]]
) -> None:
    """Adds one to a counter of today for each (vendor, look-up)."""
    if not lookups:
        return
    if counter not in _COUNTERS:
        raise ValueError(counter)
    listed = sorted(set(lookups))
    await connection.execute(
        f"INSERT INTO vendor_days AS d (store_id, vendor, lookup, day, {counter})"  # noqa: S608
        " SELECT $1, w.vendor, w.lookup, (now() AT TIME ZONE 'UTC')::date, 1"
        " FROM unnest($2::text[], $3::text[]) AS w (vendor, lookup)"
        f" ON CONFLICT (store_id, vendor, lookup, day) DO UPDATE SET {counter} = d.{counter} + 1",
        store_id, [vendor for vendor, _ in listed], [lookup for _, lookup in listed],
    )  # fmt: skip


class BreakerRow(msgspec.Struct, frozen=True, kw_only=True):
    faults: int = 0
    open_until: datetime | None = None


async def locked_breaker(connection: asyncpg.Connection, store_id: StoreId, vendor: str) -> BreakerRow:
    """The breaker's state, which nobody else changes until the transaction ends; made where there is none yet."""
    await connection.execute(
        "INSERT INTO vendor_accounts (store_id, vendor, created_at, updated_at) VALUES ($1, $2, now(), now())"
        " ON CONFLICT (store_id, vendor) DO NOTHING",
        store_id, vendor,
    )  # fmt: skip
    row = await connection.fetchrow(
        "SELECT faults, open_until FROM vendor_accounts WHERE store_id = $1 AND vendor = $2 FOR NO KEY UPDATE",
        store_id, vendor,
    )  # fmt: skip
    return BreakerRow(faults=row["faults"], open_until=row["open_until"])


async def keep_breaker_fault(
    connection: asyncpg.Connection, store_id: StoreId, vendor: str, breaker: BreakerRow, fault: tuple[str, str]
) -> None:
    """The state after a fault (kind, text)."""
    await connection.execute(
        "UPDATE vendor_accounts SET faults = $3, open_until = $4, last_fault_kind = $5, last_fault = $6,"
        " last_fault_at = now() WHERE store_id = $1 AND vendor = $2",
        store_id, vendor, breaker.faults, breaker.open_until, fault[0], clean_text(fault[1], 500),
    )  # fmt: skip


async def keep_breaker_answer(connection: asyncpg.Connection, store_id: StoreId, vendor: str) -> None:
    """Closes the breaker. The time of the answer is written once a minute: every call of the store meets in this row."""
    await connection.execute(
        "INSERT INTO vendor_accounts AS a (store_id, vendor, last_answer_at, created_at, updated_at)"
        " VALUES ($1, $2, now(), now(), now())"
        " ON CONFLICT (store_id, vendor) DO UPDATE SET faults = 0, open_until = NULL, last_answer_at = now()"
        " WHERE a.faults > 0 OR a.open_until IS NOT NULL OR a.last_answer_at IS NULL"
        "    OR a.last_answer_at < now() - interval '1 minute'",
        store_id, vendor,
    )  # fmt: skip


async def take_probe(
    connection: asyncpg.Connection, store_id: StoreId, vendor: str, found: datetime, until: datetime
) -> bool:
    """Opens a half-open breaker for all others until `until`; True for the one caller who may try the vendor."""
    done = await connection.execute(
        "UPDATE vendor_accounts SET open_until = $4 WHERE store_id = $1 AND vendor = $2 AND open_until = $3",
        store_id, vendor, found, until,
    )  # fmt: skip
    return bool(done.endswith(" 1"))


async def delete_old_calls(database: Database, before: datetime) -> int:
    """Deletes the log of calls from before a time, of all stores; the counts by day stay. Answers how many."""
    # across stores: what is old is old in every store
    statement = (
        "DELETE FROM vendor_calls WHERE (store_id, id) IN (SELECT store_id, id FROM vendor_calls WHERE at < $1 LIMIT $2)"
    )
    total = 0
    while (count := int((await database.pool.execute(statement, before, _BATCH)).rpartition(" ")[2])) > 0:
        total += count
    return total
