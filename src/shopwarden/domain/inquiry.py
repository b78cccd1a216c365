"""What vendors are asked about and told of: an address, a person, an order, and what happened to it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from shopwarden.domain.events import Card
from shopwarden.domain.observation import Address


class AskedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`price` is for one piece, in the order's currency."""

    id: str | None = None
    title: str | None = None
    sku: str | None = None
    brand: str | None = None
    category: str | None = None
    quantity: int = 1
    price: Decimal | None = None
    is_gift_card: bool = False
    requires_shipping: bool | None = None


class AskedCustomer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`id` is ours; `external_id` the shop's. What a guest has not is None."""

    id: str
    external_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    account_type: str | None = None
    email_verified: bool | None = None
    phone_verified: bool | None = None
    accepts_marketing: bool | None = None
    orders_count: int | None = None
    total_spent: Decimal | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None


class AskedOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`id` is the shop's own. Money in `currency`."""

    id: str
    name: str | None = None
    created_at: datetime
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    total: Decimal | None = None
    subtotal: Decimal | None = None
    discounts: Decimal | None = None
    currency: str | None = None
    items: tuple[AskedItem, ...] = ()
    billing: Address | None = None
    shipping: Address | None = None
    shipping_method: str | None = None
    shipping_price: Decimal | None = None
    is_express: bool | None = None
    discount_codes: tuple[str, ...] = ()
    gateway: str | None = None
    card: Card = Card()
    financial_status: str | None = None
    fulfillment_status: str | None = None
    source_name: str | None = None
    landing_site: str | None = None
    referring_site: str | None = None
    token: str | None = None
    checkout_token: str | None = None
    cart_token: str | None = None
    note: str | None = None
    is_test: bool = False


class Inquiry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything a vendor may be asked by. Addresses that are not public are left out by whoever makes it."""

    at: datetime
    ip: str | None = None
    user_agent: str | None = None
    accept_language: str | None = None
    email: str | None = None
    phone: str | None = None
    """E.164."""
    first_name: str | None = None
    last_name: str | None = None
    address: Address | None = None
    customer: AskedCustomer | None = None
    order: AskedOrder | None = None
    session_id: str | None = None
    shop_domain: str | None = None


HappeningKind = Literal[
    "customer_created", "customer_updated", "cart_item_added", "cart_item_removed", "session_linked", "order_created",
    "order_updated", "order_cancelled", "order_fulfilled", "order_refunded", "payment_failed", "payment_succeeded",
    "chargeback", "coupon_applied", "decided", "labelled",
]  # fmt: skip


class Happening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something vendors that learn want to hear of. Which of the lower fields are set follows from `kind`."""

    kind: HappeningKind
    at: datetime
    inquiry: Inquiry
    reference: str | None = None
    """The shop's own id of the payment, refund, dispute or fulfilment."""
    amount: Decimal | None = None
    currency: str | None = None
    item: AskedItem | None = None
    status: str | None = None
    reason: str | None = None
    code: str | None = None
    decision: Literal["approve", "review", "decline"] | None = None
    is_bad: bool | None = None
    by: str | None = None
    """Who decided or labelled: an analyst's name, or None for a rule."""
