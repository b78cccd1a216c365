"""A visitor's newest state as the live feed shows it; pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shopwarden.contracts.live import LiveDevice, LiveVisitor
from shopwarden.contracts.tracker import RiskFactor
from shopwarden.domain.facts import VisitorFacts
from shopwarden.domain.journey_text import page_without_people
from shopwarden.domain.page_kind import ADDED, FAILED, LONGEST_PATH, NAMES, ORDERED, OTHER, letter_of
from shopwarden.domain.patterns import TELLING
from shopwarden.domain.scoring import level_of
from shopwarden.domain.verdict import LEVELS, Level, Weights
from shopwarden.domain.visit_state import Visit, VisitorState
from shopwarden.live.states import State
from shopwarden.signals.visitor_factors import behaviour_score
from shopwarden.steps.absorb import Work
from shopwarden.store.live import LiveRow, Terms
from shopwarden.store.live_standing import NOTHING, LiveStanding

LONGEST_PAGE = 200
_HAPPENINGS = ADDED + FAILED + ORDERED
_NO_DEVICE = LiveDevice()
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Sight(msgspec.Struct, kw_only=True):
    """What a visitor's state is put together from, wherever it comes from. `at` is Unix seconds."""

    id: UUID
    is_customer: bool
    is_bot: bool
    state: VisitorState
    activity: str
    at: float
    device: LiveDevice


def sight_of_work(work: Work) -> Sight | None:
    """From what a group of events came to."""
    outcome = work.outcome
    if outcome is None or not outcome.filed:
        return None
    newest = outcome.filed[-1].placed
    device = next((one.placed.device for one in reversed(outcome.filed) if one.placed.device is not None), None)
    return Sight(
        id=work.visitor.id,
        is_customer=work.visitor.customer_id is not None,
        is_bot=bool(device and device.facts.is_bot),
        state=outcome.state,
        activity=newest.event.activity,
        at=newest.step.at,
        device=_NO_DEVICE
        if device is None
        else LiveDevice(kind=device.facts.kind, browser=device.facts.browser, os=device.facts.os),
    )


def sight_of_row(row: LiveRow) -> Sight:
    """From what is stored."""
    return Sight(
        id=row.id,
        is_customer=row.is_customer,
        is_bot=row.is_bot,
        state=row.state,
        activity=row.activity or "page_view",
        at=row.at.timestamp() if row.at else row.state.last_at,
        device=LiveDevice(kind=row.device_kind, browser=row.browser, os=row.os),
    )


def live_state(sight: Sight, terms: Terms, standing: LiveStanding = NOTHING) -> State | None:
    """Ready to travel; None for a visitor without a session."""
    visit = sight.state.visit
    if visit is None:
        return None
    visitor = live_visitor(sight, visit, terms, standing)
    return State(visitor.visitor_id.encode(), sight.state.last_at, _encode(visitor))


def live_visitor(sight: Sight, visit: Visit, terms: Terms, standing: LiveStanding = NOTHING) -> LiveVisitor:
    """Scored by the store's own points and levels."""
    state = sight.state
    score, reasons = behaviour_score(_facts(state), terms.weights)
    country, _, city = state.place.partition("|")
    return LiveVisitor(
        visitor_id=str(sight.id),
        session_id=visit.id,
        page=page_without_people(visit.exit[:LONGEST_PAGE]),
        page_kind=NAMES[_page_letter(visit)],
        activity=sight.activity,
        at=_moment(sight.at),
        last_seen=_moment(state.last_at),
        session_started=_moment(visit.started),
        page_views=visit.page_views,
        sessions=state.sessions,
        country=country or None,
        city=city.rpartition("|")[2] or None,
        device=sight.device,
        source=visit.source or "direct",
        basket_value=visit.basket,
        currency=terms.currency,
        orders=state.orders,
        way=[NAMES[letter] for letter in visit.path if letter in NAMES],
        behavior_score=score,
        risk_level=risk_level_of(score, state.patterns, terms.weights),
        risk_factors=[RiskFactor(key=one.key, points=one.points, sentence=one.sentence) for one in reasons],
        patterns=sorted(state.patterns),
        is_bot=sight.is_bot,
        is_customer=sight.is_customer,
        is_blocked=standing.is_blocked,
        listed=list(standing.listed),
    )


def risk_level_of(score: int, patterns: Collection[str], weights: Weights) -> Level:
    """The score's level, raised by what was noticed: a pattern makes it medium, a telling one or two of them high.

    The score is the plain sum of the four visitor factors, and these know nothing of refused cards or machines.
    """
    noticed: Level = "low"
    if patterns:
        noticed = "high" if len(patterns) > 1 or not TELLING.isdisjoint(patterns) else "medium"
    return max(level_of(score, weights), noticed, key=LEVELS.index)


def _facts(state: VisitorState) -> VisitorFacts:
    return VisitorFacts(
        sessions=state.sessions,
        page_views=state.page_views,
        avg_session_seconds=state.seconds / state.sessions if state.sessions else None,
        device_changes=state.device_changes,
        location_changes=state.location_changes,
        orders=state.orders,
    )


def _page_letter(visit: Visit) -> str:
    """The last station that is a page; a way too long to be kept whole ends before the present page."""
    if len(visit.path) >= LONGEST_PATH - 1 and visit.exit:
        return letter_of("page_view", visit.exit)
    return next((letter for letter in reversed(visit.path) if letter not in _HAPPENINGS and letter in NAMES), OTHER)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
