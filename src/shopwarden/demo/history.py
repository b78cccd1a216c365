"""Earlier orders of customers the shop knows: months old, paid, a few refunded, so that good names have a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shopwarden.demo.actions import Truth
from shopwarden.demo.bodies import Sale, customer_body, dispute_body, order_body, refund_body, transaction_body
from shopwarden.demo.catalogue import ordinary_basket
from shopwarden.demo.dice import Dice
from shopwarden.demo.people import Person
from shopwarden.demo.purchase import Plan, sale_of
from shopwarden.demo.stage import Stage
from shopwarden.demo.walk import Walk, visitor_of

REMEMBERED_VISITS = 2
"""Tracker messages exist for this many of the latest earlier orders: the script came to the shop later than the shop."""


def known_customer(stage: Stage, dice: Dice, person: Person, before: datetime) -> Person:
    """Plays the person's past before `before`; answers the person as the shop knows them."""
    count = min(stage.most_past_orders, dice.weighted({1: 30, 2: 25, 3: 15, 5: 15, 8: 10, 12: 5}))
    ages = sorted((dice.between(20, 420) for _ in range(count)), reverse=True)
    first = before - timedelta(days=ages[0], minutes=20)
    known = msgspec.structs.replace(person, since=first, is_registered=dice.chance(0.6), ip=person.home_ip)
    stage.webhook(first, "customers/create", customer_body(known, first))
    for place, age in enumerate(ages):
        earlier_order(stage, dice, known, before - timedelta(days=age), is_tracked=count - place <= REMEMBERED_VISITS)
    return msgspec.structs.replace(known, ip=person.ip)


def earlier_order(stage: Stage, dice: Dice, person: Person, at: datetime, *, is_tracked: bool = True) -> Sale:
    """An honest order of the past; a twentieth of them came back."""
    walk = Walk(stage, dice, visitor_of(person, ip=person.home_ip), at)
    sale = sale_of(walk, person, ordinary_basket(dice), Plan())
    if is_tracked:
        walk.product(sale.lines[0].product)
        walk.product(sale.lines[-1].product)
        walk.track("Checkout Started", {"checkout_token": sale.checkout_token, "cart_token": sale.cart_token}, "/checkout")
        walk.wait(80)
        walk.track(
            "Order Completed", {"order_id": str(sale.order_id), "checkout_token": sale.checkout_token, "total": sale.total}
        )
    sale = msgspec.structs.replace(sale, at=walk.now)
    paid_order(stage, sale, "earlier order", is_fraud=False)
    if dice.chance(0.05):
        back = sale.at + timedelta(days=9)
        stage.webhook(back, "refunds/create", refund_body(sale, stage.numbers.next(), back, "did not fit"))
    return sale


def paid_order(stage: Stage, sale: Sale, character: str, *, is_fraud: bool) -> None:
    paid = sale.at + timedelta(seconds=4)
    stage.webhook(paid, "orders/create", order_body(sale, paid, "paid"))
    stage.webhook(paid, "order_transactions/create", transaction_body(sale, stage.numbers.next(), paid, sale.card))
    if is_fraud:
        lost = sale.at + timedelta(days=12)
        stage.webhook(lost, "disputes/create", dispute_body(sale, stage.numbers.next(), lost))
    stage.truth(
        Truth(
            order_id=str(sale.order_id),
            name=f"#{sale.number}",
            character=character,
            is_fraud=is_fraud,
            total=sale.total,
            at=sale.at,
            is_history=True,
        )
    )
