"""The case of an order that was only asked about, handed to the order itself once the shop tells of it."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from shopwarden.domain.case import ReviewCase
from shopwarden.domain.ids import StoreId
from shopwarden.store.cases import CASE_COLUMNS, case_of

_ASKED = """
SELECT asked.id FROM orders asked JOIN orders told ON told.store_id = $1 AND told.id = $2 AND told.source <> 'check'
 WHERE asked.store_id = $1 AND asked.source = 'check' AND asked.external_id = told.external_id
"""


async def asked_order(connection: asyncpg.Connection, store_id: StoreId, order_id: UUID) -> UUID | None:
    """The order as a caller asked about it before the shop told of it; None where nobody asked, or this is that one."""
    found: UUID | None = await connection.fetchval(_ASKED, store_id, order_id)
    return found


async def adopt_case(connection: asyncpg.Connection, store_id: StoreId, asked_id: UUID, order_id: UUID) -> ReviewCase | None:
    """The newest case of the asked order, which is the shop's order's from now on, unless that has one. The locks of both
    are held."""
    row = await connection.fetchrow(
        f"UPDATE cases SET subject_id = $3 WHERE store_id = $1 AND id = (SELECT id FROM cases WHERE store_id = $1"  # noqa: S608
        " AND subject = 'order' AND subject_id = $2 ORDER BY state <> 'decided' DESC, opened_at DESC LIMIT 1)"
        " AND NOT EXISTS (SELECT FROM cases WHERE store_id = $1 AND subject = 'order' AND subject_id = $3)"
        f" RETURNING {CASE_COLUMNS}",
        store_id, asked_id, order_id,
    )  # fmt: skip
    return case_of(row) if row else None
