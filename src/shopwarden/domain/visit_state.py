"""What the fold over a visitor's events takes in and keeps: a step, a session, and where the fold stands."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, kw_only=True, gc=False):
    """One event as the fold sees it. `at` is Unix seconds; `place` is country|region|city, "" when unknown.

    `key` orders events of the same moment: the random bits of the event's id, in 19 hexadecimal digits (`tail_of`).
    """

    at: float
    key: str
    kind: str
    device: str = ""
    place: str = ""
    network: str = ""
    latitude: float | None = None
    """Of an address that tells where its user is (domain/geo.py); None for any other."""
    longitude: float | None = None
    accuracy_km: float = 0.0
    campaign: str = ""
    page: str = ""
    referrer: str = ""
    revenue: float = 0.0
    ip: str | None = None
    country: str | None = None
    letter: str = ""
    """Where in the shop this is (domain/page_kind.py)."""
    source: str = ""
    """Where the visit came from (domain/traffic_source.py)."""
    basket: float | None = None
    """What the basket is worth now, where the event tells."""
    basket_change: float = 0.0
    """What this event adds to the basket's worth, or takes from it."""
    visible: float = 0.0
    """Seconds a page was looked at, told when it is left."""
    inputs: int | None = None
    """How often a key, a pointer or a finger was used on the page that is left; None where it is not told."""
    automated: bool = False
    """A program drives this browser, by its own marks or by its user agent."""


class Visit(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One session of a visitor."""

    id: str
    started: float
    last: float
    events: int = 0
    page_views: int = 0
    product_views: int = 0
    browses: int = 0
    cart_adds: int = 0
    checkouts: int = 0
    orders: int = 0
    revenue: float = 0.0
    failed: int = 0
    checkout_at: float | None = None
    direct: bool = False
    last_page: float = 0.0
    intervals: list[float] = []
    campaign: str = ""
    entry: str = ""
    exit: str = ""
    referrer: str = ""
    ip: str | None = None
    country: str | None = None
    device: str = ""
    patterns: list[str] = []
    number: int = 1
    """1 is the visitor's first session."""
    source: str = ""
    path: str = ""
    """The way through the shop, a letter a station (domain/page_kind.py)."""
    basket: float = 0.0
    visible: float = 0.0
    """Seconds its pages were looked at."""
    inputs: int = 0
    silent_pages: int = 0
    """Pages looked at and left without any key, pointer or finger having been used on them."""

    def bounced(self) -> bool:
        """One page at most, and nothing done on it."""
        return self.page_views <= 1 and not (self.browses or self.cart_adds or self.checkouts or self.orders)

    def abandoned(self) -> bool:
        """Something was put into the basket or a checkout begun, and no order came of it."""
        return bool(self.cart_adds or self.checkouts) and not self.orders


class VisitorState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where the fold stands after a visitor's newest event; kept as JSON with the visitor."""

    first_at: float = 0.0
    last_at: float = 0.0
    last_key: str = ""
    device: str = ""
    place: str = ""
    located: tuple[float, float, float, float] | None = None
    """Latitude, longitude, accuracy in km and time of the newest event whose address tells where its user is."""
    networks: list[tuple[str, float]] = []
    failures: list[float] = []
    sessions: int = 0
    events: int = 0
    page_views: int = 0
    browses: int = 0
    seconds: float = 0.0
    bounced: int = 0
    converted: int = 0
    abandoned: int = 0
    checkouts: int = 0
    orders: int = 0
    revenue: float = 0.0
    failed_total: int = 0
    device_changes: int = 0
    location_changes: int = 0
    fastest_kmh: float | None = None
    patterns: dict[str, float] = {}
    """Pattern name -> time it was first noticed."""
    visit: Visit | None = None

    def is_late(self, step: Step) -> bool:
        return (step.at, step.key) < (self.last_at, self.last_key)
