"""What the database knows around one decision, as rows: the shapes that facts are put together from."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from shopwarden.domain.facts import VelocityFacts
from shopwarden.domain.ids import CustomerId, DeviceId, OrderId, SessionId, VisitorId
from shopwarden.store.list_matching import ListsRow


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is scored, stored or only asked about. Lists and addresses as JSON, in the shop's own field names."""

    id: OrderId
    external_id: str
    source: str
    created_at: datetime
    customer_id: CustomerId | None = None
    visitor_id: VisitorId | None = None
    session_id: SessionId | None = None
    device_id: DeviceId | None = None
    joined_by: str | None = None
    email: str | None = None
    phone: str | None = None
    checkout_token: str | None = None
    cart_token: str | None = None
    browser_ip: str | None = None
    user_agent: str | None = None
    accept_language: str | None = None
    total: Decimal | None = None
    currency: str | None = None
    item_count: int | None = None
    line_items: list[dict[str, object]] = []
    shipping_lines: list[dict[str, object]] = []
    discount_codes: list[object] = []
    billing_address: dict[str, object] = {}
    shipping_address: dict[str, object] = {}
    billing_key: str | None = None
    shipping_key: str | None = None
    card_key: str | None = None
    card_bin: str | None = None
    card_last4: str | None = None
    card_company: str | None = None
    card_country: str | None = None
    avs_result: str | None = None
    cvv_result: str | None = None
    platform_risk: str | None = None
    source_name: str | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what the facts are asked about. Counts are taken strictly before `at`, this order itself left out."""

    at: datetime
    seasoned_before: datetime
    counts_at: datetime
    """Up to when velocity is counted: the order's own time."""
    external_id: str | None = None
    checkout_token: str | None = None
    customer_id: CustomerId | None = None
    visitor_id: VisitorId | None = None
    session_id: SessionId | None = None
    device_id: DeviceId | None = None
    strong_device_id: DeviceId | None = None
    """The device again if its fingerprint is a strong one: only such a device is one device, and worth counting."""
    ip: str | None = None
    email: str | None = None
    shipping_key: str | None = None
    card_key: str | None = None
    list_kinds: tuple[str, ...] = ()
    list_values: tuple[str, ...] = ()
    """Beside the kinds: what may be on a list. What only the database knows of the case is added there."""


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    is_blocked: bool
    customer_type: str
    created_at: datetime
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    country_code: str | None
    email_verified: bool | None
    phone_verified: bool | None
    abandoned_checkouts_count: int
    stated_orders_count: int | None
    stated_total_spent: Decimal | None


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's earlier orders (the newest 500); `first_*` are the earliest times, None where never seen."""

    orders: int
    spent: Decimal
    usual_value: Decimal | None
    seasoned: int
    disputes: int
    refunds: int
    own_disputes: int
    own_refunds: int
    first_ip_order: datetime | None
    first_ip: datetime | None
    first_device_order: datetime | None
    first_device_session: datetime | None
    first_shipping: datetime | None


class LabelsRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the customer by labels: of earlier orders, and of the customer as a whole (fraud, legitimate)."""

    good_orders: int
    fraud_orders: int
    said: str | None


class VisitorRow(msgspec.Struct, frozen=True, kw_only=True):
    first_seen: datetime
    last_seen: datetime
    sessions: int
    page_views: int
    session_seconds: float
    device_changes: int
    location_changes: int
    fastest_travel_kmh: float | None
    orders: int
    ip: str | None
    user_agent: str | None
    checkouts_started: int
    distinct_ips_1h: int
    distinct_ips_24h: int
    failed_payments_1h: int
    failed_payments_total: int
    linked_customers: int
    linked_to_this: bool
    """The link from this visitor to this customer by an order is already known."""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    started_at: datetime
    ended_at: datetime
    checkout_at: datetime | None
    page_views: int
    product_views: int
    cart_adds: int
    checkouts_started: int
    median_page_seconds: float | None
    page_rhythm: float | None
    direct_checkout: bool
    inputs: int
    patterns: list[str]


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    fingerprint: str
    is_strong: bool
    user_agent: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    kind: str | None
    brand: str | None
    model: str | None
    timezone: str | None
    screen: str | None
    is_bot: bool
    is_automated: bool | None
    seen_in_fraud: bool


class AddressRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the store has seen of the e-mail address and of the checkout before."""

    email_customer_since: datetime | None
    email_order_since: datetime | None
    domain_customers: int
    failed_payments: int
    distinct_cards: int


class CrowdRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many established people share the order's address, strong device and shipping address; None where it has none."""

    ip: int | None
    device: int | None
    address: int | None


class Background(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one round trip brings."""

    customer: CustomerRow | None
    history: HistoryRow
    visitor: VisitorRow | None
    session: SessionRow | None
    device: DeviceRow | None
    address: AddressRow
    crowd: CrowdRow
    labels: LabelsRow
    lists: ListsRow
    velocity: VelocityFacts


class StoreValues(msgspec.Struct, frozen=True, kw_only=True):
    """What is usual in a store, for orders in one currency."""

    currency: str
    usual_order_value: Decimal | None
    high_order_value: Decimal | None
    fraud_rate: float | None
    chargeback_window_days: int

    @property
    def chargeback_window(self) -> timedelta:
        return timedelta(days=self.chargeback_window_days)


class OrderLink(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands after joining: what scoring writes back to it."""

    order_id: OrderId
    visitor_id: VisitorId | None
    session_id: SessionId | None
    device_id: DeviceId | None
    joined_by: str | None


def uuid_or_none(text: str | None) -> UUID | None:
    """The UUID a text spells, None for any other text."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
