"""Which visitors a shop's own tokens lead to."""

from __future__ import annotations

import asyncpg

from shopwarden.domain.ids import StoreId, VisitorId


async def visitors_of_tokens(
    connection: asyncpg.Connection, store_id: StoreId, checkout_token: str | None, cart_token: str | None
) -> list[VisitorId]:
    """The visitor whose browser showed the checkout, else the cart; none or one."""
    rows = await connection.fetch(
        "SELECT visitor_id FROM checkout_tokens WHERE store_id = $1"
        " AND (token, kind) IN (($2::text, 'checkout'), ($3::text, 'cart')) ORDER BY kind DESC LIMIT 1",
        store_id,
        checkout_token,
        cart_token,
    )
    return [VisitorId(row["visitor_id"]) for row in rows]
