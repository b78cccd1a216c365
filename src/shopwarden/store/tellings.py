"""What tellings to vendors need: what happened, as it is stored, whose turn it is, and what was told already."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.store.vendor_answers import KeptAnswer, Question


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One refund, dispute or payment attempt. `code` is a gateway's error code."""

    at: datetime
    order_external_id: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    status: str | None = None
    reason: str | None = None
    code: str | None = None


class VisitEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a visit. `data` is what the tracker kept of it."""

    at: datetime
    data: dict[str, object] = {}
    ip: str | None = None
    session_id: UUID | None = None
    customer_id: UUID | None = None
    user_agent: str | None = None

    def properties(self) -> dict[str, object]:
        found = self.data.get("properties")
        return found if isinstance(found, dict) else {}


async def read_visit_event(
    connection: asyncpg.Connection, store_id: StoreId, activity_id: UUID, at: datetime
) -> VisitEvent | None:
    row = await connection.fetchrow(
        "SELECT a.created_at AS at, a.activity_data AS data, a.ip_address AS ip, a.session_id,"
        " coalesce(v.customer_id, a.customer_id) AS customer_id, v.user_agent"
        " FROM customer_activities a LEFT JOIN visitors v ON v.store_id = a.store_id AND v.id = a.visitor_id"
        " WHERE a.store_id = $1 AND a.id = $2 AND a.created_at = $3",
        store_id, activity_id, at,
    )  # fmt: skip
    return VisitEvent(**dict(row)) if row else None


DetailOf = Literal["refund", "dispute", "payment"]
_DETAILS: dict[DetailOf, str] = {
    "refund": "SELECT created_at AS at, order_external_id, amount, currency, NULL::text AS status, note AS reason,"
    " NULL::text AS code FROM refunds WHERE store_id = $1 AND external_id = $2",
    "dispute": "SELECT coalesce(initiated_at, updated_at) AS at, order_external_id, amount, currency, status, reason,"
    " NULL::text AS code FROM disputes WHERE store_id = $1 AND external_id = $2",
    "payment": "SELECT at, order_external_id, amount, currency, status, NULL::text AS reason, error_code AS code"
    " FROM payment_attempts WHERE store_id = $1 AND external_id = $2",
}


async def read_detail(connection: asyncpg.Connection, store_id: StoreId, of: DetailOf, external_id: str) -> Detail | None:
    row = await connection.fetchrow(_DETAILS[of], store_id, external_id)
    return msgspec.convert(dict(row), Detail) if row else None


async def find_customer(connection: asyncpg.Connection, store_id: StoreId, external_id: str) -> CustomerId | None:
    """By the shop's own id, or by ours."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM customers WHERE store_id = $1 AND deleted_at IS NULL AND (shopify_id = $2 OR id::text = $2)"
        " ORDER BY shopify_id = $2 DESC NULLS LAST LIMIT 1",
        store_id, external_id,
    )  # fmt: skip
    return None if found is None else CustomerId(found)


async def find_order(connection: asyncpg.Connection, store_id: StoreId, external_id: str) -> OrderId | None:
    """An order of the shop's own; checked ones are nobody's business."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM orders WHERE store_id = $1 AND external_id = $2 AND source <> 'check' AND NOT is_test LIMIT 1",
        store_id, external_id,
    )  # fmt: skip
    return None if found is None else OrderId(found)


async def is_next(connection: asyncpg.Connection, store_id: StoreId, subject: str, event: str) -> bool:
    """Whether no older job of the same subject is still to be done; dead ones are waited for no longer."""
    waiting: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM outbox older JOIN outbox mine ON mine.store_id = older.store_id"
        " AND mine.queue = older.queue AND mine.subject = older.subject AND older.id < mine.id"
        " WHERE mine.store_id = $1 AND mine.queue = $2 AND mine.subject = $3 AND mine.event = $4 AND older.state <> 'dead')",
        store_id, CUSTOMER_ENRICHMENT, subject, event,
    )  # fmt: skip
    return not waiting


async def note_told(connection: asyncpg.Connection, store_id: StoreId, question: Question) -> bool:
    """True the first time; it holds once the caller's transaction is committed."""
    done = await connection.execute(
        "INSERT INTO vendor_answers (store_id, lookup, digest, state, asked_at, answered_at)"
        " VALUES ($1, $2, $3, 'answered', now(), now()) ON CONFLICT DO NOTHING",
        store_id, *question,
    )  # fmt: skip
    return bool(done.endswith(" 1"))


async def put_answer(connection: asyncpg.Connection, store_id: StoreId, question: Question, kept: KeptAnswer) -> bool:
    """Keeps what a vendor said by itself, whatever was known before; a call under way is settled without effect.

    False where something newer is known already.
    """
    done = await connection.execute(
        "INSERT INTO vendor_answers AS a"
        " (store_id, lookup, digest, state, answers, reference, made_up, asked_at, answered_at, fresh_until)"
        " VALUES ($1, $2, $3, 'answered', $4, $5, $6, $7, $7, $8)"
        " ON CONFLICT (store_id, lookup, digest) DO UPDATE SET state = 'answered', answers = excluded.answers,"
        " reference = excluded.reference, made_up = excluded.made_up, answered_at = excluded.answered_at,"
        " fresh_until = excluded.fresh_until, fault_kind = NULL, fault = NULL, tries = a.tries + 1"
        " WHERE a.answered_at IS NULL OR a.answered_at <= excluded.answered_at",
        store_id, *question, msgspec.json.encode(kept.answers), kept.reference, kept.made_up, kept.answered_at,
        kept.fresh_until,
    )  # fmt: skip
    return bool(done.endswith(" 1"))
