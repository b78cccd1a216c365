"""Where the simulated day is written down: every message and webhook with its time, every order with its truth."""

from __future__ import annotations

from datetime import datetime

from shopwarden.demo.actions import Action, Body, Truth
from shopwarden.demo.dice import Dice, Numbers
from shopwarden.demo.people import Casting


class Stage:
    """Collects; knows the shop's numbering. Ids follow from the seed, so that the same day sent twice is stored once."""

    def __init__(self, dice: Dice, numbers: Numbers, casting: Casting, most_past_orders: int = 12) -> None:
        self.ids = dice.child("ids")
        self.numbers = numbers
        self.casting = casting
        self.most_past_orders = most_past_orders
        self.actions: list[Action] = []
        self.truths: list[Truth] = []
        self.visitors = 0

    def message(self, at: datetime, kind: str, body: Body) -> None:
        self.actions.append(Action(at=at, channel="tracker", topic=kind, id=self.ids.hexadecimal(32), body=body))

    def webhook(self, at: datetime, topic: str, body: Body) -> None:
        self.actions.append(Action(at=at, channel="webhook", topic=topic, id=self.ids.hexadecimal(32), body=body))

    def truth(self, truth: Truth) -> None:
        self.truths.append(truth)
