"""Whether two things go together more often than by chance: lift, Fisher's exact test, and correction for many tests."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma

NEGLIGIBLE = 1e-17


def lift(both: float, first: float, second: float, total: float) -> float | None:
    """How many times as often both happen as they would if independent: P(both) / (P(first) P(second)).

    The same for (first, second) and (second, first). None where one of them never happens.
    """
    return both * total / (first * second) if first > 0 and second > 0 else None


def fisher(with_one: int, one: int, with_other: int, other: int) -> float:
    """Two-sided p-value of a trait that `with_one` of `one` and `with_other` of `other` have, were both classes alike.

    Fisher's exact test: the hypergeometric tail on the side of what was seen, doubled.
    """
    total, having = one + other, with_one + with_other
    expected = having * one / total if total else 0.0
    step = 1 if with_one >= expected else -1
    lowest, highest = max(0, having - other), min(one, having)
    term = exp(_log_choose(one, with_one) + _log_choose(other, with_other) - _log_choose(total, having))
    tail, count = 0.0, with_one
    while lowest <= count <= highest:
        tail += term
        if term < tail * NEGLIGIBLE:
            break
        if step > 0:
            term *= (one - count) * (having - count) / ((count + 1) * (other - having + count + 1))
        else:
            term *= count * (other - having + count) / ((one - count + 1) * (having - count + 1))
        count += step
    return min(1.0, 2 * tail)


def _log_choose(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value adjusted for all of them being looked at (Holm, 1979): the chance of one false finding stays below the
    level that adjusted values are held against."""
    ordered = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(ordered):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted
