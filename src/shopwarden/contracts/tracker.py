"""A Tracker's two answers, field by field: visitors of a store, and how one visitor behaves.

The published contract's fields come first; those after the mark are added, and may be missing at an outside Tracker.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from shopwarden.contracts.visitor_parts import (
    MergedVisitor,
    TiedCustomer,
    VisitorChange,
    VisitorDay,
    VisitorDevice,
    VisitorIp,
)


class VisitorLocation(msgspec.Struct, frozen=True, kw_only=True):
    """`country` is ISO 3166-1 alpha-2."""

    country: str | None = None
    city: str | None = None


class RiskFactor(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    points: float
    sentence: str


class TrackedVisitor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A visitor in a list. Times are ISO 8601 in UTC, `avgSessionDuration` in seconds."""

    visitor_id: str
    ip: str | None
    sessions: int
    first_seen: datetime
    last_seen: datetime
    page_views: int
    avg_session_duration: float
    device_fingerprint: str | None
    location: VisitorLocation
    # added
    behavior_score: Annotated[int, Meta(ge=0, le=100)] | None = None
    risk_factors: list[RiskFactor] = []
    vpn_detected: bool | None = None
    is_bot: bool | None = None
    patterns: list[str] = []
    customer_id: str | None = None
    anonymous_id: str | None = None
    device_changes: int | None = None
    location_changes: int | None = None
    orders: int | None = None
    revenue: float | None = None
    ip_crowd: int | None = None
    """About how many people share the newest address, this one included."""
    device_crowd: int | None = None


class VisitorPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`nextCursor` is null at the end. `total` comes with the first page, where counting is quick: exact where
    `totalIsExact`, else a good estimate."""

    visitors: list[TrackedVisitor]
    next_cursor: str | None = None
    total: int | None = None
    total_is_exact: bool | None = None


class VisitorBehavior(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Rates are 0..1, `cartAbandonment` is a count, `averageOrderValue` in the store's currency (0 without orders)."""

    bounce_rate: float
    conversion_rate: float
    cart_abandonment: int
    average_order_value: float


class RiskIndicators(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """multipleDevices: the visitor changed device at least once. vpnDetected: an address of a VPN was used.
    rapidActivity: pages faster than a person reads."""

    multiple_devices: bool
    vpn_detected: bool
    rapid_activity: bool


class VisitorDetail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    visitor_id: str
    behavior: VisitorBehavior
    risk_indicators: RiskIndicators
    # added
    behavior_score: Annotated[int, Meta(ge=0, le=100)] | None = None
    risk_factors: list[RiskFactor] = []
    visitor: TrackedVisitor | None = None
    sessions: int | None = None
    orders: int | None = None
    revenue: float | None = None
    currency: str | None = None
    device_changes: int | None = None
    location_changes: int | None = None
    history: list[VisitorDay] = []
    """The latest 30 days with sessions, the newest first."""
    devices: list[VisitorDevice] = []
    """The latest 20; all at `/devices`."""
    ips: list[VisitorIp] = []
    """The latest 20; all at `/ips`."""
    customers: list[TiedCustomer] = []
    merged: list[MergedVisitor] = []
    changes: list[VisitorChange] = []
    """The latest 20; all at `/changes`."""
