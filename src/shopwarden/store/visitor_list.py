"""The list of visitors: any filter, search and order, by keyset, with a total where counting is quick.

A visitor's row changes with every event, so each index on it would be paid for by every event. There are few: lists in the
order of the last visit, and searches, are found in one; other orders read the store's visitors once and keep the best.
"""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.visitor_reads import COLUMNS, VisitorRow, visitor
from shopwarden.store.visitor_search import VisitorSearch, search_conditions

SORTS = {
    "lastSeen": "last_seen", "firstSeen": "first_seen", "sessions": "sessions", "pageViews": "page_views",
    "orders": "orders", "revenue": "revenue",
}  # fmt: skip
KINDS: dict[str, type] = {"last_seen": datetime, "first_seen": datetime, "revenue": Decimal}
"""What a cursor's value is for a column; a whole number for the others."""
RANGES = ("sessions", "page_views", "device_changes", "location_changes", "first_seen", "last_seen")
COUNTED_UP_TO = 10_000
STATEMENT_MS, COUNT_MS = 5_000, 150


class VisitorFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the visitors listed have in common; empty and None mean no matter what.

    `at_least` and `below` hold columns of RANGES; `devices` are kinds of the newest device; `sources` those of any session.
    """

    countries: Sequence[str] = ()
    sources: Sequence[str] = ()
    devices: Sequence[str] = ()
    patterns: Sequence[str] = ()
    is_bot: bool | None = None
    vpn: bool | None = None
    is_customer: bool | None = None
    has_order: bool | None = None
    at_least: dict[str, int | datetime] = {}
    below: dict[str, int | datetime] = {}
    search: VisitorSearch | None = None


class VisitorTotal(msgspec.Struct, frozen=True):
    count: int
    is_exact: bool


class _Values:
    """Collects the values of a query while its text is put together."""

    def __init__(self, store_id: StoreId) -> None:
        self.all: list[object] = [store_id]

    def put(self, value: object) -> str:
        self.all.append(value)
        return f"${len(self.all)}"


_OTHERS = "SELECT FROM visitors m WHERE m.store_id = $1 AND m.merged_into = v.id AND m.customer_id IS NOT NULL"
_IS_CUSTOMER = f"(v.customer_id IS NOT NULL OR EXISTS ({_OTHERS}))"


def _conditions(values: _Values, wanted: VisitorFilter) -> str:
    parts = ["v.store_id = $1", "v.merged_into IS NULL"]
    if wanted.countries:
        parts.append(f"v.country_code = ANY({values.put(list(wanted.countries))}::text[])")
    if wanted.patterns:
        parts.append(f"v.patterns <> '{{}}' AND v.patterns && {values.put(list(wanted.patterns))}::text[]")
    if wanted.devices:
        kinds = values.put(list(wanted.devices))
        parts.append("EXISTS (SELECT FROM devices d WHERE d.store_id = $1 AND d.id = v.device_id"
                     f" AND d.kind = ANY({kinds}::text[]))")  # fmt: skip
    if wanted.sources:
        names = values.put(list(wanted.sources))
        parts.append("EXISTS (SELECT FROM sessions s WHERE s.store_id = $1 AND s.visitor_id = v.id"
                     f" AND s.source = ANY({names}::text[]))")  # fmt: skip
    for said, yes in (
        (wanted.is_bot, "v.is_bot"),
        (wanted.vpn, "v.vpn_detected"),
        (wanted.is_customer, _IS_CUSTOMER),
        (wanted.has_order, "v.orders > 0"),
    ):
        if said is not None:
            parts.append(yes if said else f"NOT {yes}" if yes != "v.orders > 0" else "v.orders = 0")
    parts += [f"v.{name} >= {values.put(wanted.at_least[name])}" for name in RANGES if name in wanted.at_least]
    parts += [f"v.{name} < {values.put(wanted.below[name])}" for name in RANGES if name in wanted.below]
    if wanted.search is not None:
        found = " UNION ".join(search_conditions(wanted.search, values.put))
        parts.append("v.id IN (SELECT coalesce(f.merged_into, f.id) FROM visitors f WHERE f.store_id = $1"
                     f" AND f.id IN ({found}))")  # fmt: skip
    return " AND ".join(parts)


class VisitorOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`column` is one of SORTS' columns; `after` goes on behind a position."""

    column: str
    descending: bool
    limit: int
    after: Position | None = None

    def sql(self) -> str:
        way = "DESC" if self.descending else "ASC"
        return f"v.{self.column} {way}, v.id {way}"


async def list_visitors(
    database: Database, store_id: StoreId, wanted: VisitorFilter, order: VisitorOrder, *, counted: bool
) -> tuple[list[VisitorRow], VisitorTotal | None]:
    """Visitors in this order, and how many there are where they are `counted` and that is quick.

    RefuseError where finding them takes too long.
    """
    try:
        async with database.transaction() as connection:
            # Filters differ too much for one plan to suit all of them.
            await connection.execute(
                f"SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL statement_timeout = {STATEMENT_MS}"
            )
            rows = await _rows(connection, store_id, wanted, order)
            return rows, await _count(connection, store_id, wanted) if counted else None
    except asyncpg.QueryCanceledError:
        raise RefuseError(
            "Finding these visitors takes too long: narrow them, or sort by lastSeen.", type="too-broad"
        ) from None


async def _rows(
    connection: asyncpg.Connection, store_id: StoreId, wanted: VisitorFilter, order: VisitorOrder
) -> list[VisitorRow]:
    values = _Values(store_id)
    where = _conditions(values, wanted)
    if order.after is not None:
        sign = "<" if order.descending else ">"
        where += f" AND (v.{order.column}, v.id) {sign} ({values.put(order.after.value)}, {values.put(order.after.id)})"
    found = f"SELECT v.id FROM visitors v WHERE {where} ORDER BY {order.sql()} LIMIT {values.put(order.limit)}"
    rows = await connection.fetch(
        f"WITH found AS MATERIALIZED ({found}) SELECT {COLUMNS} FROM found"
        f" JOIN visitors v ON v.store_id = $1 AND v.id = found.id ORDER BY {order.sql()}",
        *values.all,
    )
    return [visitor(row) for row in rows]


async def _count(connection: asyncpg.Connection, store_id: StoreId, wanted: VisitorFilter) -> VisitorTotal | None:
    """Exact up to 10,000, the planner's estimate beyond; None where counting would take long."""
    values = _Values(store_id)
    where = _conditions(values, wanted)
    counting = f"SELECT count(*) FROM (SELECT FROM visitors v WHERE {where} LIMIT {COUNTED_UP_TO + 1}) AS counted"
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL statement_timeout = {COUNT_MS}")
            counted = await connection.fetchval(counting, *values.all)
    except asyncpg.QueryCanceledError:
        return None
    if counted <= COUNTED_UP_TO:
        return VisitorTotal(counted, True)
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) SELECT FROM visitors v WHERE {where}", *values.all)
    read = msgspec.json.decode(plan) if isinstance(plan, str) else plan
    return VisitorTotal(max(counted, int(read[0]["Plan"]["Plan Rows"])), False)
