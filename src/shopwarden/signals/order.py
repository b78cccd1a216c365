"""Order signals: where the parcel goes, how the card answered, and what is bought."""

from __future__ import annotations

from operator import attrgetter

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import DISPUTED_POINTS, dispute_points, ramp
from shopwarden.signals.reading import customer, known, order
from shopwarden.signals.wording import count_of, country_of

ORDERS_IF_UNKNOWN = 6
"""Where disputes are known and the number of orders is not."""


def _past_disputes(facts: Facts) -> Strength:
    person = customer(facts)
    disputes = known(person.disputes)
    orders = ORDERS_IF_UNKNOWN if person.orders_count is None else person.orders_count
    return dispute_points(disputes, orders) / DISPUTED_POINTS if disputes else False


DESTINATION = (
    Signal(
        key="order.country_mismatch",
        part="order",
        points=18,
        needs=("order.billing.country", "order.shipping.country"),
        test=lambda facts: known(order(facts).billing).country != known(order(facts).shipping).country,
        reason=lambda facts: (
            f"Billed to {country_of(order(facts).billing)}, but shipped to {country_of(order(facts).shipping)}."
        ),
        group="destination",
        title="Billing and shipping in different countries",
    ),
    Signal(
        key="order.freight_forwarder",
        part="order",
        points=16,
        needs=("order.shipping.is_freight_forwarder",),
        test=attrgetter("order.shipping.is_freight_forwarder"),
        reason=lambda facts: "The parcel goes to a freight forwarder, who sends it on to somewhere else.",
        group="destination",
        title="Shipped to a freight forwarder",
    ),
    Signal(
        key="order.po_box",
        part="order",
        points=5,
        needs=("order.shipping.is_po_box",),
        test=attrgetter("order.shipping.is_po_box"),
        reason=lambda facts: "The parcel goes to a post office box.",
        group="destination",
        title="Shipped to a post office box",
    ),
    Signal(
        key="order.shipping_invalid",
        part="order",
        points=10,
        needs=("order.shipping.is_valid",),
        test=lambda facts: not known(order(facts).shipping).is_valid,
        reason=lambda facts: (
            f"The shipping address does not have the form of an address in {country_of(order(facts).shipping)}."
        ),
        group="destination",
        title="Shipping address not valid",
    ),
    Signal(
        key="order.billing_invalid",
        part="order",
        points=8,
        needs=("order.billing.is_valid",),
        test=lambda facts: not known(order(facts).billing).is_valid,
        reason=lambda facts: (
            f"The billing address does not have the form of an address in {country_of(order(facts).billing)}."
        ),
        group="card_check",
        title="Billing address not valid",
    ),
)

ADDRESS_MATCHED = frozenset("YXDMFJQV")
ADDRESS_PARTLY_MATCHED = frozenset("AZWBPLTHKO")
ADDRESS_REFUSED = frozenset("N")


def _address_check(facts: Facts) -> Strength:
    """Codes of the card networks' address verification; what is in none of the sets means "not checked"."""
    code = known(order(facts).avs_result).strip().upper()
    if code in ADDRESS_REFUSED:
        return 1.0
    if code in ADDRESS_PARTLY_MATCHED:
        return 0.3
    return False if code in ADDRESS_MATCHED else None


def _security_code(facts: Facts) -> Strength:
    """Codes of the card networks' verification value: only M and N answer the question, S says it should be there."""
    return {"M": 0.0, "N": 1.0, "S": 0.4}.get(known(order(facts).cvv_result).strip().upper())


CARD = (
    Signal(
        key="order.card_country",
        part="order",
        points=15,
        needs=("order.card_country", "order.billing.country"),
        test=lambda facts: order(facts).card_country != known(order(facts).billing).country,
        reason=lambda facts: (
            f"The card was issued in {order(facts).card_country}, "
            f"the billing address is in {country_of(order(facts).billing)}."
        ),
        group="card_check",
        title="Card from another country than the billing address",
    ),
    Signal(
        key="order.avs",
        part="order",
        points=14,
        needs=("order.avs_result",),
        test=_address_check,
        reason=lambda facts: (
            f"The card's bank {'does not confirm' if _address_check(facts) == 1.0 else 'only partly confirms'} "
            f"the billing address (address check {order(facts).avs_result})."
        ),
        group="card_check",
        title="The bank does not confirm the address",
    ),
    Signal(
        key="order.cvv",
        part="order",
        points=18,
        needs=("order.cvv_result",),
        test=_security_code,
        reason=lambda facts: f"The card's security code was wrong or left out (result {order(facts).cvv_result}).",
        group="card_check",
        title="Security code of the card wrong",
    ),
    Signal(
        key="order.failed_payments",
        part="order",
        points=25,
        needs=("order.failed_payments",),
        test=lambda facts: ramp(known(order(facts).failed_payments), 2, 8),
        reason=lambda facts: f"{count_of(known(order(facts).failed_payments), 'payment')} failed before this one.",
        group="card_testing",
        title="Failed payments before this one",
    ),
    Signal(
        key="order.cards_tried",
        part="order",
        points=35,
        needs=("order.distinct_cards_tried",),
        test=lambda facts: ramp(known(order(facts).distinct_cards_tried), 2, 5),
        reason=lambda facts: f"{known(order(facts).distinct_cards_tried)} different cards were tried.",
        group="card_testing",
        title="Several cards tried",
    ),
)

GOODS = (
    Signal(
        key="order.gift_cards",
        part="order",
        points=14,
        needs=("order.gift_card_share",),
        test=lambda facts: ramp(known(order(facts).gift_card_share), 0.2, 0.8),
        reason=lambda facts: f"{known(order(facts).gift_card_share):.0%} of the order's value is gift cards.",
        title="Gift cards",
    ),
    Signal(
        key="order.many_of_one",
        part="order",
        points=10,
        needs=("order.largest_quantity",),
        test=lambda facts: (
            ramp(known(order(facts).largest_quantity), 4, 15)
            * (0.3 if facts.customer is not None and facts.customer.account_type == "wholesale" else 1.0)
        ),
        reason=lambda facts: f"{count_of(known(order(facts).largest_quantity), 'piece')} of one item.",
        title="Many of one item",
    ),
    Signal(
        key="order.past_disputes",
        part="order",
        points=DISPUTED_POINTS,
        needs=("customer.disputes",),
        group="past_fraud",
        test=_past_disputes,
        reason=lambda facts: (
            f"{count_of(known(customer(facts).disputes), 'earlier payment was', 'earlier payments were')} disputed"
            + (f", of {count_of(orders, 'order')}." if (orders := customer(facts).orders_count) else ".")
        ),
        title="Earlier orders disputed",
    ),
    Signal(
        key="order.refund_habit",
        part="order",
        points=8,
        needs=("customer.refunds", "customer.orders_count"),
        test=lambda facts: (
            known(customer(facts).refunds) >= 3
            and ramp(known(customer(facts).refunds) / max(1, known(customer(facts).orders_count)), 0.3, 0.8)
        ),
        reason=lambda facts: f"{customer(facts).refunds} of {customer(facts).orders_count} earlier orders were refunded.",
        title="Most earlier orders refunded",
    ),
    Signal(
        key="order.platform_risk",
        part="vendor",
        points=30,
        needs=("order.platform_risk",),
        test=lambda facts: {"none": 0.0, "low": 0.0, "medium": 0.4, "high": 1.0}.get(
            known(order(facts).platform_risk).lower()
        ),
        reason=lambda facts: f"The shop platform's own check calls the risk {known(order(facts).platform_risk).lower()}.",
        title="Risk level of the shop platform",
    ),
)
