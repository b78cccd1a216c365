"""Trust signals: what speaks for a customer. All share one cap, so that no history outweighs hard evidence."""

from __future__ import annotations

from math import exp2
from operator import attrgetter

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import account_is_held, good_name, ramp
from shopwarden.signals.reading import customer, days_since, known
from shopwarden.signals.wording import count_of


def _seasoned_orders(facts: Facts) -> Strength:
    """Half the trust after 3 orders, three quarters after 6; a dispute takes it away."""
    if (customer(facts).disputes or 0) > 0:
        return False
    return (1.0 - exp2(-max(0, known(customer(facts).seasoned_orders)) / 3.0)) * account_is_held(facts)


def _established(facts: Facts) -> float:
    """Being known means less while no order of the customer has outlived the chargeback window, or where some went bad."""
    return good_name(facts) * (1.0 if (customer(facts).seasoned_orders or 0) > 0 else 0.4)


SIGNALS = (
    Signal(
        key="trust.seasoned_orders",
        part="trust",
        points=-30,
        needs=("customer.seasoned_orders",),
        test=_seasoned_orders,
        reason=lambda facts: (
            f"{count_of(known(customer(facts).seasoned_orders), 'paid order')} without trouble, "
            f"older than {facts.store.chargeback_window_days} days."
        ),
        group="standing",
        title="Paid orders past the chargeback window",
    ),
    Signal(
        key="trust.known_device",
        part="trust",
        points=-12,
        needs=("customer.known_device",),
        test=lambda facts: bool(customer(facts).known_device) and _established(facts),
        reason=lambda facts: "The customer has used this device before.",
        group="standing",
        title="Device known from before",
    ),
    Signal(
        key="trust.known_address",
        part="trust",
        points=-12,
        needs=("customer.known_shipping_address",),
        test=lambda facts: bool(customer(facts).known_shipping_address) and _established(facts),
        reason=lambda facts: "Earlier orders of the customer went to this address.",
        group="standing",
        title="Shipping address known from before",
    ),
    Signal(
        key="trust.account_age",
        part="trust",
        points=-8,
        needs=("customer.created_at",),
        test=lambda facts: (
            ramp(days_since(facts, customer(facts).created_at), 90, 730) * account_is_held(facts) * good_name(facts)
        ),
        reason=lambda facts: f"The account is {days_since(facts, customer(facts).created_at):.0f} days old.",
        group="standing",
        title="Long-standing account",
    ),
    Signal(
        key="trust.email_verified",
        part="trust",
        points=-4,
        needs=("customer.email_verified",),
        test=attrgetter("customer.email_verified"),
        reason=lambda facts: "The customer confirmed the e-mail address.",
        group="standing",
        title="E-mail address confirmed",
    ),
    Signal(
        key="trust.phone_verified",
        part="trust",
        points=-6,
        needs=("customer.phone_verified",),
        test=attrgetter("customer.phone_verified"),
        reason=lambda facts: "The customer confirmed the phone number.",
        group="standing",
        title="Phone number confirmed",
    ),
    Signal(
        key="trust.vip",
        part="trust",
        points=-20,
        needs=("customer.status",),
        test=lambda facts: customer(facts).status == "vip" and max(0.25, account_is_held(facts)),
        reason=lambda facts: "The store marked the customer as a VIP.",
        group="standing",
        title="Marked as VIP by the store",
    ),
)
