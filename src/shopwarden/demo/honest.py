"""Honest buyers, messy as life: first-timers, regulars, gifts, VPNs, travel, shared addresses, slow phones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from shopwarden.demo.browsers import CAMPAIGNS, REFERRERS
from shopwarden.demo.catalogue import ORDINARY, Line, ordinary_basket
from shopwarden.demo.devices import PEOPLE_USE, device_of
from shopwarden.demo.dice import Dice
from shopwarden.demo.history import known_customer
from shopwarden.demo.names import name_of
from shopwarden.demo.people import HONEST_AVS, HONEST_CVV, Person, card_of
from shopwarden.demo.places import COUNTRIES, STAYS, address_in
from shopwarden.demo.purchase import Plan, buy
from shopwarden.demo.stage import Stage
from shopwarden.demo.walk import HASTY, READING, Pace, Walk, visitor_of

Scene = Callable[[Stage, Dice, datetime], None]


def _visit(stage: Stage, dice: Dice, person: Person, at: datetime, pace: Pace = READING) -> Walk:
    campaign = dice.pick(CAMPAIGNS) if dice.chance(0.3) else None
    return Walk(stage, dice, visitor_of(person, campaign=campaign, referrer=dice.pick(REFERRERS)), at, pace)


def _plan(dice: Dice, **changes: object) -> Plan:
    """What people usually choose; now and then in a hurry, with a code, or mistyping the card."""
    plan = Plan(
        is_express=dice.chance(0.1),
        is_wallet=dice.chance(0.18),
        discount="WELCOME10" if dice.chance(0.12) else "",
        refused=(card_of(dice, HONEST_AVS, HONEST_CVV),) if dice.chance(0.03) else (),
    )
    return replace(plan, **changes)


def first_timer(stage: Stage, dice: Dice, at: datetime) -> None:
    person = stage.casting.honest(dice)
    walk = _visit(stage, dice, person, at)
    walk.browse(dice.whole(3, 12))
    basket = ordinary_basket(dice)
    walk.product(basket[0].product)
    buy(walk, person, basket, _plan(dice), ("first-time buyer", False))


def regular(stage: Stage, dice: Dice, at: datetime) -> None:
    """Comes back with the device and from the line the shop knows, and is quick about it."""
    person = known_customer(stage, dice, stage.casting.honest(dice), at)
    walk = _visit(stage, dice, person, at)
    if person.is_registered and dice.chance(0.7):
        walk.identify(person)
    walk.browse(dice.whole(1, 7))
    buy(walk, person, ordinary_basket(dice), _plan(dice), ("returning customer", False))


def renewed(stage: Stage, dice: Dice, at: datetime) -> None:
    """A regular who moved house and has a new phone: everything is new, only the person is the same."""
    person = known_customer(stage, dice, stage.casting.honest(dice), at)
    code = person.home.country.code
    moved = replace(
        person,
        home=address_in(dice, code),
        device=device_of(dice),
        ip=stage.casting.networks.home(dice, code),
        anonymous_id=dice.hexadecimal(32),
    )
    walk = _visit(stage, dice, moved, at)
    walk.browse(dice.whole(3, 9))
    buy(walk, moved, ordinary_basket(dice), _plan(dice), ("moved house, new phone", False))


def gift(stage: Stage, dice: Dice, at: datetime) -> None:
    """Sends something to a friend, half of them abroad, often in a hurry."""
    person = stage.casting.honest(dice)
    if dice.chance(0.5):
        person = known_customer(stage, dice, person, at)
    others = [code for code in ("US", "CA", "GB", "DE", "FR", "AU") if code != person.home.country.code]
    code = dice.pick(others) if dice.chance(0.5) else person.home.country.code
    walk = _visit(stage, dice, person, at)
    walk.browse(dice.whole(4, 12))
    plan = _plan(
        dice,
        ship_to=address_in(dice, code),
        recipient=name_of(dice, COUNTRIES[code].names),
        is_express=dice.chance(0.3),
    )
    buy(walk, person, ordinary_basket(dice), plan, ("gift sender", False))


def behind_vpn(stage: Stage, dice: Dice, at: datetime) -> None:
    """Honest and private: a VPN exit near home for most, somewhere else for some."""
    person = stage.casting.honest(dice)
    if dice.chance(0.4):
        person = known_customer(stage, dice, person, at)
    near = person.home.country.code if dice.chance(0.6) else None
    person = replace(person, ip=stage.casting.networks.vpn(dice, near))
    walk = _visit(stage, dice, person, at)
    walk.browse(dice.whole(3, 10))
    buy(walk, person, ordinary_basket(dice), _plan(dice), ("VPN user", False))


def traveller(stage: Stage, dice: Dice, at: datetime) -> None:
    """On holiday, on the hotel's line, buying for home."""
    person = known_customer(stage, dice, stage.casting.honest(dice), at)
    person = replace(person, ip=stage.casting.networks.home(dice, dice.pick(STAYS)))
    walk = _visit(stage, dice, person, at)
    walk.browse(dice.whole(3, 8))
    buy(walk, person, ordinary_basket(dice), _plan(dice), ("traveller", False))


def slow_phone(stage: Stage, dice: Dice, at: datetime) -> None:
    """Few pages on a weak line; half come straight from a link in a message."""
    person = replace(stage.casting.honest(dice), device=device_of(dice, {"android": 1}, fingerprinted=0.5))
    walk = _visit(stage, dice, person, at, Pace(35.0, 0.6))
    basket = ordinary_basket(dice)[:1]
    walk.product(basket[0].product)
    buy(walk, person, basket, _plan(dice, seconds_in_checkout=180.0), ("slow phone", False))


def from_advertisement(stage: Stage, dice: Dice, at: datetime) -> None:
    """One look at what the advertisement showed, then Shop Pay: over in half a minute."""
    person = stage.casting.honest(dice)
    walk = Walk(stage, dice, visitor_of(person, campaign=dice.pick(CAMPAIGNS[:2])), at, HASTY)
    basket = ordinary_basket(dice)[:1]
    walk.product(basket[0].product)
    plan = Plan(is_wallet=True, seconds_in_checkout=18.0)
    buy(walk, person, basket, plan, ("advertisement, Shop Pay", False))


def mistyped(stage: Stage, dice: Dice, at: datetime) -> None:
    """Types the card wrongly, then takes another one."""
    person = stage.casting.honest(dice)
    walk = _visit(stage, dice, person, at)
    walk.browse(dice.whole(3, 9))
    refused = (person.card,) * dice.whole(1, 2) + (card_of(dice, HONEST_AVS, HONEST_CVV),) * dice.whole(0, 1)
    buy(walk, person, ordinary_basket(dice), _plan(dice, refused=refused, is_wallet=False), ("mistyped the card", False))


def company(stage: Stage, dice: Dice, at: datetime) -> None:
    """An office buys a dozen of one thing."""
    person = stage.casting.honest(dice)
    walk = _visit(stage, dice, person, at)
    walk.browse(dice.whole(4, 10))
    basket = (Line(dice.pick(ORDINARY), dice.whole(8, 20)),)
    buy(walk, person, basket, _plan(dice), ("company, many of one", False))


def shared_line(ip: str, country: str, character: str, phones: bool) -> Scene:
    """A scene for one of many who share the line `ip`: a carrier's gateway, a student house, a family."""

    def scene(stage: Stage, dice: Dice, at: datetime) -> None:
        person = stage.casting.honest(dice, country)
        kinds = {"iphone": 60, "android": 40} if phones else PEOPLE_USE
        person = replace(person, ip=ip, home_ip=ip, device=device_of(dice, kinds))
        walk = _visit(stage, dice, person, at)
        walk.browse(dice.whole(2, 9))
        buy(walk, person, ordinary_basket(dice), _plan(dice), (character, False))

    return scene


SCENES: dict[Scene, float] = {
    first_timer: 30,
    regular: 30,
    renewed: 2,
    gift: 6,
    behind_vpn: 8,
    traveller: 3,
    slow_phone: 5,
    from_advertisement: 6,
    mistyped: 3,
    company: 1.5,
}
"""Shares of the honest orders; who shares a line comes on top."""
