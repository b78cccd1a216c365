"""Counts of orders by advice and outcome made into rates. Pure; shares of nothing are null."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from shopwarden.domain.comparison import share_of
from shopwarden.domain.decision_metrics import Known, Marks, Matrix, Point, Quality, Recognition, Standing
from shopwarden.domain.verdict import Advice

Outcome = Literal["fraud", "good", "unknown"]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that are alike in all of this. `money` is what those in the store's currency were worth."""

    start: datetime
    standing: Standing
    advice: Advice | None
    outcome: Outcome
    orders: int
    money: Decimal = Decimal(0)
    by_device: int = 0
    by_address: int = 0
    by_ip: int = 0


Test = Callable[[Tally], bool]


def _count(tallies: Iterable[Tally], test: Test) -> int:
    return sum(tally.orders for tally in tallies if test(tally))


def _money(tallies: Iterable[Tally], test: Test) -> Decimal:
    return sum((tally.money for tally in tallies if test(tally)), Decimal(0))


def _matrix(tallies: Sequence[Tally], outcome: Outcome) -> Matrix:
    def of(advice: Advice | None) -> int:
        return _count(tallies, lambda tally: tally.outcome == outcome and tally.advice == advice)

    return Matrix(approved=of("approve"), reviewed=of("review"), refused=of("decline"), undecided=of(None))


def _is_hindered(tally: Tally) -> bool:
    return tally.advice in ("review", "decline")


def quality(tallies: Sequence[Tally], currency: str) -> Quality:
    decided = [tally for tally in tallies if tally.advice is not None]
    fraud = [tally for tally in decided if tally.outcome == "fraud"]
    good = [tally for tally in decided if tally.outcome == "good"]
    not_fraud = [tally for tally in decided if tally.outcome != "fraud"]
    refused: Test = lambda tally: tally.advice == "decline"  # noqa: E731 - a test like the others, used five times
    every: Test = lambda tally: True  # noqa: E731 - the same
    stopped = _count(fraud, refused)
    return Quality(
        orders=_count(tallies, every),
        fraud=_matrix(tallies, "fraud"),
        good=_matrix(tallies, "good"),
        unknown=_matrix(tallies, "unknown"),
        precision=share_of(stopped, stopped + _count(good, refused)),
        recall=share_of(stopped, _count(fraud, every)),
        recall_with_review=share_of(_count(fraud, _is_hindered), _count(fraud, every)),
        false_positive_rate=share_of(_count(good, _is_hindered), _count(good, every)),
        false_positive_rate_so_far=share_of(_count(not_fraud, _is_hindered), _count(not_fraud, every)),
        review_rate=share_of(_count(decided, lambda tally: tally.advice == "review"), _count(decided, every)),
        currency=currency,
        fraud_stopped=_money(fraud, refused),
        fraud_let_through=_money(fraud, lambda tally: tally.advice == "approve"),
        good_refused=_money(good, refused),
    )


def recognition(tallies: Sequence[Tally], currency: str) -> Recognition:
    orders = sum(tally.orders for tally in tallies)
    kinds: tuple[Standing, ...] = get_args(Standing)
    grouped = {kind: [tally for tally in tallies if tally.standing == kind] for kind in kinds}
    starts = sorted({tally.start for tally in tallies})
    return Recognition(
        recognised=share_of(sum(tally.orders for tally in grouped["recognised"]), orders),
        by_mark=Marks(
            device=sum(tally.by_device for tally in tallies),
            address=sum(tally.by_address for tally in tallies),
            ip=sum(tally.by_ip for tally in tallies),
        ),
        by_standing=[
            Known(
                standing=kind,
                share=share_of(sum(tally.orders for tally in group), orders),
                quality=quality(group, currency),
            )
            for kind, group in grouped.items()
        ],
        over_time=[_point(start, [tally for tally in tallies if tally.start == start]) for start in starts],
    )


def _point(start: datetime, tallies: Sequence[Tally]) -> Point:
    recognised = [tally for tally in tallies if tally.standing == "recognised"]
    new = [tally for tally in tallies if tally.standing == "new"]
    orders = sum(tally.orders for tally in tallies)
    return Point(
        start=start,
        orders=orders,
        recognised=share_of(sum(tally.orders for tally in recognised), orders),
        false_positives_of_recognised=quality(recognised, "").false_positive_rate_so_far,
        false_positives_of_new=quality(new, "").false_positive_rate_so_far,
    )
