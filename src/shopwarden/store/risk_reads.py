"""What a customer's risk page shows beside the verdicts: their standing, and how their visitors behave."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId, VisitorId


class CustomerStanding(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    is_blocked: bool
    blocked_reason: str | None
    risk_score: int
    risk_level: str


class VisitorBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """One browser of the customer's; seconds per session, `patterns` as they were noticed.

    `behaviour_score` (0..100) is computed by whoever shows it: it follows the store's weights of the moment.
    """

    visitor_id: VisitorId
    first_seen: datetime
    last_seen: datetime
    sessions: int
    page_views: int
    avg_session_seconds: float | None
    orders: int
    device_changes: int
    location_changes: int
    fastest_travel_kmh: float | None
    is_bot: bool
    vpn_detected: bool
    patterns: list[str]
    behaviour_score: int = 0


async def customer_standing(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId
) -> CustomerStanding | None:
    row = await connection.fetchrow(
        "SELECT status, is_blocked, blocked_reason, risk_score, risk_level FROM customers"
        " WHERE store_id = $1 AND id = $2 AND deleted_at IS NULL",
        store_id, customer_id,
    )  # fmt: skip
    return CustomerStanding(**dict(row)) if row else None


async def visitors_of_customer(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId, limit: int = 20
) -> list[VisitorBehaviour]:
    """The customer's visitors, the latest seen first; of merged ones the visitor they were merged into."""
    rows = await connection.fetch(
        "SELECT id AS visitor_id, first_seen, last_seen, sessions, page_views, session_seconds / nullif(sessions, 0)"
        " AS avg_session_seconds, orders, device_changes, location_changes, fastest_travel_kmh, is_bot, vpn_detected,"
        " patterns"
        " FROM visitors WHERE store_id = $1 AND id IN (SELECT coalesce(merged_into, id) FROM visitors WHERE store_id = $1"
        " AND customer_id = $2) ORDER BY last_seen DESC LIMIT $3",
        store_id, customer_id, limit,
    )  # fmt: skip
    return [VisitorBehaviour(**dict(row)) for row in rows]
