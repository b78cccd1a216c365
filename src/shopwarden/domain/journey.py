"""A visitor's journey as it is shown: sessions, what happened in them in order, and the risk where it arose."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

Outcome = Literal["paid", "abandoned_checkout", "abandoned_cart", "bounced", "left"]


class JourneyRisk(msgspec.Struct, frozen=True, kw_only=True):
    """Something noticed with this event. `points` are those of a visitor factor that holds from here on, by the store's
    weights; null where the thing by itself has none."""

    key: str
    sentence: str
    points: float | None = None


class JourneyProduct(msgspec.Struct, frozen=True, kw_only=True):
    id: str | None = None
    name: str | None = None
    price: Decimal | None = None
    quantity: float | None = None


class JourneyPayment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An attempt to pay: `status` is succeeded, failed or pending."""

    status: str
    error_code: str | None = None
    gateway: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


class JourneyOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order as the shop tells it, what scoring said last, and what it turned out to be so far."""

    order_id: UUID
    name: str | None
    total: Decimal | None
    currency: str | None
    financial_status: str | None
    is_cancelled: bool
    risk_score: int | None
    risk_level: str | None
    advice: str | None
    fraud_label: str


class JourneyEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`kind` is the kind of page or station (`product`, `cart`), null where it is none. `what`: the product, the words
    searched for, the form, the list, the error of a payment. `basket`: what the basket is worth after it. `toldBy`: the
    browser, or the shop itself (payments and orders). `products` are at most 20."""

    id: str
    at: datetime
    type: str
    kind: str | None = None
    page: str | None = None
    what: str | None = None
    value: Decimal | None = None
    products: list[JourneyProduct] = []
    basket: Decimal | None = None
    visible_seconds: float | None = None
    payment: JourneyPayment | None = None
    order: JourneyOrder | None = None
    told_by: Literal["browser", "shop"] = "browser"
    risks: list[JourneyRisk] = []


class JourneyDevice(msgspec.Struct, frozen=True, kw_only=True):
    browser: str | None
    os: str | None
    kind: str | None


class JourneyCheckout(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A checkout as the shop tells it."""

    started_at: datetime
    completed_at: datetime | None
    is_abandoned: bool
    total: Decimal | None
    currency: str | None


class JourneySession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`number` 1 is the visitor's first. `way` are kinds of pages, each once in a row. `isOpen`: may still go on.
    `eventsLeftOut` of its events are not listed."""

    session_id: UUID
    number: int
    started_at: datetime
    ended_at: datetime
    duration_seconds: float
    visible_seconds: float
    source: str
    campaign: dict[str, str]
    referrer: str | None
    ip: str | None
    country: str | None
    device: JourneyDevice | None
    entry_page: str | None
    exit_page: str | None
    way: list[str]
    page_views: int
    basket_value: Decimal
    revenue: Decimal
    patterns: list[str]
    outcome: Outcome
    is_open: bool
    checkouts: list[JourneyCheckout]
    events: list[JourneyEvent]
    events_left_out: int


class Journey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Sessions newest first, events in the order they happened. `mergedInto`: the visitor this one was merged into, where
    its sessions now are. Money as decimal strings in `currency` unless it says another."""

    visitor_id: UUID
    merged_into: UUID | None
    sessions_total: int
    currency: str
    sessions: list[JourneySession]
    next_cursor: str | None
