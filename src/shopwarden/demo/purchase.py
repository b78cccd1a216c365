"""From the basket to the paid order: what tracker and shop tell of it, in the order it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopwarden.demo.actions import Body, Truth
from shopwarden.demo.bodies import (
    Sale,
    cart_body,
    checkout_body,
    customer_body,
    order_body,
    transaction_body,
)
from shopwarden.demo.catalogue import Line
from shopwarden.demo.people import Card, Person
from shopwarden.demo.places import Address
from shopwarden.demo.walk import Walk, product_properties

REFUSALS = {"card_declined": 60, "incorrect_cvc": 20, "insufficient_funds": 12, "expired_card": 8}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody means to pay and to whom it goes. `refused`: cards tried before the one that works."""

    ship_to: Address | None = None
    recipient: tuple[str, str] | None = None
    is_express: bool = False
    is_wallet: bool = False
    refused: Sequence[Card] = ()
    seconds_in_checkout: float = 95.0
    seconds_between_tries: float = 25.0
    is_completed: bool = True
    discount: str = ""
    carts_tracked: bool = True


def sale_of(walk: Walk, person: Person, lines: tuple[Line, ...], plan: Plan) -> Sale:
    numbers, ids = walk.stage.numbers, walk.stage.ids
    return Sale(
        order_id=numbers.next(),
        number=numbers.next_order(),
        at=walk.now,
        person=person,
        lines=lines,
        ship_to=plan.ship_to or person.home,
        recipient=plan.recipient or (person.first, person.last),
        checkout_token=ids.hexadecimal(32),
        cart_token=ids.hexadecimal(32),
        ip=walk.visitor.ip,
        card=None if plan.is_wallet else person.card,
        is_express=plan.is_express,
        referrer=walk.visitor.referrer,
        discount=plan.discount,
    )


def buy(walk: Walk, person: Person, lines: tuple[Line, ...], plan: Plan, truth: tuple[str, bool]) -> Sale:
    """Basket, checkout, payment, order. `truth`: the character, and whether it is fraud."""
    sale = sale_of(walk, person, lines, plan)
    fill_basket(walk, sale, plan)
    started = check_out(walk, sale, plan)
    refused = []
    for card in plan.refused:
        refused.append((card, refuse(walk, sale, card), walk.now))
        walk.wait(walk.dice.around(plan.seconds_between_tries, 0.4))
    if not plan.is_completed:
        return sale
    sale = msgspec.structs.replace(sale, at=walk.now)
    order(walk, sale, refused)
    stage, at = walk.stage, walk.now + timedelta(seconds=3)
    stage.webhook(at, "checkouts/update", checkout_body(sale, started, at, is_named=True, is_done=True))
    stage.truth(
        Truth(
            order_id=str(sale.order_id),
            name=f"#{sale.number}",
            character=truth[0],
            is_fraud=truth[1],
            total=sale.total,
            at=sale.at,
        )
    )
    return sale


def fill_basket(walk: Walk, sale: Sale, plan: Plan) -> None:
    if not plan.carts_tracked:
        return
    created = walk.now
    for place, line in enumerate(sale.lines):
        walk.add(line, sale.cart_token)
        walk.stage.webhook(walk.now, "carts/update" if place else "carts/create", cart_body(sale, created, walk.now))


def check_out(walk: Walk, sale: Sale, plan: Plan) -> datetime:
    """Answers when the checkout was started."""
    stage, person, started = walk.stage, sale.person, walk.now
    tokens: Body = {"checkout_token": sale.checkout_token, "cart_token": sale.cart_token}
    products = [product_properties(line.product, line.quantity) for line in sale.lines]
    walk.track(
        "Checkout Started", {**tokens, "value": sale.total, "currency": "USD", "products": list(products)}, "/checkout"
    )
    stage.webhook(walk.now, "checkouts/create", checkout_body(sale, started, walk.now, is_named=False))
    share = plan.seconds_in_checkout / 3
    walk.wait(walk.dice.around(share, 0.3))
    walk.track(
        "Checkout Step Completed",
        {**tokens, "checkout_id": sale.checkout_token, "step": 1, "email": person.email},
        "/checkout",
    )
    if person.since is None:
        stage.webhook(walk.now, "customers/create", customer_body(person, walk.now))
    walk.wait(walk.dice.around(share, 0.3))
    stage.webhook(walk.now, "checkouts/update", checkout_body(sale, started, walk.now, is_named=True))
    method = "Shop Pay" if plan.is_wallet else "credit_card"
    walk.track("Payment Info Entered", {**tokens, "step": 3, "payment_method": method}, "/checkout")
    walk.wait(walk.dice.around(share, 0.3))
    return started


def refuse(walk: Walk, sale: Sale, card: Card) -> str:
    """A payment the bank refuses; answers the error. Unless an order comes of it, only the tracker tells of it."""
    error = walk.dice.weighted(REFUSALS)
    walk.track(
        "Payment Failed",
        {
            "checkout_token": sale.checkout_token, "card_bin": card.bin, "card_last4": card.last4,
            "error_code": error, "gateway": "shopify_payments", "amount": sale.total,
            "currency": "USD", "email": sale.person.email,
        },
        "/checkout",
    )  # fmt: skip
    return error


def order(walk: Walk, sale: Sale, refused: Sequence[tuple[Card, str, datetime]]) -> None:
    stage, paid = walk.stage, walk.now + timedelta(seconds=2)
    properties: Body = {
        "order_id": str(sale.order_id), "checkout_token": sale.checkout_token, "cart_token": sale.cart_token,
        "total": sale.total, "revenue": sale.subtotal - sale.reduction, "currency": "USD",
        "products": [product_properties(line.product, line.quantity) for line in sale.lines],
    }  # fmt: skip
    walk.track("Order Completed", properties, "/checkout/thank-you")
    stage.webhook(walk.now + timedelta(seconds=1), "orders/create", order_body(sale, sale.at, "pending"))
    stage.webhook(paid, "order_transactions/create", transaction_body(sale, stage.numbers.next(), paid, sale.card))
    for card, error, at in refused:
        stage.webhook(paid, "order_transactions/create", transaction_body(sale, stage.numbers.next(), at, card, error))
    stage.webhook(paid, "orders/paid", order_body(sale, paid, "paid"))
