"""Fraud in the kinds a shop meets: card testing, taken accounts, a ring, stolen cards used with more or less skill, bots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from shopwarden.demo.catalogue import GIFT_CARDS, ORDINARY, SOUGHT_AFTER, Line, ordinary_basket, resale_basket
from shopwarden.demo.devices import HEADLESS, THIEVES_USE, device_of, robot
from shopwarden.demo.dice import Dice
from shopwarden.demo.history import known_customer, paid_order
from shopwarden.demo.names import made_up_email, name_of
from shopwarden.demo.people import Person, stolen_card
from shopwarden.demo.places import COUNTRIES, address_in
from shopwarden.demo.purchase import Plan, buy, sale_of
from shopwarden.demo.stage import Stage
from shopwarden.demo.walk import HASTY, MACHINE, READING, Walk, visitor_of

Campaign = Callable[[Stage, Dice, datetime], int]
"""Plays a campaign beginning at a time; answers how many orders came of it."""

CARD_TESTING = "card testing"
TAKEOVER = "account takeover"
RING = "ring"
STOLEN = "stolen card"
CAREFUL = "stolen card, careful"
BOT = "bot checkout"


def card_testing(stage: Stage, dice: Dice, at: datetime) -> int:
    """Tries cards on something cheap until one works; then goes on to the next lot of cards."""
    thief = stage.casting.thief(dice, dice.between(0.0, 0.4))
    orders = dice.whole(1, 3)
    walk = Walk(stage, dice, visitor_of(thief), at, HASTY)
    for _ in range(orders):
        walk.product(dice.pick(ORDINARY))
        tried = tuple(stolen_card(dice) for _ in range(dice.whole(4, 14)))
        email, number = made_up_email(dice, thief.first, thief.last, 0.4), stage.numbers.next()
        thief = replace(thief, card=stolen_card(dice, 0.2), customer_id=number, email=email)
        plan = Plan(refused=tried, seconds_in_checkout=20.0, seconds_between_tries=dice.between(3.0, 20.0))
        basket = (Line(dice.pick((*ORDINARY[:2], ORDINARY[14], GIFT_CARDS[0]))),)
        buy(walk, thief, basket, plan, (CARD_TESTING, True))
        walk.wait(dice.around(150.0))
    return orders


def takeover(stage: Stage, dice: Dice, at: datetime) -> int:
    """Signs in as a customer with history, from elsewhere, and has dear things sent quickly to a new address."""
    owner = known_customer(stage, dice, stage.casting.honest(dice), at)
    skill = dice.between(0.0, 0.6)
    abroad = dice.chance(0.5)
    networks = stage.casting.networks
    far = networks.vpn(dice) if dice.chance(0.4) else networks.home(dice, dice.pick(("VN", "BR", "ID", "RU")))
    near = networks.home(dice, owner.home.country.code)
    hijacked = replace(
        owner,
        device=device_of(dice, THIEVES_USE),
        ip=near if dice.chance(skill) else far,
        anonymous_id=dice.hexadecimal(32),
        timezone=owner.home.city.timezone if dice.chance(skill) else "Asia/Ho_Chi_Minh",
    )
    walk = Walk(stage, dice, visitor_of(hijacked), at, HASTY)
    walk.page("/account/login")
    walk.identify(hijacked)
    walk.browse(dice.whole(0, 3))
    basket = resale_basket(dice)
    walk.product(basket[0].product)
    code = dice.pick(("US", "VN", "BR")) if abroad else owner.home.country.code
    plan = Plan(
        ship_to=address_in(dice, code),
        recipient=name_of(dice, COUNTRIES[code].names),
        is_express=dice.chance(0.75),
        seconds_in_checkout=45.0,
    )
    buy(walk, hijacked, basket, plan, (TAKEOVER, True))
    return 1


def ring(stage: Stage, dice: Dice, at: datetime) -> int:
    """Many names, one flat and one or two machines; new throwaway addresses, new cards."""
    drop = address_in(dice, "US")
    machines = [device_of(dice, THIEVES_USE, fingerprinted=0.9) for _ in range(dice.whole(1, 2))]
    skill = dice.between(0.1, 0.5)
    lines = [stage.casting.thief(dice, skill).ip for _ in range(dice.whole(1, 3))]
    orders = dice.whole(3, 5)
    if dice.chance(0.5):
        _earlier_success(stage, dice, replace(stage.casting.thief(dice, skill), home=drop, device=machines[0]), at)
    for number in range(orders):
        member = replace(stage.casting.thief(dice, skill), home=drop, device=dice.pick(machines), ip=dice.pick(lines))
        walk = Walk(stage, dice, visitor_of(member), at + timedelta(minutes=number * dice.between(8, 40)), HASTY)
        walk.browse(dice.whole(1, 4))
        basket = resale_basket(dice) if dice.chance(0.7) else ordinary_basket(dice)
        buy(walk, member, basket, Plan(is_express=dice.chance(0.5), seconds_in_checkout=40.0), (RING, True))
    return orders


def _earlier_success(stage: Stage, dice: Dice, member: Person, at: datetime) -> None:
    """Weeks ago the ring got away with an order; by now its payment has been disputed."""
    walk = Walk(stage, dice, visitor_of(member), at - timedelta(days=dice.between(25, 60)), HASTY)
    sale = sale_of(walk, member, resale_basket(dice), Plan())
    walk.product(sale.lines[0].product)
    walk.track("Checkout Started", {"checkout_token": sale.checkout_token, "cart_token": sale.cart_token}, "/checkout")
    walk.wait(45)
    paid_order(stage, replace(sale, at=walk.now), f"{RING}, earlier", is_fraud=True)


def stolen_card_used(stage: Stage, dice: Dice, at: datetime) -> int:
    """One order with somebody else's card: address of the victim, parcel to somewhere else, some haste."""
    thief = stage.casting.thief(dice, dice.between(0.0, 0.45))
    walk = Walk(stage, dice, visitor_of(thief), at, HASTY)
    walk.browse(dice.whole(0, 4))
    basket = resale_basket(dice)
    walk.product(basket[0].product)
    code = dice.weighted({"US": 60, "VN": 15, "BR": 15, "GB": 10})
    plan = Plan(
        ship_to=address_in(dice, code),
        recipient=name_of(dice, COUNTRIES[code].names),
        is_express=dice.chance(0.6),
        refused=tuple(stolen_card(dice) for _ in range(dice.weighted({0: 50, 1: 25, 2: 15, 3: 10}))),
        seconds_in_checkout=50.0,
    )
    buy(walk, thief, basket, plan, (STOLEN, True))
    return 1


def careful_thief(stage: Stage, dice: Dice, at: datetime) -> int:
    """Takes time, rents a line near the victim, knows the victim's address: looks like a first order that is a gift."""
    thief = stage.casting.thief(dice, 0.9)
    walk = Walk(stage, dice, visitor_of(thief), at, READING)
    walk.browse(dice.whole(3, 10))
    basket = resale_basket(dice)
    walk.product(basket[0].product)
    plan = Plan(ship_to=address_in(dice, "US"), recipient=name_of(dice, COUNTRIES["US"].names), is_express=dice.chance(0.5))
    buy(walk, thief, basket, plan, (CAREFUL, True))
    return 1


def bot_checkout(stage: Stage, dice: Dice, at: datetime) -> int:
    """A program buys up something scarce, as fast as the shop answers, under several names."""
    drop, orders = address_in(dice, "US"), dice.whole(2, 4)
    wanted = dice.pick(SOUGHT_AFTER)
    ip = stage.casting.networks.hosting(dice, "US")
    for number in range(orders):
        person = stage.casting.thief(dice, 0.6)
        machine = robot(dice, HEADLESS) if dice.chance(0.4) else device_of(dice, THIEVES_USE, fingerprinted=0.4)
        person = replace(person, home=drop, device=machine, ip=ip if dice.chance(0.7) else person.ip)
        walk = Walk(stage, dice, visitor_of(person), at + timedelta(seconds=number * dice.between(20, 90)), MACHINE)
        for _ in range(dice.whole(1, 6)):
            walk.product(wanted)
        plan = Plan(seconds_in_checkout=2.4, is_express=dice.chance(0.4))
        buy(walk, person, (Line(wanted, dice.whole(4, 12)),), plan, (BOT, True))
    return orders


CAMPAIGNS: dict[Campaign, float] = {
    takeover: 30,
    stolen_card_used: 34,
    card_testing: 18,
    careful_thief: 14,
    ring: 6,
    bot_checkout: 6,
}
"""Shares of campaigns (a ring or a bot brings several orders)."""
