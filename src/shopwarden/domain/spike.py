"""When a number is out of the ordinary, judged by the shop's own past; pure statistics.

Counts of equal windows are taken for negative binomial, fitted by moments: a Poisson count whose rate itself varies, as a
shop's does between night and noon (Greenwood and Yule, 1920). Shares are compared by the population stability index.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count as counting
from math import exp, lgamma, log, log1p
from typing import NamedTuple

FINEST = 1e-15
"""What is added to a sum from here on no longer changes it."""
HALF = 0.5
"""Added to what was counted, so that what never happened yet is not taken for impossible (Jeffreys' prior)."""


class Habit(NamedTuple):
    """What windows of the past say of the next one. Mean and variance of its count, both above 0."""

    mean: float
    variance: float


def habit_of(past: Sequence[int]) -> Habit:
    """Of the counts of at least one window; the fewer windows, the wider."""
    windows = len(past)
    if not windows:
        raise ValueError("a habit needs at least one window")
    mean = (sum(past) + HALF) / windows
    spread = sum((one - mean) ** 2 for one in past) / (windows - 1) if windows > 1 else mean * mean
    return Habit(mean, max(spread, mean) + mean / windows)


def chance_of_at_least(count: int, habit: Habit) -> float:
    """P(X >= count), 0..1: falls with the count."""
    if count <= 0:
        return 1.0
    if count <= habit.mean:
        return max(0.0, min(1.0, 1.0 - sum(exp(_log_chance(one, habit)) for one in range(count))))
    size, share = _shape(habit)
    term = exp(_log_chance(count, habit))
    total = 0.0
    for one in counting(count):
        total += term
        term *= (one + size) / (one + 1) * (1 - share)
        if term <= total * FINEST:
            return min(1.0, total)
    raise AssertionError("unreachable")


def chance_of_none(habit: Habit) -> float:
    """P(X = 0), above 0."""
    return exp(_log_chance(0, habit))


def _shape(habit: Habit) -> tuple[float, float]:
    """The negative binomial's size r and success share p, of mean r(1-p)/p and variance r(1-p)/p^2."""
    share = habit.mean / habit.variance
    return habit.mean * share / (1 - share), share


def _log_chance(count: int, habit: Habit) -> float:
    size, share = _shape(habit)
    ways = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
    return ways + size * log(share) + count * log1p(-share)


def is_wave(count: int, past: Sequence[int], least: int, surprise: float) -> bool:
    """Whether `count` is at least `least` and had at most the chance `surprise`. Without a past the least alone decides."""
    if count < least:
        return False
    return not past or chance_of_at_least(count, habit_of(past)) <= surprise


def is_silence(past: Sequence[int], chance: float) -> bool:
    """Whether nothing at all is too little, by the counts of windows like this one. Never without a past."""
    return bool(past) and chance_of_none(habit_of(past)) <= chance


def stability_index(before: Sequence[int], now: Sequence[int]) -> float:
    """Population stability index of two counts over the same classes: 0 where the shares are equal, never below.

    Under 0.1 is taken for stable, over 0.25 for another population (Siddiqi, Credit Risk Scorecards).
    """
    expected, actual = _shares(before), _shares(now)
    return sum((one - other) * log(one / other) for one, other in zip(actual, expected, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + HALF * len(counts)
    return [(one + HALF) / total for one in counts]
