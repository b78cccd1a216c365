"""The rows that questions to vendors are made of, in one round trip: the customer, the rest of the order, the shop."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.store.database import Connection


class AskedCustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's own identifiers and what the shop says of them."""

    id: CustomerId
    shopify_id: str | None = None
    external_ids: dict[str, object] = {}
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    customer_type: str | None = None
    email_verified: bool | None = None
    phone_verified: bool | None = None
    accepts_marketing: bool | None = None
    orders_count: int | None = None
    total_spent: Decimal | None = None
    tags: list[object] = []
    notes: str | None = None


class OrderExtras(msgspec.Struct, frozen=True, kw_only=True):
    """What an order tells beyond what it is scored by."""

    name: str | None = None
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    subtotal: Decimal | None = None
    total_discounts: Decimal | None = None
    gateway: str | None = None
    financial_status: str | None = None
    fulfillment_status: str | None = None
    landing_site: str | None = None
    referring_site: str | None = None
    token: str | None = None
    note: str | None = None
    is_test: bool = False


class SeenIp(msgspec.Struct, frozen=True, kw_only=True):
    ip_address: str
    user_agent: str | None = None


class AskedRows(msgspec.Struct, frozen=True, kw_only=True):
    """`ips`: the customer's addresses, newest first, at most ten. `settings` are the store's."""

    customer: AskedCustomerRow | None = None
    order: OrderExtras | None = None
    ips: tuple[SeenIp, ...] = ()
    address: dict[str, object] = {}
    shop_domain: str | None = None
    settings: dict[str, object] = {}


def _columns(row: type[msgspec.Struct], table: str) -> str:
    return ", ".join(f"'{name}', {table}.{name}" for name in row.__struct_fields__)


_SQL = f"""
SELECT s.shop_domain, s.settings,
  (SELECT jsonb_build_object({_columns(AskedCustomerRow, "c")}) FROM customers c
    WHERE c.store_id = s.id AND c.id = $2 AND c.deleted_at IS NULL) AS customer,
  (SELECT jsonb_build_object({_columns(OrderExtras, "o")}) FROM orders o WHERE o.store_id = s.id AND o.id = $3) AS "order",
  (SELECT coalesce(jsonb_agg(jsonb_build_object('ip_address', host(i.ip_address), 'user_agent', i.user_agent)
                             ORDER BY i.last_seen_at DESC), '[]')
     FROM (SELECT * FROM customer_ips WHERE store_id = s.id AND customer_id = $2
            ORDER BY last_seen_at DESC LIMIT 10) i) AS ips,
  (SELECT to_jsonb(a) FROM (SELECT first_name, last_name, company, address_line1, address_line2, city, state_province,
       postal_code, country_code, phone FROM customer_addresses
      WHERE store_id = s.id AND customer_id = $2 ORDER BY is_default DESC, updated_at DESC LIMIT 1) a) AS address
  FROM stores s WHERE s.id = $1
"""  # noqa: S608


async def read_asked_rows(
    connection: Connection, store_id: StoreId, customer_id: CustomerId | None, order_id: OrderId | None
) -> AskedRows:
    """What there is; parts that are not there stay None."""
    row = await connection.fetchrow(_SQL, store_id, customer_id, order_id)
    if row is None:
        return AskedRows()
    found = {name: value for name, value in dict(row).items() if value is not None}
    return msgspec.convert(found, AskedRows, strict=False)
