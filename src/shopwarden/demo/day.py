"""The plan of the simulated days: how many of whom come when, and all they do, in the order of time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shopwarden.demo import browsers, fraud, honest
from shopwarden.demo.actions import Day
from shopwarden.demo.dice import Dice, Numbers
from shopwarden.demo.networks import Look, Networks
from shopwarden.demo.people import Casting
from shopwarden.demo.places import BUYERS, FRAUD_HOMES, STAYS
from shopwarden.demo.stage import Stage

LONGEST_VISIT = timedelta(hours=4)
"""Campaigns begin at least this long before the end, so that everything has happened by then."""
HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 10, 11, 12, 14, 15, 13, 9, 5)
"""How busy each hour of a day is."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """Visitors a day, machines included. `order_share` of them order, `fraud_share` of the orders is fraud."""

    visitors: int = 1_500
    days: int = 1
    order_share: float = 1 / 6
    fraud_share: float = 0.08
    machine_share: float = 0.06
    most_past_orders: int = 12
    """How many earlier orders the shop tells of a customer at most."""


def simulate(seed: str, size: Size, ends_at: datetime, look: Look) -> Day:
    """The whole day (or days) ending at `ends_at`: pure, the same arguments give the same actions."""
    dice, numbers = Dice(seed), Numbers(seed)
    countries = frozenset(BUYERS) | frozenset(FRAUD_HOMES) | frozenset(STAYS)
    casting = Casting(Networks(dice.child("networks"), look, countries), numbers)
    stage = Stage(dice, numbers, casting, size.most_past_orders)
    started = ends_at - timedelta(days=size.days)
    for number in range(size.days):
        _one_day(stage, dice.child(f"day {number}"), size, started + timedelta(days=number))
    actions = sorted(stage.actions, key=lambda action: (action.at, action.id))
    return Day(actions=tuple(actions), truths=tuple(stage.truths), visitors=stage.visitors, started=started)


def _one_day(stage: Stage, dice: Dice, size: Size, starts: datetime) -> None:
    orders = max(4, round(size.visitors * size.order_share))
    bad = max(1, round(orders * size.fraud_share))
    good = orders - bad
    every_kind = list(fraud.CAMPAIGNS)
    while bad > 0:
        # Each kind once, as far as the day is long enough, then as they come.
        campaign = every_kind.pop(0) if every_kind else dice.weighted(fraud.CAMPAIGNS)
        bad -= campaign(stage, *_entry(stage, dice, starts))
    shared = _shared_lines(stage, dice.child("shared lines"), good)
    for scene in shared + [dice.weighted(honest.SCENES) for _ in range(good - len(shared))]:
        scene(stage, *_entry(stage, dice, starts))
    machines = size.machine_share / 2
    idle: dict[honest.Scene, float] = {browsers.leaves: 1, browsers.crawls: machines, browsers.scrapes: machines}
    for _ in range(max(0, size.visitors - orders)):
        dice.weighted(idle)(stage, *_entry(stage, dice, starts))


def _entry(stage: Stage, dice: Dice, starts: datetime) -> tuple[Dice, datetime]:
    """Chance of its own and a beginning at some hour of the day for the next scene."""
    stage.visitors += 1
    hour = dice.weighted(dict(enumerate(HOURS))) + dice.between(0, 1)
    at = starts + (timedelta(days=1) - LONGEST_VISIT) * (hour / 24)
    return dice.child(f"scene {stage.visitors}"), at


def _shared_lines(stage: Stage, dice: Dice, good: int) -> list[honest.Scene]:
    """A tenth of the orders comes over lines that many share: carriers' gateways, a hall of residence, families."""
    networks = stage.casting.networks
    gateways = [networks.mobile(dice, "US") for _ in range(3)]
    campus, families = networks.campus(dice, "US"), [networks.home(dice, "US") for _ in range(max(1, good // 80))]
    scenes = [
        honest.shared_line(dice.pick(gateways), "US", "carrier's shared address", True) for _ in range(round(good * 0.06))
    ]
    scenes += [honest.shared_line(campus, "US", "hall of residence", False) for _ in range(round(good * 0.025))]
    scenes += [honest.shared_line(line, "US", "family on one line", False) for line in families for _ in range(2)]
    return scenes[: good // 2]
