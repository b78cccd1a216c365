"""Reads of what belongs to one visitor and to those merged into it: sessions, days, devices, addresses, ties, changes."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.contracts.visitor_parts import (
    CustomerTie,
    MergedVisitor,
    TiedCustomer,
    VisitorChange,
    VisitorDevice,
    VisitorIp,
    VisitorSession,
)
from shopwarden.domain.ids import StoreId
from shopwarden.domain.page_kind import NAMES
from shopwarden.domain.paging import Position
from shopwarden.store.database import Database

MOST_DAYS, MOST_TIED, MOST_MERGED, MOST_VISITORS = 30, 50, 200, 1_000

_ROWS = "SELECT id FROM visitors WHERE store_id = $1 AND (id = $2 OR merged_into = $2)"
"""The visitor $2 and those merged into it: under which of them something was left behind, does not matter."""


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day, and what `all_` its days so far come to."""

    day: date
    sessions: int
    page_views: int
    seconds: float
    orders: int
    bounced: int
    all_sessions: int
    all_page_views: int
    all_seconds: float
    all_orders: int
    device_changes: int
    location_changes: int


_DAYS = f"""
WITH walked AS (
  SELECT s.*, extract(epoch FROM ended_at - started_at)::float8 AS seconds,
         device_id <> lag(device_id) OVER way AS new_device, country_code <> lag(country_code) OVER way AS new_place
    FROM sessions s WHERE store_id = $1 AND visitor_id = $2 WINDOW way AS (ORDER BY started_at, id)),
days AS (
  SELECT (started_at AT TIME ZONE 'UTC')::date AS day, count(*) AS sessions, sum(page_views) AS page_views,
         sum(seconds) AS seconds, sum(orders) AS orders,
         count(*) FILTER (WHERE page_views <= 1 AND product_views + cart_adds + checkouts_started + orders = 0) AS bounced,
         count(*) FILTER (WHERE new_device) AS new_devices, count(*) FILTER (WHERE new_place) AS new_places
    FROM walked GROUP BY 1)
SELECT day, sessions, page_views, seconds, orders, bounced, (sum(sessions) OVER up)::int AS all_sessions,
       (sum(page_views) OVER up)::int AS all_page_views, sum(seconds) OVER up AS all_seconds,
       (sum(orders) OVER up)::int AS all_orders, (sum(new_devices) OVER up)::int AS device_changes,
       (sum(new_places) OVER up)::int AS location_changes
  FROM days WINDOW up AS (ORDER BY day) ORDER BY day DESC LIMIT {MOST_DAYS}
"""

_SESSIONS = """
SELECT id AS session_id, number, started_at, ended_at, extract(epoch FROM ended_at - started_at)::float8 AS seconds,
       visible_seconds, events, page_views, product_views, cart_adds, checkouts_started, failed_payments, orders,
       revenue::float8 AS revenue, basket_value::float8 AS basket_value, inputs, source, path, entry_page, exit_page,
       referrer, ip, country_code AS country, device_id, patterns
  FROM sessions WHERE store_id = $1 AND visitor_id = $2 AND ($4::timestamptz IS NULL OR (started_at, id) < ($4, $5::uuid))
 ORDER BY started_at DESC, id DESC LIMIT $3
"""

_DEVICES = """
WITH used AS (
  SELECT a.device_id, min(a.created_at) AS first_seen, max(a.created_at) AS last_seen, count(*) AS events
    FROM sessions s JOIN customer_activities a ON a.store_id = s.store_id AND a.session_id = s.id
   WHERE s.store_id = $1 AND s.visitor_id = $2 AND a.source = 'collect' GROUP BY a.device_id)
SELECT d.id AS device_id, d.fingerprint, d.is_strong, d.kind, d.browser, d.browser_version, d.os, d.os_version, d.brand,
       d.model, d.is_bot, d.is_automated, d.seen_in_fraud, used.first_seen, used.last_seen, used.events, c.people AS crowd,
       count(*) OVER () AS total
  FROM used JOIN devices d ON d.store_id = $1 AND d.id = used.device_id
  LEFT JOIN crowds c ON c.store_id = $1 AND c.kind = 'device' AND c.value = d.id::text
 ORDER BY used.last_seen DESC, d.id LIMIT $3 OFFSET $4
"""

_IPS = f"""
WITH used AS (
  SELECT ip, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(events)::int AS events,
         count(*) OVER () AS total FROM visitor_ips WHERE store_id = $1 AND visitor_id IN ({_ROWS}) GROUP BY ip
   ORDER BY max(last_seen) DESC, ip LIMIT $3 OFFSET $4)
SELECT used.*, c.people AS crowd, (SELECT count(*) FROM (SELECT FROM visitor_ips o WHERE o.store_id = $1 AND o.ip = used.ip
       LIMIT {MOST_VISITORS}) AS there) AS visitors
  FROM used LEFT JOIN crowds c ON c.store_id = $1 AND c.kind = 'ip' AND c.value = host(used.ip)
 ORDER BY used.last_seen DESC, used.ip
"""

_TIES = f"""
SELECT c.id, c.email, c.first_name, c.last_name, i.kind, min(i.first_seen) AS first_seen, max(i.last_seen) AS last_seen
  FROM identities i JOIN customers c ON c.store_id = i.store_id AND c.id = i.customer_id AND c.deleted_at IS NULL
 WHERE i.store_id = $1 AND i.visitor_id IN ({_ROWS}) GROUP BY c.store_id, c.id, i.kind ORDER BY 7 DESC, c.id, i.kind
"""

_CHANGES = f"""
SELECT h.id, h.at, h.action, h.visitor_id, h.other_id, h.key_id, k.name AS key_name, h.user_id, h.reason
  FROM visitor_changes h LEFT JOIN api_keys k ON k.id = h.key_id
 WHERE h.store_id = $1 AND (h.visitor_id IN ({_ROWS}) OR h.other_id IN ({_ROWS}))
   AND ($4::timestamptz IS NULL OR (h.at, h.id) < ($4, $5::uuid))
 ORDER BY h.at DESC, h.id DESC LIMIT $3
"""


async def list_days(connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID) -> list[DayRow]:
    """The latest days with sessions, the newest first."""
    return [DayRow(**row) for row in await connection.fetch(_DAYS, store_id, visitor_id)]


async def list_sessions(
    database: Database, store_id: StoreId, visitor_id: UUID, limit: int, after: Position | None
) -> list[VisitorSession]:
    place = (after.value, after.id) if after else (None, None)
    rows = await database.pool.fetch(_SESSIONS, store_id, visitor_id, limit, *place)
    return [_session(dict(row)) for row in rows]


def _session(row: dict[str, object]) -> VisitorSession:
    way = [NAMES[letter] for letter in str(row.pop("path")) if letter in NAMES]
    return VisitorSession(way=way, **row)  # type: ignore[arg-type]


async def list_devices(
    connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID, limit: int, offset: int = 0
) -> tuple[list[VisitorDevice], int]:
    """The devices of the events that are kept, the latest used first, and how many there are (0 behind the last page)."""
    rows = [dict(row) for row in await connection.fetch(_DEVICES, store_id, visitor_id, limit, offset)]
    total = sum({row.pop("total") for row in rows})
    return [VisitorDevice(**row) for row in rows], total


async def list_ips(
    connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID, limit: int, offset: int = 0
) -> tuple[list[VisitorIp], int]:
    """The addresses, the latest used first, and how many there are (0 behind the last page)."""
    rows = [dict(row) for row in await connection.fetch(_IPS, store_id, visitor_id, limit, offset)]
    total = sum({row.pop("total") for row in rows})
    return [VisitorIp(**row) for row in rows], total


async def tied_customers(connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID) -> list[TiedCustomer]:
    found: dict[UUID, TiedCustomer] = {}
    for row in await connection.fetch(_TIES, store_id, visitor_id):
        customer = found.setdefault(
            row["id"],
            TiedCustomer(
                customer_id=row["id"], email=row["email"], first_name=row["first_name"], last_name=row["last_name"], ties=[]
            ),
        )
        customer.ties.append(CustomerTie(how=row["kind"], first_seen=row["first_seen"], last_seen=row["last_seen"]))
    return list(found.values())[:MOST_TIED]


async def merged_visitors(connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID) -> list[MergedVisitor]:
    rows = await connection.fetch(
        "SELECT id AS visitor_id, anonymous_id, first_seen, last_seen FROM visitors WHERE store_id = $1 AND merged_into = $2"
        f" ORDER BY first_seen, id LIMIT {MOST_MERGED}",
        store_id, visitor_id,
    )  # fmt: skip
    return [MergedVisitor(**row) for row in rows]


async def list_changes(
    connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID, limit: int, after: Position | None = None
) -> Sequence[VisitorChange]:
    """Merges and splits of the visitor and of those merged into it, the newest first."""
    place = (after.value, after.id) if after else (None, None)
    return [VisitorChange(**row) for row in await connection.fetch(_CHANGES, store_id, visitor_id, limit, *place)]
