"""Device signals: whose device it is, how many use it, and whether it tells the truth about itself.

A fingerprint made of headers alone is shared by everybody with the same browser: it can't tell who used a device, so signals
that would convict by it answer "unknown". A strong one that a crowd is known to have is weighed as what each of them may do.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Counts, Facts
from shopwarden.signals.grading import burst, households_on_device, location_is_meant, ramp
from shopwarden.signals.reading import UnknownFactError, customer, device, ip, known, velocity
from shopwarden.signals.wording import busiest, named

UNSPOKEN_TIMEZONES = ("UTC", "GMT", "Etc/")
"""What privacy browsers report to everybody."""


def strong_counts(facts: Facts, counts: Counts | None) -> Counts:
    """The counts of a device, where its fingerprint is strong enough to be one device."""
    if not device(facts).is_strong:
        raise UnknownFactError
    return known(counts)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None


def _hours_apart(facts: Facts) -> float:
    here, there = known(device(facts).timezone), known(ip(facts).timezone)
    if here.startswith(UNSPOKEN_TIMEZONES):
        raise UnknownFactError
    offsets = [known(_zone(name)).utcoffset(facts.at) or timedelta() for name in (here, there)]
    return abs((offsets[0] - offsets[1]).total_seconds()) / 3600.0


def _seen_in_fraud(facts: Facts) -> Strength:
    """A fingerprint that many honest people have as well is hardly the thief's own."""
    seen = device(facts)
    return known(seen.seen_in_fraud) / households_on_device(facts) if seen.is_strong else None


SIGNALS = (
    Signal(
        key="device.many_customers",
        part="device",
        points=30,
        needs=("device.is_strong", "velocity.customers_by_device"),
        test=lambda facts: ramp(
            strong_counts(facts, velocity(facts).customers_by_device).d7 / households_on_device(facts), 2, 6
        ),
        reason=lambda facts: f"{known(velocity(facts).customers_by_device).d7} customers used this device within a week.",
        group="shared_device",
        title="One device, many customers",
    ),
    Signal(
        key="device.many_emails",
        part="device",
        points=25,
        needs=("device.is_strong", "velocity.emails_by_device"),
        test=lambda facts: burst(
            strong_counts(facts, velocity(facts).emails_by_device), (2, 5), (2, 6), (3, 8), households_on_device(facts)
        ),
        reason=lambda facts: (
            f"This device used {busiest(known(velocity(facts).emails_by_device), 'e-mail address', 'e-mail addresses')}."
        ),
        group="shared_device",
        title="One device, many e-mail addresses",
    ),
    Signal(
        key="device.seen_in_fraud",
        part="device",
        points=45,
        needs=("device.is_strong", "device.seen_in_fraud"),
        test=_seen_in_fraud,
        reason=lambda facts: "This device was on an earlier order that turned out to be fraud.",
        title="Device of an earlier fraud",
    ),
    Signal(
        key="device.disagrees",
        part="device",
        points=18,
        needs=("device.disagrees",),
        test=attrgetter("device.disagrees"),
        reason=lambda facts: (
            f"The browser claims to be {named(device(facts).browser, 'one thing')} "
            f"on {named(device(facts).os, 'one system')}, but what it reports about itself contradicts that."
        ),
        title="Device disguised as another",
    ),
    Signal(
        key="device.timezone",
        part="device",
        points=12,
        needs=("device.timezone", "ip.timezone"),
        test=lambda facts: ramp(_hours_apart(facts), 1, 4) * location_is_meant(facts),
        reason=lambda facts: (
            f"The device's clock runs on {device(facts).timezone} time, its IP address is in {ip(facts).timezone}, "
            f"{_hours_apart(facts):.0f} hours apart."
        ),
        group="location",
        title="Device and IP address in different time zones",
    ),
    Signal(
        key="device.new_for_customer",
        part="device",
        points=8,
        needs=("customer.known_device", "customer.orders_count"),
        test=lambda facts: not customer(facts).known_device and known(customer(facts).orders_count) >= 1,
        reason=lambda facts: "The customer never used this device before.",
        group="takeover",
        title="Device new for a returning customer",
    ),
)
