"""Customers blocked and unblocked by hand."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId

# The standing before the block comes back with the unblocking, so that a VIP is one again.
_BLOCK = """
UPDATE customers SET is_blocked = true, status = 'blocked', blocked_reason = $3, updated_at = $4,
       fraud_checks = CASE WHEN status = 'blocked' THEN fraud_checks
                           ELSE fraud_checks || jsonb_build_object('status_before_block', status) END
 WHERE store_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING id
"""

_UNBLOCK = """
UPDATE customers SET is_blocked = false, blocked_reason = NULL, updated_at = $3,
       status = CASE WHEN status <> 'blocked' THEN status
                     WHEN fraud_checks ->> 'status_before_block' IN ('active', 'inactive', 'vip')
                       THEN fraud_checks ->> 'status_before_block'
                     ELSE 'active' END,
       fraud_checks = fraud_checks - 'status_before_block'
 WHERE store_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING id
"""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    is_blocked: bool
    blocked_reason: str | None
    shopify_id: str | None


async def lock_standing(connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId) -> Standing | None:
    """How the customer stands; nobody else changes it before the caller's transaction ends. None if there is none."""
    row = await connection.fetchrow(
        "SELECT status, is_blocked, blocked_reason, shopify_id FROM customers"
        " WHERE store_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE",
        store_id, customer_id,
    )  # fmt: skip
    return Standing(**row) if row is not None else None


async def block_customer(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId, reason: str, at: datetime
) -> bool:
    """False if there is no such customer. Blocking again replaces the reason."""
    return await connection.fetchval(_BLOCK, store_id, customer_id, reason, at) is not None


async def unblock_customer(connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId, at: datetime) -> bool:
    """False if there is no such customer. Unblocking one who is not blocked changes nothing but the time."""
    return await connection.fetchval(_UNBLOCK, store_id, customer_id, at) is not None
