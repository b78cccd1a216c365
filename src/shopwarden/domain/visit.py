"""What a visitor's events add up to: one pure fold that cuts sessions, counts, and notices patterns.

`advance(state, step, ...)` takes one event in time order. An event that comes late is not patched in: the visitor's
events are folded again from the start (`replay`), so the outcome never depends on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable

from shopwarden.domain import patterns
from shopwarden.domain.geo import Sighting, travel_speed_kmh
from shopwarden.domain.ids import uuid7_of
from shopwarden.domain.page_kind import lengthen
from shopwarden.domain.visit_state import Step, Visit, VisitorState

__all__ = ["Step", "Visit", "VisitorState", "advance", "cuts", "replay", "session_id_of"]

IDLE_SECONDS = 30 * 60
"""A pause longer than this ends a session, whatever the hour: midnight and time zones play no part."""

RECENT_SECONDS = 24 * 3600
RECENT_KEPT = 64
INTERVALS_KEPT = 60

PASSIVE_TYPES = frozenset({"page_left"})
"""What a page says when it is left, perhaps hours later: belongs to the session it was opened in, and opens none."""

PAGE_TYPES = frozenset({"page_view", "screen_view"})
BROWSE_TYPES = frozenset({"product_view", "product_list_view", "product_click", "search", "filter_applied", "add_to_cart"})


def cuts(visit: Visit, step: Step) -> bool:
    """Whether `step` opens a new session: 30 minutes of silence before it, or another campaign brought the visitor."""
    if step.kind in PASSIVE_TYPES:
        return False
    if step.at - visit.last > IDLE_SECONDS:
        return True
    return step.campaign != "" and step.campaign != visit.campaign


def advance(state: VisitorState, step: Step) -> Visit:
    """Takes one event in time order into `state` (changed in place) and answers its session."""
    visit = state.visit
    if visit is None or cuts(visit, step):
        visit = Visit(id=session_id_of(step), started=step.at, last=step.at, campaign=step.campaign, referrer=step.referrer)
        visit.ip, visit.country, visit.device = step.ip, step.country, step.device
        visit.source = step.source
        state.visit = visit
        state.sessions += 1
        visit.number = state.sessions
        state.bounced += 1
    was = (visit.bounced() if visit.events else True, visit.abandoned(), visit.orders > 0)
    # A page left open in a tab for hours is no longer a visit.
    if step.kind not in PASSIVE_TYPES or step.at - visit.last <= IDLE_SECONDS:
        state.seconds += step.at - visit.last
        visit.last = step.at
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
    visit.events += 1
    state.events += 1
    kind = step.kind
    visit.path = lengthen(visit.path, step.letter)
    _fill_basket(visit, step)
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


def _fill_basket(visit: Visit, step: Step) -> None:
    if step.kind == "order_completed":
        visit.basket = 0.0
    elif step.basket is not None:
        visit.basket = step.basket
    elif step.basket_change:
        visit.basket = round(max(0.0, visit.basket + step.basket_change), 2)
    visit.visible += step.visible
    if step.inputs is not None:
        visit.inputs += step.inputs
        visit.silent_pages += step.inputs == 0 and step.visible > 0


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
        here = Sighting(step.latitude, step.longitude, step.accuracy_km, step.at)
        if state.located is not None and state.located[:2] != here[:2]:
            speed = round(travel_speed_kmh(Sighting(*state.located), here), 1)
            state.fastest_kmh = max(state.fastest_kmh or 0.0, speed)
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
