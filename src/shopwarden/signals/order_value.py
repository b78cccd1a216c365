"""Order signals about size: against the store's usual, the customer's usual, and a first order's."""

from __future__ import annotations

from decimal import Decimal

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import ramp
from shopwarden.signals.reading import UnknownFactError, customer, known, order
from shopwarden.signals.wording import count_of, money


def times(facts: Facts, usual: Decimal | None) -> float:
    """The order's total as a multiple of `usual`; unknown where currencies differ or there is nothing to compare with."""
    total = known(order(facts).total)
    foreign = order(facts).currency not in (None, facts.store.currency)
    measured = total.is_finite() and known(usual).is_finite()
    if foreign or not measured or known(usual) <= 0:
        raise UnknownFactError
    return float(total) / float(known(usual))


def _above_usual_of_customer(facts: Facts) -> Strength:
    return known(customer(facts).orders_count) >= 2 and ramp(times(facts, customer(facts).usual_order_value), 2.5, 8)


def _large_first_order(facts: Facts) -> Strength:
    return customer(facts).orders_count == 0 and ramp(times(facts, facts.store.usual_order_value), 2, 6)


def _small_trial(facts: Facts) -> Strength:
    return known(order(facts).failed_payments) >= 3 and ramp(times(facts, facts.store.usual_order_value), 0.5, 0.1)


SIGNALS = (
    Signal(
        key="order.high_value",
        part="order",
        points=12,
        needs=("order.total", "store.high_order_value"),
        test=lambda facts: ramp(times(facts, facts.store.high_order_value), 0.8, 2),
        reason=lambda facts: (
            f"{money(order(facts).total, facts)} is a large order: "
            f"95 of 100 stay below {money(facts.store.high_order_value, facts)}."
        ),
        group="value",
        title="Among the store's largest orders",
    ),
    Signal(
        key="order.above_usual",
        part="order",
        points=8,
        needs=("order.total", "store.usual_order_value"),
        test=lambda facts: ramp(times(facts, facts.store.usual_order_value), 3, 10),
        reason=lambda facts: (
            f"{money(order(facts).total, facts)} is "
            f"{times(facts, facts.store.usual_order_value):.1f} times the store's usual order."
        ),
        group="value",
        title="Many times the store's usual order",
    ),
    Signal(
        key="order.above_customer_usual",
        part="order",
        points=12,
        needs=("order.total", "customer.usual_order_value", "customer.orders_count"),
        test=_above_usual_of_customer,
        reason=lambda facts: (
            f"{money(order(facts).total, facts)} is {times(facts, customer(facts).usual_order_value):.1f} times "
            "what this customer usually spends."
        ),
        group="value",
        title="Many times the customer's usual order",
    ),
    Signal(
        key="order.first_large",
        part="order",
        points=12,
        needs=("order.total", "store.usual_order_value", "customer.orders_count"),
        test=_large_first_order,
        reason=lambda facts: (
            f"A first order of {times(facts, facts.store.usual_order_value):.1f} times the store's usual value."
        ),
        group="value",
        title="First order and large",
    ),
    Signal(
        key="order.first",
        part="order",
        points=3,
        needs=("customer.orders_count",),
        test=lambda facts: facts.order is not None and customer(facts).orders_count == 0,
        reason=lambda facts: "The customer's first order.",
        title="First order",
    ),
    Signal(
        key="order.small_trial",
        part="order",
        points=12,
        needs=("order.total", "order.failed_payments", "store.usual_order_value"),
        test=_small_trial,
        reason=lambda facts: (
            f"A small order of {money(order(facts).total, facts)} after "
            f"{count_of(known(order(facts).failed_payments), 'failed payment')}, as when cards are tried out."
        ),
        group="card_testing",
        title="Small order after failed payments",
    ),
)
