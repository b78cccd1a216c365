"""Reads of one visitor's journey: its sessions, what happened in them, and what the shop tells of payments and orders."""
# ruff: noqa: S608 - the texts put together here are column names of this file; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.journey_rows import AttemptRow, CheckoutRow, EventRow, OrderRow, SessionRow
from shopwarden.domain.paging import Position
from shopwarden.store.database import Connection
from shopwarden.store.fraud_sql import DISPUTED_ORDERS, LABEL

MOST_TOLD = 1_000
"""Payment attempts and orders read for one page of sessions."""
PASSIVE_DAYS = 7
"""A page left open tells that it was left at most this long after its session."""

Shape = TypeVar("Shape", bound=msgspec.Struct)


class VisitorLine(msgspec.Struct, frozen=True, kw_only=True):
    """`events` and `sessions` as its sessions now add up."""

    id: UUID
    merged_into: UUID | None
    sessions: int
    events: int
    currency: str


def _columns(shape: type[msgspec.Struct], alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in shape.__struct_fields__)


def _read(shape: type[Shape], rows: list[asyncpg.Record]) -> list[Shape]:
    return [shape(**row) for row in rows]


_VISITOR = """
SELECT v.id, v.merged_into, t.sessions, t.events, st.currency
  FROM visitors v JOIN stores st ON st.id = v.store_id, LATERAL (
    SELECT count(*)::bigint AS sessions, coalesce(sum(s.events), 0)::bigint AS events
      FROM sessions s WHERE s.store_id = v.store_id AND s.visitor_id = v.id) t
 WHERE v.store_id = $1 AND v.id = $2
"""

_DEVICE = {"browser", "os", "device_kind"}
_SESSIONS = f"""
SELECT {", ".join(f"s.{name}" for name in SessionRow.__struct_fields__ if name not in _DEVICE)},
       d.browser, d.os, d.kind AS device_kind
  FROM sessions s LEFT JOIN devices d ON d.store_id = s.store_id AND d.id = s.device_id
 WHERE s.store_id = $1 AND s.visitor_id = $2 AND ($3::timestamptz IS NULL OR (s.started_at, s.id) < ($3, $4))
 ORDER BY s.started_at DESC, s.id DESC LIMIT $5
"""

# The times bound the months that are looked into.
_EVENTS = f"""
SELECT {_columns(EventRow, "a")}
  FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS w (id, since, until) CROSS JOIN LATERAL (
    SELECT * FROM customer_activities e
     WHERE e.store_id = $1 AND e.session_id = w.id AND e.source = 'collect' AND e.created_at BETWEEN w.since AND w.until
     ORDER BY e.created_at, e.id LIMIT $5) a
"""

_PAST = f"""
SELECT {_columns(EventRow, "a")}
  FROM sessions s JOIN customer_activities a ON a.store_id = s.store_id AND a.session_id = s.id
 WHERE s.store_id = $1 AND s.visitor_id = $2 AND a.source = 'collect' LIMIT $3
"""

_ATTEMPTS = f"""
SELECT {_columns(AttemptRow, "p")} FROM payment_attempts p
 WHERE p.store_id = $1 AND p.visitor_id IN (
       SELECT $2::uuid UNION ALL SELECT id FROM visitors WHERE store_id = $1 AND merged_into = $2)
   AND p.at BETWEEN $3 AND $4
UNION
SELECT {_columns(AttemptRow, "p")} FROM payment_attempts p
 WHERE p.store_id = $1 AND p.checkout_token = ANY($5::text[])
 ORDER BY at, id LIMIT $6
"""

_LABELLED = {"label"}
_ORDER_COLUMNS = ", ".join(f"o.{name}" for name in OrderRow.__struct_fields__ if name not in _LABELLED)
_ORDERS = f"""
SELECT {_ORDER_COLUMNS}, {LABEL} AS label
  FROM (SELECT * FROM orders WHERE store_id = $1 AND session_id = ANY($2::uuid[])
        UNION SELECT * FROM orders WHERE store_id = $1 AND checkout_token = ANY($3::text[])) o
  LEFT JOIN LATERAL (SELECT * FROM ({DISPUTED_ORDERS}) all_disputes WHERE all_disputes.external_id = o.external_id) d ON true
 WHERE NOT o.is_test AND o.source <> 'check' ORDER BY o.created_at, o.id LIMIT $4
"""


async def visitor_line(connection: Connection, store_id: StoreId, visitor_id: UUID) -> VisitorLine | None:
    row = await connection.fetchrow(_VISITOR, store_id, visitor_id)
    return VisitorLine(**row) if row else None


async def read_sessions(
    connection: Connection, store_id: StoreId, visitor_id: UUID, limit: int, after: Position | None
) -> list[SessionRow]:
    """Newest first; `after` goes on behind a position."""
    at, identity = (after.value, after.id) if after else (None, None)
    return _read(SessionRow, await connection.fetch(_SESSIONS, store_id, visitor_id, at, identity, limit))


async def read_past(connection: Connection, store_id: StoreId, visitor_id: UUID, limit: int) -> list[EventRow]:
    """Every event of a visitor that has no more than `limit`, in no order."""
    return _read(EventRow, await connection.fetch(_PAST, store_id, visitor_id, limit))


async def read_events(
    connection: Connection, store_id: StoreId, sessions: Sequence[SessionRow], limit: int
) -> list[EventRow]:
    """The first `limit` events of each session."""
    late = timedelta(days=PASSIVE_DAYS)
    rows = await connection.fetch(
        _EVENTS,
        store_id,
        [one.id for one in sessions],
        [one.started_at for one in sessions],
        [one.ended_at + late for one in sessions],
        limit,
    )
    return _read(EventRow, rows)


async def read_attempts(
    connection: Connection, store_id: StoreId, visitor_id: UUID, times: tuple[datetime, datetime], tokens: Sequence[str]
) -> list[AttemptRow]:
    """Attempts of the visitor within these times, and those of these checkouts whenever they were."""
    rows = await connection.fetch(_ATTEMPTS, store_id, visitor_id, *times, list(tokens), MOST_TOLD)
    return _read(AttemptRow, rows)


async def read_orders(
    connection: Connection, store_id: StoreId, sessions: Sequence[UUID], tokens: Sequence[str]
) -> list[OrderRow]:
    """Real orders made in these sessions or by these checkouts, each with its fraud label."""
    return _read(OrderRow, await connection.fetch(_ORDERS, store_id, list(sessions), list(tokens), MOST_TOLD))


async def read_checkouts(connection: Connection, store_id: StoreId, tokens: Sequence[str]) -> list[CheckoutRow]:
    rows = await connection.fetch(
        f"SELECT {_columns(CheckoutRow, 'c')} FROM checkouts c WHERE c.store_id = $1 AND c.token = ANY($2::text[])"
        " ORDER BY c.created_at",
        store_id, list(tokens),
    )  # fmt: skip
    return _read(CheckoutRow, rows)
