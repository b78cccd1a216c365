"""The list of customers: any filter, order and page, fast at a million customers.

A page is first found in an index that carries the filters' columns (`ix_customers_*`), then its rows are read. Pages in
the second half are found from the other end. Totals are exact up to 10,000 (1,000 of a search), beyond that the planner's
estimate, until a deep page asks for the exact one, which is then known for a while.
"""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from shopwarden.domain.customers import CustomerSummary
from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database

EXACT_UP_TO = 10_000
SEARCH_EXACT_UP_TO = 1_000
"""Rows that match a search have to be read one by one to be counted."""
FEW = 2_000
"""So many rows are gathered first and ordered then; of more, an index in the right order is followed."""
FEW_FOUND = 10_000
"""The same for a search, whose words no ordered index holds: following one means reading row after row."""
COUNTS_KEPT, COUNT_SECONDS, EXACT_SECONDS = 2_000, 10.0, 60.0
STATEMENT_MS = 10_000
SORT_COLUMNS = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "last_active_at": "last_active_at",
    "total_spent": "total_spent",
    "orders_count": "orders_count",
    "risk_score": "risk_score",
}
# Word for word the expression of the index ix_customers_search.
SEARCHED = (
    "(coalesce(email, '') || ' ' || coalesce(first_name, '')"
    " || ' ' || coalesce(last_name, '') || ' ' || coalesce(phone, ''))"
)


class CustomerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the customers listed have in common; empty means no matter what. `created_before` itself is not included."""

    statuses: tuple[str, ...] = ()
    risk_levels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    search: str = ""
    email: str = ""
    """Exactly this address, normalised."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the list: from `offset` on, or behind `after`. `descending` puts rows without a value last."""

    sort: str
    descending: bool
    limit: int
    offset: int = 0
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Total:
    count: int
    is_exact: bool


class _Sql:
    """Collects the values of a query while its text is put together."""

    def __init__(self, store_id: StoreId) -> None:
        self.values: list[object] = [store_id]

    def put(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


class CountCache:
    """Totals of one process, known for seconds."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[StoreId, CustomerFilter], tuple[float, Total]] = OrderedDict()

    def get(self, store_id: StoreId, wanted: CustomerFilter) -> Total | None:
        kept = self._kept.get((store_id, wanted))
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    def put(self, store_id: StoreId, wanted: CustomerFilter, total: Total) -> Total:
        # Only large totals are worth a wait; a small one is counted faster than it is missed.
        if total.count > SEARCH_EXACT_UP_TO:
            seconds = EXACT_SECONDS if total.is_exact else COUNT_SECONDS
            self._kept[(store_id, wanted)] = (time.monotonic() + seconds, total)
            if len(self._kept) > COUNTS_KEPT:
                self._kept.popitem(last=False)
        return total


def conditions(sql: _Sql, wanted: CustomerFilter) -> str:
    parts = ["store_id = $1", "deleted_at IS NULL"]
    for column, values in (
        ("status", wanted.statuses),
        ("risk_level", wanted.risk_levels),
        ("primary_source", wanted.sources),
        ("country_code", wanted.countries),
    ):
        if len(values) == 1:
            parts.append(f"{column} = {sql.put(values[0])}")
        elif values:
            parts.append(f"{column} = ANY({sql.put(list(values))}::text[])")
    if wanted.created_from is not None:
        parts.append(f"created_at >= {sql.put(wanted.created_from)}")
    if wanted.created_before is not None:
        parts.append(f"created_at < {sql.put(wanted.created_before)}")
    if wanted.email:
        parts.append(f"email = {sql.put(wanted.email)}")
    if wanted.search:
        parts.append(_search(sql, wanted.search))
    return " AND ".join(parts)


def _search(sql: _Sql, text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    if len(text) >= 3:
        return f"{SEARCHED} ILIKE {sql.put(f'%{plain}%')}"
    # Two characters hold no trigram inside a word, but its beginning does.
    return f"({SEARCHED} ILIKE {sql.put(f'{plain}%')} OR {SEARCHED} ILIKE {sql.put(f'% {plain}%')})"


async def list_customers(
    database: Database, counts: CountCache, store_id: StoreId, wanted: CustomerFilter, page: Page
) -> tuple[list[CustomerSummary], Total]:
    """One page and the total; RefuseError for a page too deep to be found by its number."""
    async with database.transaction() as connection:
        # Filters differ too much for one plan to suit all of them.
        await connection.execute(
            f"SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL statement_timeout = {STATEMENT_MS}"
        )
        total = counts.get(store_id, wanted)
        if total is None:
            total = counts.put(store_id, wanted, await count_customers(connection, store_id, wanted))
        if page.after is not None:
            return await _after(connection, store_id, wanted, page), total
        if page.offset > EXACT_UP_TO:
            if wanted.search:
                raise RefuseError(
                    f"Page numbers reach {EXACT_UP_TO} rows into a search; go on with `cursor` (`next_cursor`).",
                    fields={"page": f"must stay within the first {EXACT_UP_TO} rows of a search; use cursor"},
                )
            if not total.is_exact:
                total = counts.put(store_id, wanted, await _exactly(connection, store_id, wanted))
        return await _at(connection, store_id, wanted, page, total), total


async def count_customers(connection: asyncpg.Connection, store_id: StoreId, wanted: CustomerFilter) -> Total:
    """Exact up to 10,000; beyond, the planner's estimate, but never less than was counted."""
    sql = _Sql(store_id)
    where = conditions(sql, wanted)
    most = SEARCH_EXACT_UP_TO if wanted.search else EXACT_UP_TO
    counted = await connection.fetchval(
        f"SELECT count(*) FROM (SELECT 1 FROM customers WHERE {where} LIMIT {most + 1}) AS counted", *sql.values
    )
    if counted <= most:
        return Total(counted, True)
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM customers WHERE {where}", *sql.values)
    rows = msgspec.json.decode(plan) if isinstance(plan, str) else plan
    return Total(max(counted, int(rows[0]["Plan"]["Plan Rows"])), False)


async def _exactly(connection: asyncpg.Connection, store_id: StoreId, wanted: CustomerFilter) -> Total:
    sql = _Sql(store_id)
    where = conditions(sql, wanted)
    return Total(await connection.fetchval(f"SELECT count(*) FROM customers WHERE {where}", *sql.values), True)


def _order(column: str, descending: bool, prefix: str = "") -> str:
    way = "DESC NULLS LAST" if descending else "ASC NULLS FIRST"
    if column not in ("last_active_at",):
        way = way.partition(" NULLS")[0]
    return f"{prefix}{column} {way}, {prefix}id {'DESC' if descending else 'ASC'}"


async def _at(
    connection: asyncpg.Connection, store_id: StoreId, wanted: CustomerFilter, page: Page, total: Total
) -> list[CustomerSummary]:
    offset, limit, descending = page.offset, page.limit, page.descending
    if total.is_exact:
        limit = min(limit, total.count - offset)
        if limit <= 0:
            return []
        if offset > EXACT_UP_TO and offset > total.count // 2:
            offset, descending = total.count - offset - limit, not descending
    sql = _Sql(store_id)
    where = conditions(sql, wanted)
    window = f"OFFSET {offset} LIMIT {limit}"
    if (total.is_exact and total.count <= FEW) or (wanted.search and total.count <= FEW_FOUND):
        found = (
            f"(WITH few AS MATERIALIZED (SELECT id FROM customers WHERE {where}) SELECT few.id FROM few"
            f" JOIN customers ON store_id = $1 AND customers.id = few.id"
            f" ORDER BY {_order(page.sort, descending, 'customers.')} {window})"
        )
    else:
        found = f"SELECT id FROM customers WHERE {where} ORDER BY {_order(page.sort, descending)} {window}"
    return await _rows(connection, sql, found, page)


async def _after(
    connection: asyncpg.Connection, store_id: StoreId, wanted: CustomerFilter, page: Page
) -> list[CustomerSummary]:
    """The rows behind a position. Rows without a value are the smallest, and a range of the index of their own."""
    position = page.after
    assert position is not None
    sql = _Sql(store_id)
    where = conditions(sql, wanted)
    column, sign = page.sort, "<" if page.descending else ">"
    identity = sql.put(position.id)
    if position.value is None:
        parts = [f"{column} IS NULL AND id {sign} {identity}"]
        if not page.descending:
            parts.append(f"{column} IS NOT NULL")
    else:
        parts = [f"({column}, id) {sign} ({sql.put(position.value)}, {identity})"]
        if page.descending and column == "last_active_at":
            parts.append(f"{column} IS NULL")
    order = _order(column, page.descending)
    found = " UNION ALL ".join(
        f"(SELECT id FROM customers WHERE {where} AND {part} ORDER BY {order} LIMIT {page.limit})" for part in parts
    )
    return (await _rows(connection, sql, found, page))[: page.limit]


async def _rows(connection: asyncpg.Connection, sql: _Sql, found: str, page: Page) -> list[CustomerSummary]:
    columns = ", ".join(f"c.{name}" for name in CustomerSummary.__struct_fields__)
    records = await connection.fetch(
        f"WITH found AS MATERIALIZED ({found}) SELECT {columns} FROM found"
        f" JOIN customers c ON c.store_id = $1 AND c.id = found.id ORDER BY {_order(page.sort, page.descending, 'c.')}",
        *sql.values,
    )
    return [CustomerSummary(**{**record, "tags": tuple(record["tags"])}) for record in records]
