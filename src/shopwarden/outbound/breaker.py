"""The circuit breaker as a pure state machine: who fails again and again is left alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Stand = Literal["closed", "open", "half_open"]


class Rule(NamedTuple):
    """`after` faults in a row the breaker opens for `wait`; every further fault doubles it, up to `longest`."""

    after: int
    wait: timedelta
    longest: timedelta


RULES: dict[str, Rule] = {
    "unavailable": Rule(5, timedelta(seconds=30), timedelta(minutes=10)),
    "timeout": Rule(5, timedelta(seconds=30), timedelta(minutes=10)),
    "contract_changed": Rule(5, timedelta(minutes=10), timedelta(hours=6)),
    "auth": Rule(2, timedelta(minutes=15), timedelta(hours=6)),
    "quota": Rule(1, timedelta(minutes=30), timedelta(hours=6)),
}
"""Kinds of fault that say something about the vendor. A wrong key or used-up credits do not mend themselves in seconds."""
HEALTHY = frozenset({"invalid_input", "pending"})
"""Faults of one question: the vendor itself is well."""
PROBE = timedelta(seconds=30)
"""How long the one call lasts that tries a half-open breaker, before another one may."""


class Breaker(NamedTuple):
    """`faults` in a row; `open_until` None: closed."""

    faults: int = 0
    open_until: datetime | None = None


CLOSED = Breaker()


def stand(breaker: Breaker, now: datetime) -> Stand:
    if breaker.open_until is None:
        return "closed"
    return "open" if now < breaker.open_until else "half_open"


def after_fault(breaker: Breaker, kind: str, now: datetime) -> Breaker:
    """The breaker after one more fault. Kinds without a rule (rate_limited) leave it as it is."""
    if kind in HEALTHY:
        return CLOSED
    rule = RULES.get(kind)
    if rule is None:
        return breaker
    faults = breaker.faults + 1
    # A probe that failed opens it again whatever its kind: a half-open breaker has shown nothing better yet.
    if faults < rule.after and breaker.open_until is None:
        return Breaker(faults)
    doubled = rule.wait * 2 ** min(max(0, faults - rule.after), 16)
    until = now + min(rule.longest, doubled)
    return Breaker(faults, until if breaker.open_until is None else max(until, breaker.open_until))


def probing(breaker: Breaker, now: datetime) -> Breaker:
    """A half-open breaker while one call tries it: open for all others."""
    return Breaker(breaker.faults, now + PROBE)
