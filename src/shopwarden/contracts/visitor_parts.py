"""What belongs to one visitor: days, sessions, devices, addresses, customers, merged visitors, and changes by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta


class VisitorDay(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A day (UTC) with sessions. `bounceRate` is 0..1; `behaviorScore` is the score as it stood after that day, with the
    changes of device and country between sessions; the newest day has the visitor's present score."""

    day: date
    sessions: int
    page_views: int
    seconds: float
    orders: int
    bounce_rate: float
    behavior_score: Annotated[int, Meta(ge=0, le=100)]


class VisitorSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`number` 1 is the visitor's first; `way` names the stations in their order; times ISO 8601, lengths in seconds."""

    session_id: UUID
    number: int
    started_at: datetime
    ended_at: datetime
    seconds: float
    visible_seconds: float
    events: int
    page_views: int
    product_views: int
    cart_adds: int
    checkouts_started: int
    failed_payments: int
    orders: int
    revenue: float
    basket_value: float
    inputs: int
    source: str
    way: list[str]
    entry_page: str | None
    exit_page: str | None
    referrer: str | None
    ip: str | None
    country: str | None
    device_id: UUID | None
    patterns: list[str]


class VisitorDevice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A strong fingerprint is the script's, a weak one a hash of what every request tells. `crowd`: about how many people
    share the device; null where several are not known."""

    device_id: UUID
    fingerprint: str
    is_strong: bool
    kind: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    brand: str | None
    model: str | None
    is_bot: bool
    is_automated: bool | None
    seen_in_fraud: bool
    first_seen: datetime
    last_seen: datetime
    events: int
    crowd: int | None


class VisitorIp(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`visitors`: how many visitors were seen there, at most 1,000 counted. `crowd`: about how many people share it; null
    where several are not known."""

    ip: str
    first_seen: datetime
    last_seen: datetime
    events: int
    visitors: int
    crowd: int | None


class CustomerTie(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    how: Literal["identify", "checkout", "order"]
    first_seen: datetime
    last_seen: datetime


class TiedCustomer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A customer the visitor was seen as, the latest first. Merging visitors never merges their customers."""

    customer_id: UUID
    email: str | None
    first_name: str | None
    last_name: str | None
    ties: list[CustomerTie]


class MergedVisitor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A visitor that counts in another; its times are those it had when it was merged."""

    visitor_id: UUID
    anonymous_id: str
    first_seen: datetime
    last_seen: datetime


class VisitorChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`otherId` was merged into `visitorId`, or split off it; by whom (the key, and the user who signed in) and why."""

    id: UUID
    at: datetime
    action: Literal["merge", "split"]
    visitor_id: UUID
    other_id: UUID
    key_id: UUID | None
    key_name: str | None
    user_id: UUID | None
    reason: str | None
