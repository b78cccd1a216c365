"""How well scores tell fraud from honest orders, against the truth of the simulation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from shopwarden.demo.actions import Truth
from shopwarden.demo.play import Seen


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One character's orders. `stopped`: advised to review or decline."""

    character: str
    is_fraud: bool
    orders: int
    judged: int
    stopped: int
    declined: int
    median_score: float | None
    reasons: tuple[str, ...]


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """At an advice and harsher: the share of all orders stopped, of fraud caught, of honest stopped, and precision."""

    advice: str
    stopped: float
    caught: float
    honest_stopped: float
    precision: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`auc`: the chance that a fraudulent order has a higher score than an honest one; None without both kinds."""

    orders: int
    judged: int
    fraud: int
    auc: float | None
    rows: tuple[Row, ...]
    thresholds: tuple[Threshold, ...]
    fraud_value: float
    value_saved: float
    """Total of the fraudulent orders that were stopped."""
    value_refused: float
    """Total of the honest orders declined, which would be lost."""
    value_held: float
    """Total of the honest orders held for review, which a person lets go."""
    without_reasons: int
    joined: dict[str, int]


STOPPING = {"review": frozenset({"review", "decline"}), "decline": frozenset({"decline"})}


def area_under_curve(fraud: Sequence[float], honest: Sequence[float]) -> float | None:
    """Area under the ROC curve as the Mann-Whitney rank statistic, ties counted half; None if either side is empty."""
    if not fraud or not honest:
        return None
    ordered = sorted([(score, True) for score in fraud] + [(score, False) for score in honest])
    ranks, place = 0.0, 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        ranks += (place + 1 + end) / 2 * sum(1 for _, bad in ordered[place:end] if bad)
        place = end
    return (ranks - len(fraud) * (len(fraud) + 1) / 2) / (len(fraud) * len(honest))


def measure(truths: Sequence[Truth], seen: Mapping[str, Seen]) -> Report:
    """Only orders of the simulated days count; their history is there to be known, not to be judged."""
    counted = [truth for truth in truths if not truth.is_history]
    pairs = [(truth, seen[truth.order_id]) for truth in counted if truth.order_id in seen]
    judged = [(truth, order) for truth, order in pairs if order.score is not None]
    joined: dict[str, int] = defaultdict(int)
    for _, order in judged:
        joined[order.joined_by or "not"] += 1
    return Report(
        orders=len(counted),
        judged=len(judged),
        fraud=sum(truth.is_fraud for truth in counted),
        auc=area_under_curve(_scores(judged, True), _scores(judged, False)),
        rows=tuple(_rows(counted, seen)),
        thresholds=tuple(_threshold(advice, judged) for advice in STOPPING),
        fraud_value=_value(judged, True, None),
        value_saved=_value(judged, True, STOPPING["review"]),
        value_refused=_value(judged, False, STOPPING["decline"]),
        value_held=_value(judged, False, STOPPING["review"] - STOPPING["decline"]),
        without_reasons=sum(1 for _, order in judged if not order.reasons),
        joined=dict(joined),
    )


Judged = Sequence[tuple[Truth, Seen]]


def _scores(judged: Judged, is_fraud: bool) -> list[float]:
    return [order.score for truth, order in judged if truth.is_fraud is is_fraud and order.score is not None]


def _value(judged: Judged, is_fraud: bool, advices: frozenset[str] | None) -> float:
    return round(
        sum(t.total for t, order in judged if t.is_fraud is is_fraud and (advices is None or order.advice in advices)), 2
    )


def _rows(truths: Sequence[Truth], seen: Mapping[str, Seen]) -> list[Row]:
    kinds = sorted({(truth.is_fraud, truth.character) for truth in truths})
    return [
        _row(kind, [seen.get(one.order_id) for one in truths if (one.is_fraud, one.character) == kind]) for kind in kinds
    ]


def _row(kind: tuple[bool, str], found: list[Seen | None]) -> Row:
    judged = [order for order in found if order is not None and order.score is not None]
    scores = [order.score for order in judged if order.score is not None]
    common: dict[str, int] = defaultdict(int)
    for order in judged:
        for reason in order.reasons[:2]:
            common[reason] += 1
    return Row(
        character=kind[1],
        is_fraud=kind[0],
        orders=len(found),
        judged=len(judged),
        stopped=sum(order.advice in STOPPING["review"] for order in judged),
        declined=sum(order.advice == "decline" for order in judged),
        median_score=median(scores) if scores else None,
        reasons=tuple(sorted(common, key=lambda reason: (-common[reason], reason))[:2]),
    )


def _threshold(advice: str, judged: Judged) -> Threshold:
    stopped = [truth for truth, order in judged if order.advice in STOPPING[advice]]
    bad = sum(truth.is_fraud for truth in stopped)
    all_bad = sum(truth.is_fraud for truth, _ in judged)
    return Threshold(
        advice=advice,
        stopped=len(stopped) / max(1, len(judged)),
        caught=bad / max(1, all_bad),
        honest_stopped=(len(stopped) - bad) / max(1, len(judged) - all_bad),
        precision=bad / len(stopped) if stopped else None,
    )
