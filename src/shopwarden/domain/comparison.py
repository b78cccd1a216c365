"""Shares with their uncertainty, and figures of one time beside those of the time before; what can't be divided is None."""

from __future__ import annotations

from math import sqrt

import msgspec

ENOUGH = 30
"""Below this a figure is told, but marked as one of few."""

Z95 = 1.959963984540054


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is hits / of, 0..1, null of nothing; `low` and `high` its 95 % interval; `enough` from 30 on."""

    hits: int
    of: int
    rate: float | None
    low: float | None
    high: float | None
    enough: bool


def share_of(hits: int, of: int) -> Share:
    """With the Wilson score interval (Wilson, 1927), which holds for few and for rare ones too."""
    if of <= 0:
        return Share(hits=hits, of=of, rate=None, low=None, high=None, enough=False)
    rate, square = hits / of, Z95 * Z95 / of
    middle = (rate + square / 2) / (1 + square)
    half = Z95 / (1 + square) * sqrt(rate * (1 - rate) / of + square / (4 * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(hits=hits, of=of, rate=_round(rate), low=_round(low), high=_round(high), enough=of >= ENOUGH)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`absolute` is now - before, `relative` the same as a share of before (0.25: a quarter more); null where unknown."""

    now: float | None
    before: float | None
    absolute: float | None
    relative: float | None


def change_of(now: float | None, before: float | None) -> Change:
    difference = None if now is None or before is None else now - before
    return Change(
        now=_round(now),
        before=_round(before),
        absolute=_round(difference),
        relative=_round(difference / abs(before)) if difference is not None and before else None,
    )


def ratio(part: float | None, whole: float | None) -> float | None:
    """part / whole, rounded; None where one is unknown or the whole is 0."""
    return None if part is None or not whole else _round(part / whole)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
