"""Reads of one visitor."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, DeviceId, StoreId, VisitorId
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
    device_id: DeviceId | None
    device_fingerprint: str | None
    is_bot: bool
    vpn_detected: bool
    patterns: list[str]
    ip_crowd: int | None
    device_crowd: int | None


COLUMNS = ", ".join(f"v.{name}" for name in VisitorRow.__struct_fields__ if name != "customer_id") + (
    ", coalesce(v.customer_id, (SELECT m.customer_id FROM visitors m WHERE m.store_id = v.store_id AND m.merged_into = v.id"
    " AND m.customer_id IS NOT NULL ORDER BY m.last_seen DESC LIMIT 1)) AS customer_id"
)
"""Of `visitors v`. A visitor without a customer has the one of a visitor that was merged into it."""


def visitor(row: asyncpg.Record) -> VisitorRow:
    return VisitorRow(**row)


async def get_visitor(database: Database, store_id: StoreId, visitor_id: UUID) -> VisitorRow | None:
    """The visitor, or the one it was merged into."""
    row = await database.pool.fetchrow(
        f"SELECT {COLUMNS} FROM visitors named JOIN visitors v ON v.store_id = named.store_id"
        " AND v.id = coalesce(named.merged_into, named.id) WHERE named.store_id = $1 AND named.id = $2",
        store_id, visitor_id,
    )  # fmt: skip
    return visitor(row) if row else None


async def store_of_visitor(database: Database, visitor_id: UUID) -> StoreId | None:
    """The store a visitor belongs to: for keys that open every store, which need not name one."""
    # store_id leads every index, so each store is asked for itself.
    found: StoreId | None = await database.pool.fetchval(
        "SELECT s.id FROM stores s WHERE EXISTS (SELECT 1 FROM visitors v WHERE v.store_id = s.id AND v.id = $1)", visitor_id
    )
    return found
