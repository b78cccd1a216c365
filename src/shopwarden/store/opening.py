"""What has to be known before facts are asked for: the verdict already given, the policy, who the customer is."""

from __future__ import annotations

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.domain.policy import Policy
from shopwarden.errors import SkipError
from shopwarden.store.facts_rows import uuid_or_none
from shopwarden.store.rulesets import ruleset_of
from shopwarden.store.verdicts import StoredVerdict, find_verdict_by_event
from shopwarden.store.weights import weights_of


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """`customer_id` is found by our own id, the shop's id or the e-mail address, in this order; never created.
    `shop_order_id` is the order of this id that the shop itself told of."""

    stored: StoredVerdict | None
    policy: Policy
    customer_id: CustomerId | None
    customer_email: str | None
    shop_order_id: OrderId | None


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """`customer` is the caller's id of the customer: ours or the shop's. `order` is the shop's id of the order."""

    customer: str | None = None
    email: str | None = None
    order: str | None = None


_SQL = """
SELECT EXISTS (SELECT FROM verdicts v WHERE v.store_id = $1 AND v.event_key = $2) AS judged,
       w.version, w.weights, (SELECT max(r.version) FROM rulesets r WHERE r.store_id = $1) AS ruleset_version,
       found.id AS customer_id, found.email AS customer_email,
       (SELECT o.id FROM orders o WHERE o.store_id = $1 AND o.source = 'shopify' AND o.external_id = $6) AS shop_order_id
  FROM (SELECT) one
  LEFT JOIN LATERAL (SELECT version, weights FROM weights WHERE store_id = $1 ORDER BY version DESC LIMIT 1) w ON true
  LEFT JOIN LATERAL (
    (SELECT 1 AS rank, c.id, c.email FROM customers c WHERE c.store_id = $1 AND c.id = $3 AND c.deleted_at IS NULL)
    UNION ALL
    (SELECT 2, c.id, c.email FROM customers c WHERE c.store_id = $1 AND c.shopify_id = $4 AND c.deleted_at IS NULL)
    UNION ALL
    (SELECT 3, c.id, c.email FROM customers c WHERE c.store_id = $1 AND c.email = $5 AND c.deleted_at IS NULL)
    ORDER BY rank LIMIT 1) found ON true
"""


async def open_case(connection: asyncpg.Connection, store_id: StoreId, event_key: str, who: Who) -> Opening:
    """One round trip; a second one when the cause was judged before, and for rules this process has not seen yet.

    SkipError: that verdict was erased on request."""
    row = await connection.fetchrow(
        _SQL, store_id, event_key, uuid_or_none(who.customer), who.customer, who.email, who.order
    )
    stored = await find_verdict_by_event(connection, store_id, event_key) if row["judged"] else None
    if row["judged"] and stored is None:
        raise SkipError("this cause was judged before, and what it was judged by has been erased")
    return Opening(
        stored=stored,
        policy=Policy(
            weights=weights_of(row["version"], row["weights"]),
            ruleset=await ruleset_of(connection, store_id, row["ruleset_version"]),
        ),
        customer_id=row["customer_id"],
        customer_email=row["customer_email"],
        shop_order_id=row["shop_order_id"],
    )
