"""Label signals: what people and banks said of the customer and of earlier orders, as known at the decision, and lists."""

from __future__ import annotations

from math import exp2

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import account_is_held
from shopwarden.signals.reading import customer, known
from shopwarden.signals.wording import count_of


def _confirmed_good(facts: Facts) -> Strength:
    """Half the trust after 2 orders; fraud found since takes it away, and so does a device, network and address all new."""
    person = customer(facts)
    if known(person.confirmed_fraud_orders) > 0 or person.labelled == "fraud":
        return False
    orders = 1.0 - exp2(-max(0, known(person.confirmed_good_orders)) / 2.0)
    return max(orders, 0.75 if person.labelled == "legitimate" else 0.0) * account_is_held(facts)


def _says_good(facts: Facts) -> str:
    orders = known(customer(facts).confirmed_good_orders)
    if orders:
        return f"{count_of(orders, 'earlier order was', 'earlier orders were')} looked at and confirmed as good."
    return "The customer was looked at and confirmed as good."


def _confirmed_fraud(facts: Facts) -> Strength:
    """One order tells; a person who looked at later orders and called the customer good is believed half."""
    person = customer(facts)
    if person.labelled == "fraud":
        return True
    return known(person.confirmed_fraud_orders) > 0 and (0.5 if person.labelled == "legitimate" else 1.0)


def _says_fraud(facts: Facts) -> str:
    orders = known(customer(facts).confirmed_fraud_orders)
    if orders:
        return f"{count_of(orders, 'earlier order', 'earlier orders')} of the customer turned out to be fraud."
    return "The customer was found to be a fraudster."


def _allowed_kinds(facts: Facts) -> list[str]:
    return sorted({hit.kind for hit in known(facts.lists) if hit.list == "allow"})


SIGNALS = (
    Signal(
        key="order.confirmed_fraud",
        part="order",
        points=45,
        needs=("customer.confirmed_fraud_orders", "customer.labelled"),
        test=_confirmed_fraud,
        reason=_says_fraud,
        group="past_fraud",
        title="Earlier orders were fraud",
    ),
    Signal(
        key="trust.confirmed_good",
        part="trust",
        points=-18,
        needs=("customer.confirmed_good_orders", "customer.confirmed_fraud_orders", "customer.labelled"),
        test=_confirmed_good,
        reason=_says_good,
        group="standing",
        title="Confirmed as good by a person",
    ),
    Signal(
        key="trust.allowed",
        part="trust",
        points=-20,
        needs=("lists",),
        test=lambda facts: bool(_allowed_kinds(facts)),
        reason=lambda facts: f"The store allows this {' and this '.join(_allowed_kinds(facts)) or 'order'} by hand.",
        group="standing",
        title="Allowed by hand",
    ),
)
