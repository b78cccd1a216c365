"""Orders of a store as a list with what scoring said of them, the newest first."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import cast
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.facts import EmailFacts
from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position
from shopwarden.domain.verdict import Reason
from shopwarden.store.database import Database


class ListedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Score, level and advice are None until the order is assessed; `email_facts` are for masking the reasons."""

    id: UUID
    external_id: str
    name: str | None
    customer_id: UUID | None
    visitor_id: UUID | None
    joined_by: str | None
    total: Decimal | None
    currency: str | None
    financial_status: str | None
    created_at: datetime
    score: int | None
    level: str | None
    advice: str | None
    decision: str | None
    verdict_id: UUID | None
    reasons: tuple[Reason, ...] = ()
    email_facts: EmailFacts | None = None


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty tuples and None do not filter."""

    advices: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None


# What a caller only asked about is no order of the store.
_SQL = """
SELECT o.id, o.external_id, o.name, o.customer_id, o.visitor_id, o.joined_by, o.total, o.currency, o.financial_status,
       o.created_at, o.risk_score AS score, o.risk_level AS level, o.advice, o.decision, o.verdict_id,
       v.verdict -> 'reasons' AS reasons, v.facts -> 'email' AS email_facts
  FROM orders o LEFT JOIN verdicts v ON v.store_id = o.store_id AND v.id = o.verdict_id
 WHERE o.store_id = $1 AND o.source <> 'check'
   AND (cardinality($2::text[]) = 0 OR o.advice = ANY($2)) AND (cardinality($3::text[]) = 0 OR o.risk_level = ANY($3))
   AND ($4::timestamptz IS NULL OR o.created_at >= $4) AND ($5::timestamptz IS NULL OR o.created_at < $5)
   AND ($6::timestamptz IS NULL OR (o.created_at, o.id) < ($6, $7))
 ORDER BY o.created_at DESC, o.id DESC LIMIT $8
"""


async def list_orders(
    database: Database, store_id: StoreId, wanted: OrderFilter, limit: int, after: Position | None = None
) -> list[ListedOrder]:
    """At most `limit` orders behind the position `after` (its value the time of the last order seen)."""
    rows = await database.pool.fetch(
        _SQL,
        store_id,
        list(wanted.advices),
        list(wanted.levels),
        wanted.created_from,
        wanted.created_before,
        cast(datetime, after.value) if after else None,
        after.id if after else None,
        limit,
    )
    return [_order(row) for row in rows]


def _order(row: asyncpg.Record) -> ListedOrder:
    values = dict(row)
    reasons, email = values.pop("reasons"), values.pop("email_facts")
    return ListedOrder(
        **values,
        reasons=msgspec.convert(reasons or (), tuple[Reason, ...]),
        email_facts=msgspec.convert(email, EmailFacts) if email else None,
    )
