"""What is known at the moment of a decision: one frozen tree of facts, the only input of scoring.

`None` always means "not known", never "no" and never zero. Times are aware UTC, money is Decimal in `currency`.
The whole tree is kept with its verdict, so that a receipt can be recomputed from it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.answers import VendorFacts
from shopwarden.domain.policy import ListHit


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything scoring may look at. A part that is None was not available at all."""

    at: datetime
    store: StoreFacts
    order: OrderFacts | None = None
    customer: CustomerFacts | None = None
    visitor: VisitorFacts | None = None
    session: SessionFacts | None = None
    ip: IpFacts | None = None
    device: DeviceFacts | None = None
    email: EmailFacts | None = None
    phone: PhoneFacts | None = None
    velocity: VelocityFacts | None = None
    crowd: CrowdFacts | None = None
    vendor: VendorFacts | None = None
    lists: tuple[ListHit, ...] | None = None
    """Entries of the store's lists that fit; None where the lists were not asked."""
    joined_by: str | None = None
    """How the order found its visitor: session, checkout, customer, email or ip (a weak hint); None if it did not."""


class StoreFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    currency: str = "USD"
    fraud_rate: float | None = None
    """Share of orders that turned out fraudulent, 0..1; None until the store knows it."""
    usual_order_value: Decimal | None = None
    """Median order value of the store."""
    high_order_value: Decimal | None = None
    """The value 95 of 100 orders of the store stay below."""
    chargeback_window_days: int = 120


class PlaceFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A postal address, normalised, with what its form tells."""

    first_name: str | None = None
    last_name: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    is_po_box: bool | None = None
    is_freight_forwarder: bool | None = None
    is_valid: bool | None = None
    """Whether the form of the address fits its country (postal code, required parts)."""


class OrderFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    total: Decimal | None = None
    currency: str | None = None
    item_count: int | None = None
    distinct_items: int | None = None
    largest_quantity: int | None = None
    """Most pieces of one item."""
    gift_card_share: float | None = None
    """Share of the value that is gift cards, 0..1."""
    express_shipping: bool | None = None
    billing: PlaceFacts | None = None
    shipping: PlaceFacts | None = None
    card_country: str | None = None
    avs_result: str | None = None
    """Address verification code of the card network, as the gateway gave it (Y, A, Z, N, U, ...)."""
    cvv_result: str | None = None
    """Card verification code result (M, N, P, S, U)."""
    failed_payments: int | None = None
    """Refused payment attempts of this checkout or order before now."""
    distinct_cards_tried: int | None = None
    platform_risk: str | None = None
    """The shop platform's own risk level: none, low, medium, high."""
    has_discount_code: bool | None = None
    source_name: str | None = None


class CustomerFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    status: str = "active"
    is_blocked: bool = False
    account_type: str | None = None
    """guest, registered or wholesale."""
    created_at: datetime | None = None
    orders_count: int | None = None
    """Orders before this one."""
    total_spent: Decimal | None = None
    usual_order_value: Decimal | None = None
    seasoned_orders: int | None = None
    """Paid orders, not disputed or refunded for fraud, older than the store's chargeback window."""
    disputes: int | None = None
    refunds: int | None = None
    confirmed_good_orders: int | None = None
    """Earlier orders that a person said were good, by the labels known at the decision."""
    confirmed_fraud_orders: int | None = None
    """Earlier orders known to be fraud at the decision: by a label told by hand, a chargeback, a refund or a vendor."""
    labelled: str | None = None
    """What was said of the customer as a whole: fraud, legitimate, or none."""
    email_verified: bool | None = None
    phone_verified: bool | None = None
    abandoned_checkouts: int | None = None
    known_ip: bool | None = None
    """This IP address was used by this customer before, more than 7 days ago."""
    ip_known_days: float | None = None
    known_device: bool | None = None
    """This device was used by this customer before, more than 7 days ago."""
    known_shipping_address: bool | None = None
    """An earlier order, more than 7 days old, went to this address."""


class VisitorFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A visitor over all visits; the session of the order itself is in SessionFacts."""

    first_seen: datetime | None = None
    sessions: int | None = None
    page_views: int | None = None
    avg_session_seconds: float | None = None
    device_changes: int | None = None
    location_changes: int | None = None
    distinct_ips_1h: int | None = None
    distinct_ips_24h: int | None = None
    fastest_travel_kmh: float | None = None
    """Greatest speed between two located visits, accuracy radius already taken off."""
    checkouts_started: int | None = None
    orders: int | None = None
    failed_payments_1h: int | None = None
    failed_payments_total: int | None = None
    linked_customers: int | None = None
    """How many different customers were seen with this visitor."""


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    seconds: float | None = None
    seconds_to_checkout: float | None = None
    page_views: int | None = None
    product_views: int | None = None
    cart_adds: int | None = None
    checkouts_started: int | None = None
    median_page_seconds: float | None = None
    """Median time between two page views."""
    page_rhythm: float | None = None
    """Coefficient of variation of the time between page views: near 0 is a machine's beat."""
    pages_per_minute: float | None = None
    direct_checkout: bool | None = None
    """Checkout started without any product or collection page before it in the session."""
    referrer_kind: str | None = None
    untouched: bool | None = None
    """Several pages were looked at and left, and no key, pointer or finger was used; None where no page told."""


class IpFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an IP address; every yes/no is None where no source could tell."""

    address: str
    country: str | None = None
    region: str | None = None
    city: str | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_km: float | None = None
    timezone: str | None = None
    asn: int | None = None
    organization: str | None = None
    isp: str | None = None
    connection_type: str | None = None
    """Residential, Corporate, Education, Mobile, Satellite or Data Center."""
    is_reserved: bool = False
    is_hosting: bool | None = None
    is_vpn: bool | None = None
    is_proxy: bool | None = None
    is_tor: bool | None = None
    is_crawler: bool | None = None
    is_mobile: bool | None = None
    recent_abuse: bool | None = None


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    fingerprint: str | None = None
    is_strong: bool | None = None
    """True if the fingerprint came from the fingerprint script, False if it is only a hash of headers."""
    user_agent: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    kind: str | None = None
    """desktop, mobile, tablet, tv, console, bot or None."""
    brand: str | None = None
    model: str | None = None
    is_bot: bool | None = None
    bot_name: str | None = None
    is_automated: bool | None = None
    """Headless or driven by automation (webdriver mark, headless user agent, HTTP library)."""
    timezone: str | None = None
    languages: tuple[str, ...] | None = None
    screen: str | None = None
    disagrees: bool | None = None
    """User agent and what the browser reports (platform, client hints, touch) contradict each other."""
    seen_in_fraud: bool | None = None
    """This strong fingerprint was on an order that ended as a chargeback or was blocked."""


class EmailFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    address: str
    domain: str
    is_valid: bool | None = None
    is_disposable: bool | None = None
    is_free: bool | None = None
    is_role: bool | None = None
    has_mx: bool | None = None
    randomness: float | None = None
    """How unlike a name or word the local part is, 0..1."""
    name_agreement: float | None = None
    """How well the local part agrees with the person's name, 0..1; None without a name."""
    first_seen: datetime | None = None
    domain_first_seen: datetime | None = None
    """When a service saw the domain first."""
    domain_customers: int | None = None
    """Other customers of this store with an address at the same domain."""
    bounced: bool | None = None


class PhoneFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    number: str
    """E.164."""
    is_valid: bool | None = None
    country: str | None = None
    kind: str | None = None
    """mobile, fixed_line, fixed_line_or_mobile, voip, toll_free, premium_rate, pager, uan, unknown."""


class Counts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Distinct things seen strictly before the decision, over the last hour, day and week."""

    h1: int = 0
    h24: int = 0
    d7: int = 0


class VelocityFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    orders_by_ip: Counts | None = None
    customers_by_ip: Counts | None = None
    emails_by_ip: Counts | None = None
    cards_by_ip: Counts | None = None
    failed_payments_by_ip: Counts | None = None
    addresses_by_ip: Counts | None = None
    """Shipping addresses, as everywhere here."""
    orders_by_device: Counts | None = None
    customers_by_device: Counts | None = None
    emails_by_device: Counts | None = None
    cards_by_device: Counts | None = None
    addresses_by_device: Counts | None = None
    failed_payments_by_device: Counts | None = None
    orders_by_email: Counts | None = None
    ips_by_email: Counts | None = None
    customers_by_email: Counts | None = None
    cards_by_email: Counts | None = None
    addresses_by_email: Counts | None = None
    orders_by_address: Counts | None = None
    customers_by_address: Counts | None = None
    emails_by_address: Counts | None = None
    cards_by_address: Counts | None = None
    customers_by_card: Counts | None = None


class CrowdFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many different people the store knows to share something: who came back to it on another day, or paid an order
    long ago. 0 where nobody is known."""

    ip: int | None = None
    device: int | None = None
    """Of a strong fingerprint: common models of phones give the same one."""
    address: int | None = None
    """Of the shipping address."""
