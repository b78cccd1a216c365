"""How strongly a fact speaks: ramps instead of cliffs, and how much an address shared by many tells of one."""

from __future__ import annotations

from math import log2

from shopwarden.domain.facts import Counts, Facts


def ramp(value: float, quiet: float, full: float) -> float:
    """Strength 0..1, linear from 0 at `quiet` to 1 at `full`; `full` below `quiet` makes it a falling ramp."""
    return min(1.0, max(0.0, (value - quiet) / (full - quiet)))


Window = tuple[float, float]


def burst(counts: Counts, h1: Window, h24: Window, d7: Window, households: float = 1.0) -> float:
    """Strength of the strongest of three windows, each given as the (quiet, full) counts of one household."""
    windows = ((counts.h1, h1), (counts.h24, h24), (counts.d7, d7))
    return max(ramp(count / households, *window) for count, window in windows)


HOUSEHOLD = 3
"""As many people on one address or device are one household, whose counts are looked at together."""
CROWD = 10
"""Among so many people "the same address" says nothing of who it is."""


def households(people: int | None) -> float:
    """How many households share something; 1 where nobody knows. Their orders add up, so their ramps stretch as far."""
    return max(1.0, (people or 0) / HOUSEHOLD)


def households_on_ip(facts: Facts) -> float:
    return households(facts.crowd.ip if facts.crowd is not None else None)


def households_on_device(facts: Facts) -> float:
    return households(facts.crowd.device if facts.crowd is not None else None)


def households_at_address(facts: Facts) -> float:
    return households(facts.crowd.address if facts.crowd is not None else None)


def is_crowded(people: int | None) -> bool:
    return people is not None and people >= CROWD


def behind_vpn(facts: Facts) -> bool:
    """Known to hide behind a relay, so that the address says little about where or who the person is."""
    ip = facts.ip
    return ip is not None and bool(ip.is_vpn or ip.is_proxy or ip.is_tor)


def address_is_one_household(facts: Facts) -> float:
    """Share of suspicion left when one IP address may serve many strangers: carriers, relays, campuses, offices."""
    ip = facts.ip
    if ip is None:
        return 1.0
    if ip.is_mobile or ip.connection_type == "Mobile":
        return 0.25
    # Companies and privacy services send their people out through data centres too.
    if behind_vpn(facts) or ip.is_hosting:
        return 0.4
    return 0.5 if ip.connection_type in ("Corporate", "Education") else 1.0


def location_is_meant(facts: Facts) -> float:
    """Share of suspicion left in a location mismatch when a known relay explains it."""
    return 0.5 if behind_vpn(facts) else 1.0


USUAL_DISPUTES = 0.01
"""Share of orders that end in a dispute where nothing is known of the buyer; weighs like two orders of their own."""
DISPUTED_POINTS = 55.0


def dispute_points(disputes: int, orders: int) -> float:
    """How much likelier than usual the next order is disputed, in points (10 double the odds), 0..`DISPUTED_POINTS`.

    The share of disputed orders is drawn towards the usual one by two orders (beta-binomial shrinkage): one of forty says
    little, two of four nearly all.
    """
    share = (disputes + 2 * USUAL_DISPUTES) / (max(orders, disputes) + 2)
    odds, usual = share / (1 - share), USUAL_DISPUTES / (1 - USUAL_DISPUTES)
    return min(DISPUTED_POINTS, max(0.0, 10 * log2(odds / usual)))


def good_name(facts: Facts) -> float:
    """Share left of what being known speaks for somebody: none where a quarter of the orders was disputed or was fraud."""
    person = facts.customer
    bad = max(person.disputes or 0, person.confirmed_fraud_orders or 0) if person is not None else 0
    if person is None or not bad:
        return 1.0
    return max(0.0, 1.0 - 4 * bad / max(bad, person.orders_count or 0))


def account_is_held(facts: Facts) -> float:
    """Share of an account's good name that goes to whoever uses it now.

    Full if the device, the IP address or the shipping address is the customer's own, none if all three are known to be new
    (the account may be stolen), half if nobody can tell.
    """
    person = facts.customer
    if person is None:
        return 0.5
    crowded = facts.crowd is not None and is_crowded(facts.crowd.ip)
    # On an address of many, being on it proves nothing; not being on it still does.
    known_ip = None if crowded and person.known_ip else person.known_ip
    marks = (person.known_device, known_ip, person.known_shipping_address)
    if any(marks):
        return 1.0
    told = sum(mark is not None for mark in marks)
    return 0.5 * (1.0 - told / len(marks))
