"""Velocity signals of cards and shipping addresses: what goes where, and how many cards pay for it."""

from __future__ import annotations

from shopwarden.contracts.signal import Signal
from shopwarden.domain.facts import Facts
from shopwarden.signals.device import strong_counts
from shopwarden.signals.grading import (
    address_is_one_household,
    burst,
    households_at_address,
    households_on_device,
    households_on_ip,
)
from shopwarden.signals.reading import known, velocity
from shopwarden.signals.wording import busiest

_PLACES = ("shipping address", "shipping addresses")


def _gifts_by_email(facts: Facts) -> float:
    """Presents go to many addresses; so do resellers' parcels, who are wholesale customers where they are honest."""
    is_trade = facts.customer is not None and facts.customer.account_type == "wholesale"
    return burst(known(velocity(facts).addresses_by_email), (2, 5), (3, 8), (6, 20)) * (0.3 if is_trade else 1.0)


SIGNALS = (
    Signal(
        key="velocity.addresses_by_ip",
        part="velocity",
        points=14,
        needs=("ip.address", "velocity.addresses_by_ip"),
        test=lambda facts: (
            burst(known(velocity(facts).addresses_by_ip), (2, 6), (4, 12), (12, 36), households_on_ip(facts))
            * address_is_one_household(facts)
        ),
        reason=lambda facts: f"From this IP address: {busiest(known(velocity(facts).addresses_by_ip), *_PLACES)}.",
        group="velocity_ip",
        title="Many shipping addresses from one IP address",
    ),
    Signal(
        key="velocity.addresses_by_device",
        part="velocity",
        points=18,
        needs=("device.is_strong", "velocity.addresses_by_device"),
        test=lambda facts: burst(
            strong_counts(facts, velocity(facts).addresses_by_device), (2, 5), (3, 8), (6, 20), households_on_device(facts)
        ),
        reason=lambda facts: f"From this device: {busiest(known(velocity(facts).addresses_by_device), *_PLACES)}.",
        group="shared_device",
        title="Many shipping addresses from one device",
    ),
    Signal(
        key="velocity.cards_by_device",
        part="velocity",
        points=35,
        needs=("device.is_strong", "velocity.cards_by_device"),
        test=lambda facts: burst(
            strong_counts(facts, velocity(facts).cards_by_device), (2, 5), (2, 6), (3, 8), households_on_device(facts)
        ),
        reason=lambda facts: f"From this device: {busiest(known(velocity(facts).cards_by_device), 'card')}.",
        group="card_testing",
        title="Many cards from one device",
    ),
    Signal(
        key="velocity.addresses_by_email",
        part="velocity",
        points=14,
        needs=("velocity.addresses_by_email",),
        test=_gifts_by_email,
        reason=lambda facts: f"With this e-mail address: {busiest(known(velocity(facts).addresses_by_email), *_PLACES)}.",
        group="velocity_email",
        title="Many shipping addresses with one e-mail address",
    ),
    Signal(
        key="velocity.customers_by_email",
        part="velocity",
        points=12,
        needs=("velocity.customers_by_email",),
        test=lambda facts: burst(known(velocity(facts).customers_by_email), (1, 4), (2, 5), (2, 6)),
        reason=lambda facts: f"With this e-mail address: {busiest(known(velocity(facts).customers_by_email), 'customer')}.",
        group="velocity_email",
        title="Many customers with one e-mail address",
    ),
    Signal(
        key="velocity.cards_by_address",
        part="velocity",
        points=20,
        needs=("velocity.cards_by_address",),
        test=lambda facts: burst(
            known(velocity(facts).cards_by_address), (2, 5), (3, 8), (4, 12), households_at_address(facts)
        ),
        reason=lambda facts: f"To this shipping address: {busiest(known(velocity(facts).cards_by_address), 'card')}.",
        group="shared_address",
        title="Many cards for one address",
    ),
)
