"""How far the answers of look-ups that were not made yet could move a score, by the signals that would read them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from shopwarden.contracts.signal import OTHER_LOOKUPS
from shopwarden.domain.answers import VendorFacts
from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import Policy as Decides
from shopwarden.domain.scoring import Claim, base_log_odds, total_points
from shopwarden.domain.vendor_merge import FILLS, FLIPS, merged_email, merged_ip, merged_phone
from shopwarden.domain.verdict import Advice, Weights
from shopwarden.domain.worth_asking import Option, Outlook, Policy, dollars
from shopwarden.signals.panel import Seat
from shopwarden.signals.vendor import WRITTEN
from shopwarden.steps.hearing import hear
from shopwarden.steps.judge import built_in_panel, judge


class Open(NamedTuple):
    """A look-up that could be made now. `price` in US dollars."""

    key: str
    title: str
    subject: str
    price: Decimal
    policy: Policy


class Weighed(NamedTuple):
    options: list[Option]
    outlook: Outlook


def weigh(facts: Facts, weights: Weights, opened: Sequence[Open]) -> Weighed:
    """What the policy decides by. Ups and downs count every signal an answer reaches at its full points."""
    panel = built_in_panel()
    heard = hear(panel, facts, weights).claims
    told = {claim.key: claim.points for claim in heard}
    missing = panel.missing(facts)
    options, ups, downs = [], dict[str, Claim](), dict[str, Claim]()
    for each in opened:
        reached = [_left(seat, weights, told) for seat in panel.seats if _reaches(each, seat, missing)]
        rising = {claim.key: claim for claim in reached if claim.points > 0}
        falling = {claim.key: claim for claim in reached if claim.points < 0}
        ups |= rising
        downs |= falling
        up, down = (sum(abs(claim.points) for claim in side.values()) for side in (rising, falling))
        options.append(Option(key=each.key, title=each.title, price=each.price, policy=each.policy, up=up, down=down))
    outlook = Outlook(
        points=total_points(heard, panel.caps),
        lowest=total_points([*heard, *downs.values()], panel.caps),
        highest=total_points([*heard, *ups.values()], panel.caps),
        base=base_log_odds(facts.store.fraud_rate),
        weights=weights,
        stake=dollars(facts.order.total, facts.order.currency) if facts.order is not None else None,
        is_settled=facts.customer is not None and facts.customer.is_blocked,
    )
    return Weighed(options, outlook)


def _reaches(opened: Open, seat: Seat, missing: set[str]) -> bool:
    lookup = seat.signal.lookup
    if lookup is not None:
        return lookup == opened.key or (lookup == OTHER_LOOKUPS and opened.key not in WRITTEN and opened.subject != "person")
    fills = set(FILLS.get(opened.subject, ()))
    unknown = missing.intersection(seat.signal.needs)
    return unknown <= fills and any(need in fills and (need in missing or need in FLIPS) for need in seat.signal.needs)


def _left(seat: Seat, weights: Weights, told: dict[str, float]) -> Claim:
    """What the signal has not said yet of its full points."""
    claim = seat.claim(weights, 1.0)
    return claim._replace(points=claim.points - told.get(claim.key, 0.0))


def with_vendors(offline: Facts, vendor: VendorFacts | None) -> Facts:
    """Facts that were put together without vendors, with what these say; address, mailbox and number filled from it."""
    return replace(
        offline,
        vendor=vendor,
        ip=merged_ip(offline.ip, vendor),
        email=merged_email(offline.email, vendor),
        phone=merged_phone(offline.phone, vendor),
    )


def deciders(
    offline: Facts, vendor: VendorFacts | None, advice: Advice, policy: Decides, subject: str = ""
) -> tuple[str, ...]:
    """The look-ups without whose answer, all others given, the advice would be another one."""
    if vendor is None:
        return ()
    keys = sorted({*vendor.ip, *vendor.email, *vendor.phone, *vendor.risk})

    def again(key: str) -> Advice:
        return judge(with_vendors(offline, without(vendor, key)), policy.weights, policy.ruleset, subject).advice

    return tuple(key for key in keys if again(key) != advice)


def without(vendor: VendorFacts, key: str) -> VendorFacts:
    """The same as if this look-up had never been made."""
    parts = {part: dict(getattr(vendor, part)) for part in ("ip", "email", "phone", "risk", "answered_at")}
    for part in parts.values():
        part.pop(key, None)
    return replace(vendor, **parts)
