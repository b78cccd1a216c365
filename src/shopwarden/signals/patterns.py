"""Pattern signals: facts that mean little alone and much together."""

from __future__ import annotations

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.domain.place import place_key
from shopwarden.signals.grading import behind_vpn, ramp
from shopwarden.signals.order_value import times
from shopwarden.signals.reading import customer, known, order
from shopwarden.signals.wording import count_of


def _account_taken_over(facts: Facts) -> Strength:
    person = customer(facts)
    own = person.known_device or person.known_ip or person.known_shipping_address
    return known(person.orders_count) >= 1 and not own


def _express_to_new_address(facts: Facts) -> Strength:
    returning = known(customer(facts).orders_count) >= 1
    return bool(order(facts).express_shipping) and returning and not customer(facts).known_shipping_address


def _reshipping(facts: Facts) -> Strength:
    """Goods leave for a place that hides the buyer, ordered from behind a relay, before anybody knows the customer."""
    bought = order(facts)
    shipping = known(bought.shipping)
    sent_away = shipping.is_freight_forwarder or shipping.country != known(bought.billing).country
    return bool(sent_away) and behind_vpn(facts) and customer(facts).orders_count == 0


def _for_somebody_else(facts: Facts) -> bool:
    """Billed to one address, sent to another one and to another name."""
    billing, shipping = known(order(facts).billing), known(order(facts).shipping)
    same_name = billing.last_name is not None and billing.last_name == shipping.last_name
    return not same_name and place_key(billing) != place_key(shipping)


def _first_order_for_another(facts: Facts) -> Strength:
    return customer(facts).orders_count == 0 and _for_somebody_else(facts)


def _quick_resale(facts: Facts) -> Strength:
    """How goods bought with a stolen card leave: dear, by express, to a helper, from a buyer nobody knows."""
    if not _first_order_for_another(facts) or not order(facts).express_shipping:
        return False
    return ramp(times(facts, facts.store.usual_order_value), 1.5, 4)


def _made_up_buyer(facts: Facts) -> Strength:
    address = known(facts.email)
    return bool(address.is_disposable) and behind_vpn(facts) and customer(facts).orders_count == 0


SIGNALS = (
    Signal(
        key="order.takeover_pattern",
        part="order",
        points=30,
        needs=("customer.orders_count", "customer.known_device", "customer.known_ip", "customer.known_shipping_address"),
        test=_account_taken_over,
        reason=lambda facts: (
            f"A customer of {count_of(known(customer(facts).orders_count), 'order')} suddenly uses a new device, "
            "a new network and a new shipping address: the account may be in other hands."
        ),
        group="takeover",
        title="Known customer, but device, network and address all new",
    ),
    Signal(
        key="order.express_new_address",
        part="order",
        points=8,
        needs=("order.express_shipping", "customer.orders_count", "customer.known_shipping_address"),
        test=_express_to_new_address,
        reason=lambda facts: "A returning customer wants express shipping to an address never used before.",
        title="Express shipping to a returning customer's new address",
    ),
    Signal(
        key="order.express_first",
        part="order",
        points=6,
        needs=("order.express_shipping", "customer.orders_count"),
        test=lambda facts: bool(order(facts).express_shipping) and customer(facts).orders_count == 0,
        reason=lambda facts: "A first order with express shipping, which leaves no time to look.",
        title="First order with express shipping",
    ),
    Signal(
        key="order.new_address",
        part="order",
        points=5,
        needs=("customer.orders_count", "customer.known_shipping_address"),
        test=lambda facts: known(customer(facts).orders_count) >= 1 and not customer(facts).known_shipping_address,
        reason=lambda facts: "The customer never had anything sent to this address before.",
        group="takeover",
        title="Shipping address new for a returning customer",
    ),
    Signal(
        key="order.reshipping_pattern",
        part="order",
        points=20,
        needs=("ip.is_vpn", "order.billing.country", "order.shipping.country", "customer.orders_count"),
        test=_reshipping,
        reason=lambda facts: "A first order from behind a hidden IP address, sent away from where it is billed.",
        title="Hidden buyer, first order, sent elsewhere",
    ),
    Signal(
        key="order.first_for_another",
        part="order",
        points=6,
        needs=("order.billing.line1", "order.shipping.line1", "customer.orders_count"),
        test=_first_order_for_another,
        reason=lambda facts: "A first order that is billed to one address and sent to somebody else at another.",
        group="destination",
        title="First order sent to somebody else",
    ),
    Signal(
        key="order.quick_resale",
        part="order",
        points=14,
        needs=(
            "order.billing.line1",
            "order.shipping.line1",
            "order.express_shipping",
            "order.total",
            "store.usual_order_value",
            "customer.orders_count",
        ),
        test=_quick_resale,
        reason=lambda facts: (
            f"A first order of {times(facts, facts.store.usual_order_value):.1f} times the store's usual value, "
            "by express to somebody else than the payer."
        ),
        title="Large first order by express to somebody else",
    ),
    Signal(
        key="order.made_up_buyer",
        part="order",
        points=15,
        needs=("ip.is_vpn", "email.is_disposable", "customer.orders_count"),
        test=_made_up_buyer,
        reason=lambda facts: "A first order with a throwaway e-mail address from behind a hidden IP address.",
        title="Throwaway e-mail and hidden IP address",
    ),
)
