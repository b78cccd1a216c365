"""Reading facts inside a signal: each part as present, and `known` for a value that must be there.

All raise UnknownFactError where the fact is missing; the judge turns that into a gap, so that unknown never passes for "no".
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from shopwarden.domain.facts import (
    CustomerFacts,
    DeviceFacts,
    EmailFacts,
    Facts,
    IpFacts,
    OrderFacts,
    PhoneFacts,
    SessionFacts,
    VelocityFacts,
    VisitorFacts,
)

T = TypeVar("T")


class UnknownFactError(LookupError):
    """A fact a signal reads is not known."""


def known(value: T | None) -> T:
    if value is None:
        raise UnknownFactError
    return value


def order(facts: Facts) -> OrderFacts:
    return known(facts.order)


def customer(facts: Facts) -> CustomerFacts:
    return known(facts.customer)


def visitor(facts: Facts) -> VisitorFacts:
    return known(facts.visitor)


def session(facts: Facts) -> SessionFacts:
    return known(facts.session)


def ip(facts: Facts) -> IpFacts:
    return known(facts.ip)


def device(facts: Facts) -> DeviceFacts:
    return known(facts.device)


def email(facts: Facts) -> EmailFacts:
    return known(facts.email)


def phone(facts: Facts) -> PhoneFacts:
    return known(facts.phone)


def velocity(facts: Facts) -> VelocityFacts:
    return known(facts.velocity)


def days_since(facts: Facts, moment: datetime | None) -> float:
    """Days from `moment` to the decision, never below 0 (clocks disagree)."""
    return max(0.0, (facts.at - known(moment)).total_seconds() / 86400.0)
