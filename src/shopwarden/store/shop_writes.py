"""What is to be written into a shop about a subject, what the store wants written, and what was written last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.case import Decision
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection

Subject = Literal["order", "customer"]
Holds = Literal["never", "declined", "reviewed"]


class WriteBack(msgspec.Struct, frozen=True, kw_only=True):
    """metafields: risk and value of customers. assessment: Shopify's own risk card of an order. hold: fulfilment of orders
    that are to be declined, or reviewed as well. cancel: orders that are to be declined are cancelled and refunded."""

    metafields: bool = True
    assessment: bool = True
    tags: bool = True
    hold: Holds = "never"
    cancel: bool = False


class Written(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    digest: bytes
    last_error: str | None
    written_at: datetime


class OrderToWrite(msgspec.Struct, frozen=True, kw_only=True):
    """`external_id` is the shop's own. `decision`: what a person decided, once it stands; it goes before every verdict."""

    external_id: str
    decision: Decision | None = None
    reason_code: str | None = None


class CustomerToWrite(msgspec.Struct, frozen=True, kw_only=True):
    shopify_id: str
    lifetime_value: Decimal | None
    is_blocked: bool = False


_WRITTEN = """
SELECT what, digest, last_error, written_at FROM shop_writes WHERE store_id = $1 AND subject = $2 AND subject_id = $3
"""
_KEEP = """
INSERT INTO shop_writes (store_id, subject, subject_id, what, digest, last_error, written_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (store_id, subject, subject_id, what) DO UPDATE SET
    digest = EXCLUDED.digest, last_error = EXCLUDED.last_error, written_at = EXCLUDED.written_at
"""
_CUSTOMER = """
SELECT shopify_id, coalesce(predicted_lifetime_value, lifetime_value, total_spent) AS lifetime_value, is_blocked
  FROM customers WHERE store_id = $1 AND id = $2 AND shopify_id IS NOT NULL AND deleted_at IS NULL
"""
_ORDER = """
SELECT o.external_id, decided.decision, decided.reason_code
  FROM orders o
  LEFT JOIN LATERAL (
    SELECT c.decision, c.reason_code FROM cases c
     WHERE c.store_id = $1 AND c.subject = 'order' AND c.subject_id = o.id AND c.settled_at IS NOT NULL
     ORDER BY c.opened_at DESC LIMIT 1) decided ON true
 WHERE o.store_id = $1 AND o.id = $2 AND o.source = 'shopify' AND o.cancelled_at IS NULL
"""
_WANTS = """
SELECT s.settings -> 'shop_write' FROM stores s JOIN shop_tokens t ON t.store_id = s.id AND t.state = 'active'
 WHERE s.id = $1
"""


async def wanted_of(connection: Connection, store_id: StoreId) -> WriteBack | None:
    """What the store wants written; None where no shop is connected."""
    row = await connection.fetchrow(_WANTS, store_id)
    return None if row is None else wanted_in({"shop_write": row[0]})


def wanted_in(settings: Mapping[str, object]) -> WriteBack:
    """What a store's settings say; the defaults where they say nothing, or nothing readable."""
    try:
        return msgspec.convert(settings.get("shop_write") or {}, WriteBack)
    except msgspec.ValidationError:
        return WriteBack()


async def keep_wanted(connection: Connection, store_id: StoreId, wanted: WriteBack) -> None:
    await connection.execute(
        "UPDATE stores SET settings = settings || jsonb_build_object('shop_write', $2::jsonb) WHERE id = $1",
        store_id, msgspec.to_builtins(wanted),
    )  # fmt: skip


async def written_of(connection: Connection, store_id: StoreId, subject: Subject, subject_id: UUID) -> dict[str, Written]:
    """What -> what the shop was told last."""
    rows = await connection.fetch(_WRITTEN, store_id, subject, subject_id)
    return {row["what"]: Written(**dict(row)) for row in rows}


async def lock_subject(connection: Connection, store_id: StoreId, subject_id: UUID) -> None:
    """Waits until nobody else writes about this subject; held to the end of the caller's transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"shop write:{store_id}:{subject_id}")


async def keep_written(
    connection: Connection,
    store_id: StoreId,
    subject: tuple[Subject, UUID],
    what: str,
    digest: bytes,
    error: str | None = None,
) -> None:
    """The shop knows this now, or refused it for good: either way it is not told again until it changes."""
    await connection.execute(_KEEP, store_id, *subject, what, digest, error, datetime.now(UTC))


async def order_to_write(connection: Connection, store_id: StoreId, order_id: UUID) -> OrderToWrite | None:
    """An order that is still open in the shop; None for others."""
    row = await connection.fetchrow(_ORDER, store_id, order_id)
    return OrderToWrite(**dict(row)) if row is not None else None


async def customer_to_write(connection: Connection, store_id: StoreId, customer_id: UUID) -> CustomerToWrite | None:
    """None for a customer the shop does not have."""
    row = await connection.fetchrow(_CUSTOMER, store_id, customer_id)
    return CustomerToWrite(**dict(row)) if row is not None else None


async def recent_failures(connection: Connection, store_id: StoreId, limit: int = 20) -> list[dict[str, object]]:
    """What the shop refused, the newest first."""
    rows = await connection.fetch(
        "SELECT subject, subject_id, what, last_error, written_at FROM shop_writes"
        " WHERE store_id = $1 AND last_error IS NOT NULL ORDER BY written_at DESC LIMIT $2",
        store_id, limit,
    )  # fmt: skip
    return [dict(row) for row in rows]
