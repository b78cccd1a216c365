"""From a kept visitor to the Tracker's answers: the contract's fields, and the score by the store's own points."""

from __future__ import annotations

from collections.abc import Sequence

from shopwarden.contracts.tracker import (
    RiskFactor,
    RiskIndicators,
    TrackedVisitor,
    VisitorBehavior,
    VisitorDetail,
    VisitorLocation,
)
from shopwarden.contracts.visitor_parts import VisitorDay
from shopwarden.domain.facts import VisitorFacts
from shopwarden.domain.patterns import RAPID_NAVIGATION
from shopwarden.domain.verdict import Weights
from shopwarden.signals.visitor_factors import behaviour_score
from shopwarden.store.visitor_parts import DayRow
from shopwarden.store.visitor_reads import VisitorRow


def facts_of(row: VisitorRow) -> VisitorFacts:
    """The facts the four visitor factors look at; a visitor without a session has no session duration."""
    return VisitorFacts(
        first_seen=row.first_seen,
        sessions=row.sessions,
        page_views=row.page_views,
        avg_session_seconds=row.session_seconds / row.sessions if row.sessions else None,
        device_changes=row.device_changes,
        location_changes=row.location_changes,
        orders=row.orders,
    )


def score_of(row: VisitorRow, weights: Weights) -> tuple[int, list[RiskFactor]]:
    score, reasons = behaviour_score(facts_of(row), weights)
    return score, [RiskFactor(key=r.key, points=r.points, sentence=r.sentence) for r in reasons]


def tracked(row: VisitorRow, weights: Weights) -> TrackedVisitor:
    score, factors = score_of(row, weights)
    return TrackedVisitor(
        visitor_id=str(row.id),
        ip=row.ip,
        sessions=row.sessions,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        page_views=row.page_views,
        avg_session_duration=round(row.session_seconds / row.sessions, 1) if row.sessions else 0.0,
        device_fingerprint=row.device_fingerprint,
        location=VisitorLocation(country=row.country_code, city=row.city),
        behavior_score=score,
        risk_factors=factors,
        vpn_detected=row.vpn_detected,
        is_bot=row.is_bot,
        patterns=sorted(row.patterns),
        customer_id=str(row.customer_id) if row.customer_id else None,
        anonymous_id=row.anonymous_id,
        device_changes=row.device_changes,
        location_changes=row.location_changes,
        orders=row.orders,
        revenue=float(row.revenue),
        ip_crowd=row.ip_crowd,
        device_crowd=row.device_crowd,
    )


def detail(row: VisitorRow, weights: Weights, currency: str) -> VisitorDetail:
    score, factors = score_of(row, weights)
    sessions = row.sessions or 1
    return VisitorDetail(
        visitor_id=str(row.id),
        behavior=VisitorBehavior(
            bounce_rate=round(min(1.0, row.bounced_sessions / sessions), 4),
            conversion_rate=round(min(1.0, row.converted_sessions / sessions), 4),
            cart_abandonment=row.abandoned_carts,
            average_order_value=float(round(row.revenue / row.orders, 2)) if row.orders else 0.0,
        ),
        risk_indicators=RiskIndicators(
            multiple_devices=row.device_changes > 0,
            vpn_detected=row.vpn_detected,
            rapid_activity=RAPID_NAVIGATION in row.patterns,
        ),
        behavior_score=score,
        risk_factors=factors,
        visitor=tracked(row, weights),
        sessions=row.sessions,
        orders=row.orders,
        revenue=float(row.revenue),
        currency=currency,
        device_changes=row.device_changes,
        location_changes=row.location_changes,
    )


def days_of(row: VisitorRow, days: Sequence[DayRow], weights: Weights) -> list[VisitorDay]:
    """The days with the score as it stood then; of the newest it is the score of now."""
    return [
        VisitorDay(
            day=day.day,
            sessions=day.sessions,
            page_views=day.page_views,
            seconds=round(day.seconds, 1),
            orders=day.orders,
            bounce_rate=round(day.bounced / day.sessions, 4),
            behavior_score=score_of(row, weights)[0] if place == 0 else behaviour_score(_then(row, day), weights)[0],
        )
        for place, day in enumerate(days)
    ]


def _then(row: VisitorRow, day: DayRow) -> VisitorFacts:
    return VisitorFacts(
        first_seen=row.first_seen,
        sessions=day.all_sessions,
        page_views=day.all_page_views,
        avg_session_seconds=day.all_seconds / day.all_sessions,
        device_changes=day.device_changes,
        location_changes=day.location_changes,
        orders=day.all_orders,
    )
