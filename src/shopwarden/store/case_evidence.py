"""What speaks in a case beside its verdict: accounts that share something, earlier orders, labels, places."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId

LINKED_WITHIN = timedelta(days=365)
MOST_LINKED, MOST_ORDERS, MOST_LABELS = 50, 20, 50


class LinkedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else whose orders share something with this one. `shares`: ip, device, address, card. `customer_id` is null
    for who ordered without an account. Counts are of the shared orders, at most the newest 200 of each kind."""

    customer_id: UUID | None
    email: str | None
    shares: tuple[str, ...]
    orders: int
    declined: int
    cancelled: int
    known_fraud: int
    risk_score: int | None
    is_blocked: bool
    last_order_at: datetime


class EarlierOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`label` is the newest that stands: fraud, legitimate, or null where nobody knows."""

    id: UUID
    external_id: str
    name: str | None
    total: Decimal | None
    currency: str | None
    financial_status: str | None
    created_at: datetime
    cancelled_at: datetime | None
    score: int | None
    advice: str | None
    decision: str | None
    label: str | None


class LabelShown(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    order_id: UUID | None
    label: str
    source: str
    reason_code: str | None
    event_at: datetime
    known_at: datetime
    withdrawn_at: datetime | None


class SeenPlace(msgspec.Struct, frozen=True, kw_only=True):
    """An address a customer came from before, as it was located then."""

    ip: str
    country: str | None
    city: str | None
    latitude: float | None
    longitude: float | None
    first_seen: datetime
    last_seen: datetime


def _sharing(name: str, column: str) -> str:
    return (
        f"(SELECT '{name}' AS shares, o.id, o.external_id, o.customer_id, o.email, o.advice, o.decision,"  # noqa: S608
        " o.cancelled_at, o.created_at"
        f" FROM this JOIN orders o ON o.store_id = $1 AND o.{column} = this.{column}"
        " WHERE o.created_at > this.created_at - $3::interval AND o.id <> this.id"
        " AND (o.customer_id IS DISTINCT FROM this.customer_id"
        " OR (o.customer_id IS NULL AND o.email IS DISTINCT FROM this.email))"
        " ORDER BY o.created_at DESC LIMIT 200)"
    )


_KINDS = {"ip": "browser_ip", "device": "device_id", "address": "shipping_key", "card": "card_key"}
_LINKED = f"""
WITH this AS MATERIALIZED (
  SELECT id, customer_id, email, created_at, browser_ip, device_id, nullif(shipping_key, '') AS shipping_key, card_key
    FROM orders WHERE store_id = $1 AND id = $2),
shared AS ({" UNION ALL ".join(_sharing(name, column) for name, column in _KINDS.items())}),
guilty AS (
  SELECT DISTINCT l.order_external_id FROM labels l
   WHERE l.store_id = $1 AND l.order_external_id IN (SELECT external_id FROM shared)
     AND l.label = 'fraud' AND l.withdrawn_at IS NULL)
SELECT s.customer_id, max(coalesce(c.email, s.email)) AS email, array_agg(DISTINCT s.shares) AS shares,
       count(DISTINCT s.id) AS orders,
       count(DISTINCT s.id) FILTER (WHERE coalesce(s.decision, s.advice) = 'decline') AS declined,
       count(DISTINCT s.id) FILTER (WHERE s.cancelled_at IS NOT NULL) AS cancelled,
       count(DISTINCT s.id) FILTER (WHERE s.external_id IN (SELECT order_external_id FROM guilty)) AS known_fraud,
       max(c.risk_score) AS risk_score, coalesce(bool_or(c.is_blocked), false) AS is_blocked,
       max(s.created_at) AS last_order_at
  FROM shared s LEFT JOIN customers c ON c.store_id = $1 AND c.id = s.customer_id
 GROUP BY s.customer_id, CASE WHEN s.customer_id IS NULL THEN s.email END
 ORDER BY known_fraud DESC, cardinality(array_agg(DISTINCT s.shares)) DESC, last_order_at DESC LIMIT {MOST_LINKED}
"""  # noqa: S608

_ORDERS = """
SELECT o.id, o.external_id, o.name, o.total, o.currency, o.financial_status, o.created_at, o.cancelled_at,
       o.risk_score AS score, o.advice, o.decision,
       (SELECT l.label FROM labels l WHERE l.store_id = $1 AND l.order_external_id = o.external_id
           AND l.withdrawn_at IS NULL ORDER BY l.source = 'analyst' DESC, l.known_at DESC LIMIT 1) AS label
  FROM orders o WHERE o.store_id = $1 AND o.customer_id = $2 AND o.source <> 'check' AND o.id <> $3
 ORDER BY o.created_at DESC, o.id DESC LIMIT $4
"""

_LABELS = """
SELECT id, order_id, label, source, reason_code, event_at, known_at, withdrawn_at FROM labels
 WHERE store_id = $1 AND (customer_id = $2 OR order_external_id = $3) ORDER BY known_at DESC LIMIT $4
"""

_PLACES = """
SELECT ip_address AS ip, country_code AS country, city, latitude, longitude, first_seen_at AS first_seen,
       last_seen_at AS last_seen
  FROM customer_ips WHERE store_id = $1 AND customer_id = $2 ORDER BY last_seen_at DESC, id LIMIT 20
"""


async def linked_accounts(connection: asyncpg.Connection, store_id: StoreId, order_id: UUID) -> list[LinkedAccount]:
    """Accounts with known fraud first, then those that share most; orders of the year before this one, and later ones."""
    rows = await connection.fetch(_LINKED, store_id, order_id, LINKED_WITHIN)
    return [LinkedAccount(**{**dict(row), "shares": tuple(row["shares"])}) for row in rows]


async def latest_order_of(connection: asyncpg.Connection, store_id: StoreId, customer_id: UUID) -> UUID | None:
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM orders WHERE store_id = $1 AND customer_id = $2 AND source <> 'check'"
        " ORDER BY created_at DESC LIMIT 1",
        store_id, customer_id,
    )  # fmt: skip
    return found


async def earlier_orders(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: UUID, but: UUID
) -> list[EarlierOrder]:
    rows = await connection.fetch(_ORDERS, store_id, customer_id, but, MOST_ORDERS)
    return [EarlierOrder(**dict(row)) for row in rows]


async def labels_about(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: UUID | None, order_external_id: str | None
) -> list[LabelShown]:
    """Withdrawn ones too: that somebody thought so once is part of the story."""
    rows = await connection.fetch(_LABELS, store_id, customer_id, order_external_id, MOST_LABELS)
    return [LabelShown(**dict(row)) for row in rows]


async def places_of(connection: asyncpg.Connection, store_id: StoreId, customer_id: UUID) -> list[SeenPlace]:
    rows = await connection.fetch(_PLACES, store_id, customer_id)
    return [SeenPlace(**dict(row)) for row in rows]
