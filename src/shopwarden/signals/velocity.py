"""Velocity signals: how many orders, people, addresses and cards one source brings within an hour, a day and a week.

Counts hold what was seen before the decision, the customer's own earlier orders included, so every ramp leaves room for one
busy household. What is known to be shared by many (an office, a campus, a carrier's address, a common phone) may bring as
many times more as it has households; addresses of networks made for sharing count less to begin with.
"""

from __future__ import annotations

from math import sqrt

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Counts, Facts
from shopwarden.signals.device import strong_counts
from shopwarden.signals.grading import (
    Window,
    address_is_one_household,
    burst,
    households_at_address,
    households_on_device,
    households_on_ip,
    ramp,
)
from shopwarden.signals.reading import known, velocity
from shopwarden.signals.wording import busiest


def _by_ip(counts: Counts | None, facts: Facts, h1: Window, h24: Window) -> float:
    """A week on one address is only ever a household's or an office's habit: seven days weigh like three busy ones."""
    share = households_on_ip(facts)
    return burst(known(counts), h1, h24, (3 * h24[0], 3 * h24[1]), share) * address_is_one_household(facts)


def _refused_by_ip(facts: Facts) -> float:
    """Honest people's refusals are few and far between: a crowd's grow like its noise, not like its numbers."""
    counts, share = known(velocity(facts).failed_payments_by_ip), sqrt(households_on_ip(facts))
    return burst(counts, (3, 10), (8, 25), (24, 75), share) * address_is_one_household(facts)


def _refused_by_device(facts: Facts) -> float:
    counts = strong_counts(facts, velocity(facts).failed_payments_by_device)
    return burst(counts, (3, 9), (6, 15), (12, 30), sqrt(households_on_device(facts)))


def _by_address(count: Counts | None, facts: Facts, quiet: float, full: float) -> Strength:
    shipping = facts.order.shipping if facts.order is not None else None
    shared_by_trade = shipping is not None and shipping.is_freight_forwarder
    return ramp(known(count).d7 / households_at_address(facts), quiet, full) * (0.3 if shared_by_trade else 1.0)


BY_IP = (
    Signal(
        key="velocity.orders_by_ip",
        part="velocity",
        points=16,
        needs=("ip.address", "velocity.orders_by_ip"),
        test=lambda facts: _by_ip(velocity(facts).orders_by_ip, facts, (2, 8), (5, 20)),
        reason=lambda facts: f"From this IP address: {busiest(known(velocity(facts).orders_by_ip), 'order')}.",
        group="velocity_ip",
        title="Many orders from one IP address",
    ),
    Signal(
        key="velocity.customers_by_ip",
        part="velocity",
        points=20,
        needs=("ip.address", "velocity.customers_by_ip"),
        test=lambda facts: _by_ip(velocity(facts).customers_by_ip, facts, (2, 6), (4, 12)),
        reason=lambda facts: f"From this IP address: {busiest(known(velocity(facts).customers_by_ip), 'customer')}.",
        group="velocity_ip",
        title="Many customers from one IP address",
    ),
    Signal(
        key="velocity.emails_by_ip",
        part="velocity",
        points=20,
        needs=("ip.address", "velocity.emails_by_ip"),
        test=lambda facts: _by_ip(velocity(facts).emails_by_ip, facts, (2, 6), (4, 12)),
        reason=lambda facts: (
            f"From this IP address: {busiest(known(velocity(facts).emails_by_ip), 'e-mail address', 'e-mail addresses')}."
        ),
        group="velocity_ip",
        title="Many e-mail addresses from one IP address",
    ),
    Signal(
        key="velocity.cards_by_ip",
        part="velocity",
        points=35,
        needs=("ip.address", "velocity.cards_by_ip"),
        test=lambda facts: _by_ip(velocity(facts).cards_by_ip, facts, (2, 6), (4, 12)),
        reason=lambda facts: f"From this IP address: {busiest(known(velocity(facts).cards_by_ip), 'card')}.",
        group="card_testing",
        title="Many cards from one IP address",
    ),
    Signal(
        key="velocity.failed_payments_by_ip",
        part="velocity",
        points=40,
        needs=("ip.address", "velocity.failed_payments_by_ip"),
        test=_refused_by_ip,
        reason=lambda facts: (
            f"From this IP address: {busiest(known(velocity(facts).failed_payments_by_ip), 'failed payment')}."
        ),
        group="card_testing",
        title="Many failed payments from one IP address",
    ),
)

BY_DEVICE = (
    Signal(
        key="velocity.orders_by_device",
        part="velocity",
        points=14,
        needs=("device.is_strong", "velocity.orders_by_device"),
        test=lambda facts: burst(
            strong_counts(facts, velocity(facts).orders_by_device), (2, 6), (4, 12), (10, 30), households_on_device(facts)
        ),
        reason=lambda facts: f"From this device: {busiest(known(velocity(facts).orders_by_device), 'order')}.",
        group="shared_device",
        title="Many orders from one device",
    ),
    Signal(
        key="velocity.failed_payments_by_device",
        part="velocity",
        points=45,
        needs=("device.is_strong", "velocity.failed_payments_by_device"),
        test=_refused_by_device,
        reason=lambda facts: (
            f"From this device: {busiest(known(velocity(facts).failed_payments_by_device), 'failed payment')}."
        ),
        group="card_testing",
        title="Many failed payments from one device",
    ),
)

BY_EMAIL = (
    Signal(
        key="velocity.orders_by_email",
        part="velocity",
        points=14,
        needs=("velocity.orders_by_email",),
        test=lambda facts: (
            burst(known(velocity(facts).orders_by_email), (1, 5), (3, 9), (8, 20))
            * (0.3 if facts.customer is not None and facts.customer.account_type == "wholesale" else 1.0)
        ),
        reason=lambda facts: f"With this e-mail address: {busiest(known(velocity(facts).orders_by_email), 'order')}.",
        group="velocity_email",
        title="Many orders with one e-mail address",
    ),
    Signal(
        key="velocity.ips_by_email",
        part="velocity",
        points=14,
        needs=("velocity.ips_by_email",),
        test=lambda facts: burst(known(velocity(facts).ips_by_email), (2, 6), (5, 15), (20, 60)),
        reason=lambda facts: (
            f"With this e-mail address: {busiest(known(velocity(facts).ips_by_email), 'IP address', 'IP addresses')}."
        ),
        group="velocity_email",
        title="Many IP addresses with one e-mail address",
    ),
    Signal(
        key="velocity.cards_by_email",
        part="velocity",
        points=25,
        needs=("velocity.cards_by_email",),
        test=lambda facts: burst(known(velocity(facts).cards_by_email), (2, 5), (2, 6), (3, 8)),
        reason=lambda facts: f"With this e-mail address: {busiest(known(velocity(facts).cards_by_email), 'card')}.",
        group="card_testing",
        title="Many cards with one e-mail address",
    ),
)

BY_ADDRESS = (
    Signal(
        key="velocity.orders_by_address",
        part="velocity",
        points=14,
        needs=("velocity.orders_by_address",),
        test=lambda facts: _by_address(velocity(facts).orders_by_address, facts, 4, 15),
        reason=lambda facts: f"To this shipping address: {busiest(known(velocity(facts).orders_by_address), 'order')}.",
        group="shared_address",
        title="Many orders to one address",
    ),
    Signal(
        key="velocity.customers_by_address",
        part="velocity",
        points=30,
        needs=("velocity.customers_by_address",),
        test=lambda facts: _by_address(velocity(facts).customers_by_address, facts, 2, 6),
        reason=lambda facts: (
            f"To this shipping address: {busiest(known(velocity(facts).customers_by_address), 'customer')}."
        ),
        group="shared_address",
        title="Many customers at one address",
    ),
    Signal(
        key="velocity.emails_by_address",
        part="velocity",
        points=25,
        needs=("velocity.emails_by_address",),
        test=lambda facts: _by_address(velocity(facts).emails_by_address, facts, 2, 6),
        reason=lambda facts: (
            f"To this shipping address: "
            f"{busiest(known(velocity(facts).emails_by_address), 'e-mail address', 'e-mail addresses')}."
        ),
        group="shared_address",
        title="Many e-mail addresses for one address",
    ),
    Signal(
        key="velocity.customers_by_card",
        part="velocity",
        points=35,
        needs=("velocity.customers_by_card",),
        test=lambda facts: ramp(known(velocity(facts).customers_by_card).d7, 1, 4),
        reason=lambda facts: f"With this card: {busiest(known(velocity(facts).customers_by_card), 'customer')}.",
        title="One card, many customers",
    ),
)
