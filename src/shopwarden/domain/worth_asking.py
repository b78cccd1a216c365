"""Whether a paid look-up is worth its price: it has to be able to change the advice, and enough money has to hang on it.

What the parts mean and why is written down in docs/decisions/0013-paid-lookups.md. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from shopwarden.domain.scoring import advice_of, probability_of, score_of
from shopwarden.domain.verdict import Advice, Weights

Policy = Literal["always", "worthwhile", "by_hand"]

MARGIN = 0.25
"""Share of an order's value that is lost with a good customer who was turned away."""
REVIEW_COST = 3.0
"""US dollars a person's look at one order costs."""

UNITS_TO_A_DOLLAR: Mapping[str, int] = {
    "AED": 4, "ARS": 1200, "BDT": 120, "BRL": 5, "CLP": 950, "CNY": 7, "COP": 4100, "CRC": 510, "CZK": 22, "DKK": 7,
    "EGP": 48, "HKD": 8, "HUF": 360, "IDR": 16000, "ILS": 4, "INR": 85, "ISK": 135, "JPY": 150, "KES": 130, "KRW": 1400,
    "KZT": 500, "LKR": 300, "MXN": 18, "MYR": 4, "NGN": 1500, "NOK": 10, "PHP": 57, "PKR": 280, "PLN": 4, "PYG": 7500,
    "RON": 4, "RSD": 105, "RUB": 90, "SAR": 4, "SEK": 10, "THB": 34, "TRY": 40, "TWD": 32, "UAH": 42, "VND": 25000,
    "ZAR": 18,
}  # fmt: skip
"""Rough: only the order of magnitude matters here. A currency that is not listed counts like the dollar."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A look-up that could be made now. `price` in US dollars for one call; `up` and `down` are the most points its answer
    could add and take, both 0 or more."""

    key: str
    title: str
    price: Decimal
    policy: Policy
    up: float
    down: float


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a decision stands: its points, and how far all open look-ups together could move them (caps of groups counted
    in). `stake` is the value of the order in US dollars; None without one. `is_settled`: the advice is decided whatever
    the score."""

    points: float
    lowest: float
    highest: float
    base: float
    weights: Weights
    stake: float | None
    is_settled: bool = False


def dollars(amount: Decimal | None, currency: str | None) -> float | None:
    """The rough value in US dollars; None for an unknown or absurd amount."""
    if amount is None or not amount.is_finite() or amount < 0:
        return None
    return float(amount) / UNITS_TO_A_DOLLAR.get((currency or "USD").upper(), 1)


def left_out(options: Sequence[Option], outlook: Outlook) -> dict[str, str]:
    """Look-ups with the policy `worthwhile` that are not worth their price, each with a sentence that says why."""
    priced = [option for option in options if option.policy == "worthwhile" and option.price > 0]
    idle = _why_idle(outlook)
    gain, span = gain_of(outlook), sum(option.up + option.down for option in options)
    reasons: dict[str, str] = {}
    for option in priced:
        swing = option.up + option.down
        if swing <= 0:
            reasons[option.key] = f"{option.title} was not asked: its answer moves no score."
        elif idle is not None:
            reasons[option.key] = f"{option.title} was not asked: {idle}."
        elif gain * swing / span < float(option.price):
            reasons[option.key] = f"{option.title} was not asked: too little hangs on this decision for its price."
    return reasons


def _why_idle(outlook: Outlook) -> str | None:
    """Why no answer at all could help; None where one could."""
    if outlook.is_settled:
        return "the advice is decided whatever it says"
    if outlook.stake is None:
        return "there is no order whose value would be at stake"
    return None if reachable(outlook) else "no answer could change the advice"


def reachable(outlook: Outlook) -> tuple[Advice, ...]:
    """The other advices that the answers could lead to."""
    weights, base = outlook.weights, outlook.base
    now = advice_of(score_of(outlook.points, base), weights)
    ends = (min(outlook.lowest, outlook.points), max(outlook.highest, outlook.points))
    lowest, highest = (score_of(points, base) for points in ends)
    possible: dict[Advice, bool] = {
        "approve": lowest < weights.review_at and lowest < weights.decline_at,
        "review": lowest < weights.decline_at and highest >= weights.review_at,
        "decline": highest >= weights.decline_at,
    }
    return tuple(advice for advice, can_be in possible.items() if can_be and advice != now)


def gain_of(outlook: Outlook) -> float:
    """The most that a better advice could be worth on average, in US dollars: fraud not shipped, sales not turned away,
    reviews not made."""
    others = reachable(outlook)
    if outlook.stake is None or outlook.is_settled or not others:
        return 0.0
    now = advice_of(score_of(outlook.points, outlook.base), outlook.weights)
    fraud = probability_of(outlook.points, outlook.base)
    if now == "approve":
        return fraud * outlook.stake
    if now == "decline":
        return (1 - fraud) * outlook.stake * MARGIN
    return REVIEW_COST + (fraud * outlook.stake if "decline" in others else 0.0)
