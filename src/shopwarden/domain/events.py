"""What can happen in a shop, in our own words: every webhook source translates to these.

Each event carries `at`, when it happened (aware UTC), and `version`, which decides between two tellings of the same thing:
the thing's own time of change, the time the delivery was triggered, and a digest of the body, joined so that text order
is the order of time. Equal bodies have equal versions, whenever and however often they arrive.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal

import msgspec

from shopwarden.domain.answers import RiskAnswer
from shopwarden.domain.engagement import Channel, Deed
from shopwarden.domain.observation import Address, CustomerObservation, Json

LineItem = dict[str, Json]


def version_of(changed_at: datetime | None, triggered_at: datetime | None, body: bytes) -> str:
    """`{changed at}|{triggered at}|{16 hex digits of SHA-256 of the body}`, times in UTC to the microsecond."""
    return f"{_stamp(changed_at or triggered_at)}|{_stamp(triggered_at)}|{sha256(body).hexdigest()[:16]}"


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    version: str
    at: datetime


class CustomerSeen(Event, frozen=True, kw_only=True, tag=True):
    customer: CustomerObservation


class CustomerDeleted(Event, frozen=True, kw_only=True, tag=True):
    """The shop took the customer away. Nothing said later brings the same shop id back to life."""

    customer: CustomerObservation


class PurchasingSummary(Event, frozen=True, kw_only=True, tag=True):
    customer: CustomerObservation


class ConsentChanged(Event, frozen=True, kw_only=True, tag=True):
    customer: CustomerObservation


class TagsChanged(Event, frozen=True, kw_only=True, tag=True):
    customer: CustomerObservation


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a gateway tells of a card. `key` stands for the card; the number itself never gets this far."""

    key: str | None = None
    bin: str | None = None
    company: str | None = None
    last4: str | None = None
    country: str | None = None
    avs: str | None = None
    cvv: str | None = None


class OrderSeen(Event, frozen=True, kw_only=True, tag=True):
    """An order with all the shop tells of it. Money in `currency`; None is unknown. `is_fetched`: it was asked for, and so
    tells of no browser and no tokens."""

    source: str
    external_id: str
    customer: CustomerObservation | None = None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    customer_external_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    token: str | None = None
    checkout_token: str | None = None
    cart_token: str | None = None
    browser_ip: str | None = None
    user_agent: str | None = None
    accept_language: str | None = None
    total: Decimal | None = None
    subtotal: Decimal | None = None
    total_discounts: Decimal | None = None
    currency: str | None = None
    item_count: int | None = None
    line_items: tuple[LineItem, ...] = ()
    shipping_lines: tuple[LineItem, ...] = ()
    discount_codes: tuple[LineItem, ...] = ()
    billing_address: Address | None = None
    shipping_address: Address | None = None
    financial_status: str | None = None
    fulfillment_status: str | None = None
    cancel_reason: str | None = None
    source_name: str | None = None
    gateway: str | None = None
    card: Card = Card()
    landing_site: str | None = None
    referring_site: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    is_test: bool = False
    is_fetched: bool = False


class CheckoutSeen(Event, frozen=True, kw_only=True, tag=True):
    token: str
    customer: CustomerObservation | None = None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    customer_external_id: str | None = None
    cart_token: str | None = None
    email: str | None = None
    phone: str | None = None
    total: Decimal | None = None
    subtotal: Decimal | None = None
    currency: str | None = None
    line_items: tuple[LineItem, ...] = ()
    billing_address: Address | None = None
    shipping_address: Address | None = None
    landing_site: str | None = None
    referring_site: str | None = None
    source_name: str | None = None
    abandoned_checkout_url: str | None = None
    accepts_marketing: bool | None = None


class CartSeen(Event, frozen=True, kw_only=True, tag=True):
    """A cart knows no customer: whose it is follows from the checkout or the order made of it."""

    token: str
    created_at: datetime | None = None
    updated_at: datetime
    item_count: int = 0
    line_items: tuple[LineItem, ...] = ()
    total: Decimal | None = None
    currency: str | None = None
    note: str | None = None


class RefundSeen(Event, frozen=True, kw_only=True, tag=True):
    external_id: str
    order_external_id: str
    created_at: datetime
    amount: Decimal | None = None
    currency: str | None = None
    note: str | None = None


class DisputeSeen(Event, frozen=True, kw_only=True, tag=True):
    external_id: str
    order_external_id: str | None = None
    kind: str | None = None
    """chargeback or inquiry."""
    status: str | None = None
    reason: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    initiated_at: datetime | None = None
    updated_at: datetime


class PaymentAttempted(Event, frozen=True, kw_only=True, tag=True):
    external_id: str
    order_external_id: str | None = None
    status: Literal["succeeded", "failed", "pending"]
    error_code: str | None = None
    gateway: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    card: Card = Card()


class RiskAssessed(Event, frozen=True, kw_only=True, tag=True):
    """The shop platform's own opinion of an order: none, low, medium, high or pending."""

    source: str
    order_external_id: str
    level: str


class AppUninstalled(Event, frozen=True, kw_only=True, tag=True):
    pass


class PrivacyRequested(Event, frozen=True, kw_only=True, tag=True):
    """`order_ids` are the shop's own ids of the orders the request names."""

    kind: Literal["data_request", "customer_redact", "shop_redact"]
    shopify_id: str | None = None
    email: str | None = None
    phone: str | None = None
    order_ids: tuple[str, ...] = ()
    reference: str | None = None


class VendorDecided(Event, frozen=True, kw_only=True, tag=True):
    """A vendor judged an order or a person by itself. `external_id` is what it was told of under: the shop's own id of the
    order, or of the customer (ours where the shop has none)."""

    source: str
    subject: Literal["order", "user"]
    external_id: str
    answer: RiskAnswer


class EngagementHappened(Event, frozen=True, kw_only=True, tag=True):
    """Somebody dealt with a message, as Klaviyo tells it. `external_id` is the event's own id, `title` the message's."""

    external_id: str
    profile_id: str
    email: str | None = None
    channel: Channel
    what: Deed
    title: str | None = None


DomainEvent = (
    CustomerSeen
    | CustomerDeleted
    | PurchasingSummary
    | ConsentChanged
    | TagsChanged
    | OrderSeen
    | CheckoutSeen
    | CartSeen
    | RefundSeen
    | DisputeSeen
    | PaymentAttempted
    | RiskAssessed
    | AppUninstalled
    | PrivacyRequested
    | VendorDecided
    | EngagementHappened
)

__all__ = [
    "Address",
    "AppUninstalled",
    "Card",
    "CartSeen",
    "CheckoutSeen",
    "ConsentChanged",
    "CustomerDeleted",
    "CustomerObservation",
    "CustomerSeen",
    "DisputeSeen",
    "DomainEvent",
    "EngagementHappened",
    "Json",
    "LineItem",
    "OrderSeen",
    "PaymentAttempted",
    "PrivacyRequested",
    "PurchasingSummary",
    "RefundSeen",
    "RiskAssessed",
    "TagsChanged",
    "VendorDecided",
    "version_of",
]
