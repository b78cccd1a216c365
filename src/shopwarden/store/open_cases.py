"""Undecided cases as a change of lists or a block sees them: what of them may be on a list, and what was last time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.store.facts_rows import OrderRow

AT_ONCE = 500
OPEN_FOR = timedelta(days=30)
MOST_ORDERS = 50
_ORDER = ", ".join(f"o.{name}" for name in OrderRow.__struct_fields__)
_UNDECIDED = f"""
SELECT c.subject, c.subject_id, coalesce(c.customer_id, CASE c.subject WHEN 'customer' THEN c.subject_id END) AS whose,
       who.shopify_id, who.email AS their_email, who.phone AS their_phone, d.id AS strong_device, d.fingerprint,
       v.facts -> 'lists' AS lists, {_ORDER}
  FROM cases c
  LEFT JOIN orders o ON o.store_id = c.store_id AND c.subject = 'order' AND o.id = c.subject_id
  LEFT JOIN customers who ON who.store_id = c.store_id
        AND who.id = coalesce(c.customer_id, CASE c.subject WHEN 'customer' THEN c.subject_id END)
  LEFT JOIN devices d ON d.store_id = c.store_id AND d.id = o.device_id AND d.is_strong
  LEFT JOIN verdicts v ON v.store_id = c.store_id AND v.id = c.verdict_id
 WHERE c.store_id = $1 AND c.state <> 'decided' AND (c.subject, c.subject_id) > ($2, $3)
 ORDER BY c.subject, c.subject_id LIMIT {AT_ONCE}
"""  # noqa: S608
_IN_FORCE = """
SELECT id FROM list_entries WHERE store_id = $1 AND id = ANY($2::uuid[]) AND (expires_at IS NULL OR expires_at > $3)
"""
# What can still be stopped: nothing of it has left, and nobody has decided on it.
_STOPPABLE = f"""
SELECT id FROM orders WHERE store_id = $1 AND customer_id = $2 AND created_at >= $3 AND source = 'shopify' AND NOT is_test
   AND cancelled_at IS NULL AND fulfillment_status IS DISTINCT FROM 'fulfilled' AND decision IS NULL
 ORDER BY created_at DESC LIMIT {MOST_ORDERS}
"""  # noqa: S608
_CASES_OF = (
    "SELECT subject_id FROM cases WHERE store_id = $1 AND customer_id = $2 AND subject = 'order' AND state <> 'decided'"
)


class OpenCase(msgspec.Struct, frozen=True, kw_only=True):
    """`judged_by`: the entries that fitted when it was judged last. `order` None for a case about a customer."""

    subject: str
    subject_id: UUID
    customer_id: UUID | None
    shop_customer: str | None
    email: str | None
    phone: str | None
    devices: tuple[str, ...]
    judged_by: frozenset[UUID]
    order: OrderRow | None


async def undecided_cases(connection: asyncpg.Connection, store_id: StoreId, after: tuple[str, UUID]) -> list[OpenCase]:
    """The next ones in the order of subject and id."""
    return [_case(row) for row in await connection.fetch(_UNDECIDED, store_id, *after)]


def _case(row: asyncpg.Record) -> OpenCase:
    is_order = row["subject"] == "order" and row["external_id"] is not None
    named = [row["fingerprint"], str(row["strong_device"])] if row["strong_device"] is not None else []
    return OpenCase(
        subject=row["subject"],
        subject_id=row["subject_id"],
        customer_id=row["whose"],
        shop_customer=row["shopify_id"],
        email=row["their_email"],
        phone=row["their_phone"],
        devices=tuple(named),
        judged_by=frozenset(UUID(hit["entry_id"]) for hit in row["lists"] or ()),
        order=OrderRow(**{name: row[name] for name in OrderRow.__struct_fields__}) if is_order else None,
    )


async def still_in_force(
    connection: asyncpg.Connection, store_id: StoreId, entries: frozenset[UUID], at: datetime
) -> frozenset[UUID]:
    rows = await connection.fetch(_IN_FORCE, store_id, list(entries), at)
    return frozenset(row["id"] for row in rows)


async def stoppable_orders(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId, at: datetime
) -> list[UUID]:
    """Orders of a customer that a block can still stop: the unshipped ones of the last month, and those under review."""
    young = await connection.fetch(_STOPPABLE, store_id, customer_id, at - OPEN_FOR)
    cases = await connection.fetch(_CASES_OF, store_id, customer_id)
    return sorted({row["id"] for row in young} | {row["subject_id"] for row in cases})
