"""Visitors who buy nothing: people who look and leave, baskets left behind, search engines, scrapers."""

from __future__ import annotations

from datetime import datetime

from shopwarden.demo.actions import Body
from shopwarden.demo.catalogue import ordinary_basket
from shopwarden.demo.devices import CRAWLERS, HEADLESS, SCRAPERS, robot
from shopwarden.demo.dice import Dice
from shopwarden.demo.purchase import Plan, buy, fill_basket, sale_of
from shopwarden.demo.stage import Stage
from shopwarden.demo.walk import MACHINE, Pace, Visitor, Walk, visitor_of

CAMPAIGNS: tuple[Body, ...] = (
    {"source": "google", "medium": "cpc", "name": "brand"},
    {"source": "instagram", "medium": "paid_social", "name": "autumn"},
    {"source": "newsletter", "medium": "email", "name": "week"},
)
REFERRERS = ("https://www.google.com/", "https://www.instagram.com/", "https://duckduckgo.com/", "")


def leaves(stage: Stage, dice: Dice, at: datetime) -> None:
    """Somebody looks at a few pages; some fill a basket, some begin a checkout."""
    person = stage.casting.honest(dice)
    ip = (
        stage.casting.networks.mobile(dice, person.home.country.code)
        if person.device.is_phone and dice.chance(0.4)
        else None
    )
    campaign = dice.pick(CAMPAIGNS) if dice.chance(0.35) else None
    walk = Walk(stage, dice, visitor_of(person, ip=ip, campaign=campaign, referrer=dice.pick(REFERRERS)), at)
    walk.browse(dice.weighted({1: 38, 2: 17, 3: 12, 5: 15, 8: 10, 14: 8}))
    ending = dice.weighted({"leaves": 80, "basket": 14, "checkout": 6})
    if ending == "basket":
        plan = Plan()
        fill_basket(walk, sale_of(walk, person, ordinary_basket(dice)[:1], plan), plan)
    elif ending == "checkout":
        buy(walk, person, ordinary_basket(dice), Plan(is_completed=False), ("left at the checkout", False))


def crawls(stage: Stage, dice: Dice, at: datetime) -> None:
    """A search engine that says who it is."""
    visitor = _machine(dice, dice.pick(CRAWLERS), stage.casting.networks.crawler(dice))
    Walk(stage, dice, visitor, at, Pace(4.0, 0.3)).browse(dice.whole(4, 14))


def scrapes(stage: Stage, dice: Dice, at: datetime) -> None:
    """A program that reads prices as fast as it can, from a data centre, sometimes dressed as a browser."""
    agent = dice.pick((*SCRAPERS, HEADLESS, HEADLESS))
    visitor = _machine(dice, agent, stage.casting.networks.hosting(dice))
    Walk(stage, dice, visitor, at, MACHINE).browse(dice.whole(10, 30))


def _machine(dice: Dice, agent: str, ip: str) -> Visitor:
    return Visitor(device=robot(dice, agent), ip=ip, timezone="UTC", locale="en-US", anonymous_id=dice.hexadecimal(32))
