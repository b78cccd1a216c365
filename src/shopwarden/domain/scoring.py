"""The mathematics of a verdict: points to odds to probability to score, group caps, parts, level, advice and band.

+10 points double the odds of fraud ("points to double the odds", N. Siddiqi, Credit Risk Scorecards).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp2, fsum, isfinite, log2
from typing import NamedTuple

from shopwarden.domain.verdict import PARTS, Advice, Band, Level, Part, PartScore, Weights

POINTS_TO_DOUBLE_THE_ODDS = 10.0
UNKNOWN_FRAUD_RATE = 0.01
"""1:99, until the store knows its own rate."""
LOWEST_FRAUD_RATE, HIGHEST_FRAUD_RATE = 0.0005, 0.2
POINTS_BOUND = 1000.0
"""No dial reaches further: 1000 points are 2**100 times the odds, and sums stay finite."""


class Claim(NamedTuple):
    """What one signal says before its group's cap: `points` at its strength."""

    key: str
    part: Part
    points: float
    group: str | None


def dialled_points(key: str, default: float, weights: Weights) -> float:
    """The store's points for a signal, else the default, bounded to +-1000. What is no finite number is no dial."""
    points = weights.points.get(key, default)
    if not isfinite(points):
        points = default
    return min(POINTS_BOUND, max(-POINTS_BOUND, points))


def base_log_odds(fraud_rate: float | None) -> float:
    """Binary logarithm of the odds of fraud at 0 points. A measured rate is held within 0.0005..0.2: a new store's
    first lucky or unlucky month must not silence or condemn everybody."""
    rate = UNKNOWN_FRAUD_RATE if fraud_rate is None or not isfinite(fraud_rate) else fraud_rate
    rate = min(HIGHEST_FRAUD_RATE, max(LOWEST_FRAUD_RATE, rate))
    return log2(rate / (1.0 - rate))


def probability_of(points: float, base: float) -> float:
    """Probability of fraud, 0..1. `base` is what base_log_odds gives. Points of any size, no overflow."""
    log_odds = base + points / POINTS_TO_DOUBLE_THE_ODDS
    odds = exp2(min(1000.0, max(-1000.0, log_odds)))
    return odds / (1.0 + odds)


def score_of(points: float, base: float) -> int:
    """The score 0..100: the probability of fraud in per cent."""
    return round(100.0 * probability_of(points, base))


def level_of(score: int, weights: Weights) -> Level:
    if score >= weights.level_critical:
        return "critical"
    if score >= weights.level_high:
        return "high"
    return "medium" if score >= weights.level_medium else "low"


def advice_of(score: int, weights: Weights) -> Advice:
    if score >= weights.decline_at:
        return "decline"
    return "review" if score >= weights.review_at else "approve"


def cap_groups(claims: Sequence[Claim], caps: Mapping[str, float]) -> list[float]:
    """The claims' points after their groups' caps, in the claims' order.

    A group's raising and lowering points are bounded apart, each by the cap, so that trust never lifts a score and suspicion
    never lowers it. Members shrink in proportion, so reasons still add up. One signal alone is never cut below its own
    points: where one member outweighs the cap (a store's dial, Tor among VPN marks), that member is the bound.
    """
    raising, lowering = _by_group(claims)
    shares = {(group, True): _kept_share(group, points, caps) for group, points in raising.items()}
    shares |= {(group, False): _kept_share(group, points, caps) for group, points in lowering.items()}
    return [claim.points * shares[claim.group, claim.points > 0] for claim in claims]


def total_points(claims: Sequence[Claim], caps: Mapping[str, float]) -> float:
    """The sum of all claims' points after their groups' caps."""
    sides = [side.items() for side in _by_group(claims)]
    return fsum(fsum(points) * _kept_share(group, points, caps) for side in sides for group, points in side)


_Side = dict[str | None, list[float]]


def _by_group(claims: Sequence[Claim]) -> tuple[_Side, _Side]:
    raising: _Side = {}
    lowering: _Side = {}
    for _, _, points, group in claims:
        side = raising if points > 0 else lowering
        if group in side:
            side[group].append(points)
        else:
            side[group] = [points]
    return raising, lowering


def _kept_share(group: str | None, points: list[float], caps: Mapping[str, float]) -> float:
    """Share 0..1 that the points of one side of a group keep; claims without a group (None) keep everything."""
    if group is None or len(points) == 1:
        return 1.0
    total = abs(fsum(points))
    bound = max(caps.get(group, POINTS_BOUND), max(map(abs, points)))
    return bound / total if total > bound else 1.0


def part_scores(claims: Sequence[Claim], points: Sequence[float], base: float) -> dict[Part, PartScore]:
    """Every part's subtotal and its own 0..100 score by the same formula; parts that said nothing have 0 points."""
    by_part: dict[Part, list[float]] = {part: [] for part in PARTS}
    for claim, value in zip(claims, points, strict=True):
        by_part[claim.part].append(value)
    return {
        part: PartScore(points=(subtotal := fsum(values)), score=score_of(subtotal, base))
        for part, values in by_part.items()
    }


def band_of(claims: Sequence[Claim], unknown: Sequence[Claim], caps: Mapping[str, float], base: float, score: int) -> Band:
    """Lowest and highest score the unknown signals leave open, each within its group's cap.

    Low: the unknown suspicions quiet, the unknown trust earned. High: the other way round. The band contains `score`.
    """
    kindest = [*claims, *(claim for claim in unknown if claim.points < 0)]
    worst = [*claims, *(claim for claim in unknown if claim.points > 0)]
    low, high = score_of(total_points(kindest, caps), base), score_of(total_points(worst, caps), base)
    return Band(low=min(low, score), high=max(high, score))
