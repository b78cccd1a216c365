"""The live feed's events: who is in a store right now, and what changed. Nothing in them is personal data to be masked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from shopwarden.contracts.tracker import RiskFactor
from shopwarden.domain.verdict import Level

WINDOW_SECONDS = 300
"""Who did nothing for this long is no longer in the store."""

MOST_IN_SNAPSHOT = 200


class LiveDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is mobile, tablet, desktop or what else a user agent tells; null where nothing is known."""

    kind: str | None = None
    browser: str | None = None
    os: str | None = None


class LiveVisitor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A visitor's newest state. Times are ISO 8601 in UTC; `pageViews`, `basketValue` and `way` are of the present session.

    `isBlocked`: the customer is blocked by hand. `listed`: which of the store's lists the visitor is on and by what, as
    `block:ip`. `page` has no query. `orders` and `sessions` count over all visits. `way` and `pageKind` use the words of
    page kinds.
    """

    visitor_id: str
    session_id: str
    page: str | None
    page_kind: str
    activity: str
    at: datetime
    last_seen: datetime
    session_started: datetime
    page_views: int
    sessions: int
    country: str | None
    city: str | None
    device: LiveDevice
    source: str
    basket_value: float
    currency: str
    orders: int
    way: list[str]
    behavior_score: Annotated[int, Meta(ge=0, le=100)]
    risk_level: Level
    risk_factors: list[RiskFactor]
    patterns: list[str]
    is_bot: bool
    is_customer: bool
    is_blocked: bool = False
    listed: list[str] = []


class LiveNow(msgspec.Struct, frozen=True, kw_only=True):
    """Event `now`: `total` visitors did something within the window."""

    at: datetime
    total: int


class LiveChange(msgspec.Struct, frozen=True, kw_only=True):
    """Event `visitors`: those that changed, each in its newest state."""

    at: datetime
    visitors: list[LiveVisitor]


class LiveSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Event `snapshot`: the visitors of the last `window_seconds`, the newest first, and how many there are in all."""

    at: datetime
    window_seconds: int
    total: int
    visitors: list[LiveVisitor]
