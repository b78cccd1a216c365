"""What a visitor's events add up to: one pure fold that cuts sessions, counts, and notices patterns.

`advance(state, step, ...)` takes one event in time order. An event that comes late is not patched in: the visitor's
events are folded again from the start (`replay`), so the outcome never depends on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shopwarden.domain import patterns
from shopwarden.domain.geo import haversine_km
from shopwarden.domain.ids import uuid7_of

IDLE_SECONDS = 30 * 60
"""A pause longer than this ends a session, whatever the hour: midnight and time zones play no part."""

RECENT_SECONDS = 24 * 3600
RECENT_KEPT = 64
INTERVALS_KEPT = 60

PAGE_TYPES = frozenset({"page_view", "screen_view"})
BROWSE_TYPES = frozenset({"product_view", "product_list_view", "product_click", "search", "filter_applied", "add_to_cart"})


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
    longitude: float | None = None
    accuracy_km: float = 0.0
    campaign: str = ""
    page: str = ""
    referrer: str = ""
    revenue: float = 0.0
    ip: str | None = None
    country: str | None = None


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
    """Latitude, longitude, accuracy in km and time of the newest located event."""
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


def cuts(visit: Visit, step: Step) -> bool:
    """Whether `step` opens a new session: 30 minutes of silence before it, or another campaign brought the visitor."""
    if step.at - visit.last > IDLE_SECONDS:
        return True
    return step.campaign != "" and step.campaign != visit.campaign


def advance(state: VisitorState, step: Step) -> Visit:
    """Takes one event in time order into `state` (changed in place) and answers its session."""
    visit = state.visit
    if visit is None or cuts(visit, step):
        visit = Visit(id=session_id_of(step), started=step.at, last=step.at, campaign=step.campaign, referrer=step.referrer)
        visit.ip, visit.country, visit.device = step.ip, step.country, step.device
        state.visit = visit
        state.sessions += 1
        state.bounced += 1
    was = (visit.bounced() if visit.events else True, visit.abandoned(), visit.orders > 0)
    state.seconds += step.at - visit.last
    if not state.events:
        state.first_at = step.at
    _count(state, visit, step)
    state.bounced += visit.bounced() - was[0]
    state.abandoned += visit.abandoned() - was[1]
    state.converted += (visit.orders > 0) - was[2]
    _move(state, step)
    patterns.notice(state, visit, step)
    state.last_at, state.last_key = step.at, step.key
    return visit


def _count(state: VisitorState, visit: Visit, step: Step) -> None:
    visit.last = step.at
    visit.events += 1
    state.events += 1
    kind = step.kind
    if kind in PAGE_TYPES:
        _page(state, visit, step)
    if kind in BROWSE_TYPES:
        visit.browses += 1
        state.browses += 1
        visit.product_views += kind == "product_view"
        visit.cart_adds += kind == "add_to_cart"
    elif kind == "checkout_started":
        visit.checkouts += 1
        state.checkouts += 1
        if visit.checkout_at is None:
            visit.checkout_at = step.at
            visit.direct = visit.browses == 0
    elif kind == "order_completed":
        visit.orders += 1
        visit.revenue += step.revenue
        state.orders += 1
        state.revenue += step.revenue
    elif kind == "payment_failed":
        visit.failed += 1
        state.failed_total += 1
        state.failures = _recent(state.failures, step.at)
        state.failures.append(step.at)


def _page(state: VisitorState, visit: Visit, step: Step) -> None:
    if visit.page_views:
        visit.intervals.append(round(step.at - visit.last_page, 3))
        if len(visit.intervals) > INTERVALS_KEPT:
            del visit.intervals[0]
    elif step.page:
        visit.entry = step.page
    visit.page_views += 1
    state.page_views += 1
    visit.last_page = step.at
    if step.page:
        visit.exit = step.page


def _recent(times: list[float], now: float) -> list[float]:
    return [at for at in times if now - at <= RECENT_SECONDS][-RECENT_KEPT:]


def _move(state: VisitorState, step: Step) -> None:
    """Device and place: a change is a known one that differs from the last known one."""
    if step.device:
        if state.device and step.device != state.device:
            state.device_changes += 1
        state.device = step.device
    if step.place:
        if state.place and step.place != state.place:
            state.location_changes += 1
        state.place = step.place
    if step.latitude is not None and step.longitude is not None:
        here = (step.latitude, step.longitude, step.accuracy_km, step.at)
        if state.located is not None and state.located[:2] != here[:2]:
            state.fastest_kmh = max(state.fastest_kmh or 0.0, _speed(state.located, here))
        state.located = here
    if step.network:
        _connect(state, step)


def _connect(state: VisitorState, step: Step) -> None:
    networks = state.networks
    # The newest comes last: who stays on one network, as nearly everybody does, moves only that entry's time.
    if len(networks) == 1 and networks[0][0] == step.network:
        networks[0] = (step.network, step.at)
        return
    kept = [one for one in networks if one[0] != step.network and step.at - one[1] <= RECENT_SECONDS]
    kept.append((step.network, step.at))
    state.networks = kept[-RECENT_KEPT:]


def _speed(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Least speed in km/h between two located events; at least a minute apart, since clocks differ."""
    apart = haversine_km(a[0], a[1], b[0], b[1]) - a[2] - b[2]
    return round(max(0.0, apart) / (max(60.0, b[3] - a[3]) / 3600), 1)


def session_id_of(step: Step) -> str:
    """A session is named after the event that opens it, so the same history always gives the same names."""
    return str(uuid7_of(int(step.at * 1000), int(step.key, 16).to_bytes(10, "big")))


def replay(steps: Iterable[Step]) -> tuple[VisitorState, dict[str, Visit], dict[str, str]]:
    """Folds a visitor's whole history: the state, the sessions by id, and each event's session by the event's key."""
    state, visits, filed = VisitorState(), {}, {}
    for step in sorted(steps, key=lambda step: (step.at, step.key)):
        visit = advance(state, step)
        visits[visit.id] = visit
        filed[step.key] = visit.id
    return state, visits, filed
