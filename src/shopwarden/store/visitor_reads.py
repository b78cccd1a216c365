"""Reads of visitors: a store's list, newest first, and one of them."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId, VisitorId
from shopwarden.domain.paging import Position
from shopwarden.store.database import Database


class VisitorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor as kept; `session_seconds` is the sum over all sessions, `revenue` in the store's currency."""

    id: VisitorId
    anonymous_id: str
    customer_id: CustomerId | None
    first_seen: datetime
    last_seen: datetime
    sessions: int
    page_views: int
    session_seconds: float
    bounced_sessions: int
    converted_sessions: int
    abandoned_carts: int
    orders: int
    revenue: Decimal
    device_changes: int
    location_changes: int
    ip: str | None
    country_code: str | None
    city: str | None
    device_fingerprint: str | None
    is_bot: bool
    vpn_detected: bool
    patterns: list[str]


class VisitorSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Exact matches only. `email` finds the visitors of the customer with this address."""

    anonymous_id: str = ""
    ip: str = ""
    email: str = ""


_COLUMNS = ", ".join(VisitorRow.__struct_fields__)


def _visitor(row: asyncpg.Record) -> VisitorRow:
    return VisitorRow(**row)


async def list_visitors(
    database: Database,
    store_id: StoreId,
    limit: int,
    *,
    since: datetime | None = None,
    search: VisitorSearch | None = None,
    after: Position | None = None,
) -> list[VisitorRow]:
    """Visitors by the time they were last seen, the latest first; `after` goes on behind a position."""
    values: list[object] = [store_id, limit]
    where = ["store_id = $1"]

    def put(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    if since is not None:
        where.append(f"last_seen >= {put(since)}")
    if after is not None:
        where.append(f"(last_seen, id) < ({put(after.value)}, {put(after.id)})")
    if search is not None and search.anonymous_id:
        where.append(f"anonymous_id = {put(search.anonymous_id)}")
    if search is not None and search.ip:
        where.append(f"ip = {put(search.ip)}")
    if search is not None and search.email:
        customers = f"SELECT id FROM customers WHERE store_id = $1 AND email = {put(search.email)}"
        where.append(f"customer_id IN ({customers})")
    rows = await database.pool.fetch(
        f"SELECT {_COLUMNS} FROM visitors WHERE {' AND '.join(where)} ORDER BY last_seen DESC, id DESC LIMIT $2", *values
    )
    return [_visitor(row) for row in rows]


async def get_visitor(database: Database, store_id: StoreId, visitor_id: UUID) -> VisitorRow | None:
    row = await database.pool.fetchrow(
        f"SELECT {_COLUMNS} FROM visitors WHERE store_id = $1 AND id = $2", store_id, visitor_id
    )
    return _visitor(row) if row else None


async def store_of_visitor(database: Database, visitor_id: UUID) -> StoreId | None:
    """The store a visitor belongs to: for keys that open every store, which need not name one."""
    # store_id leads every index, so each store is asked for itself.
    found: StoreId | None = await database.pool.fetchval(
        "SELECT s.id FROM stores s WHERE EXISTS (SELECT 1 FROM visitors v WHERE v.store_id = s.id AND v.id = $1)", visitor_id
    )
    return found
