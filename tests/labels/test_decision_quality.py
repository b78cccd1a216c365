"""Rates of decisions against counts made by hand, and what holds for any counts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.decision_quality import Tally, quality, recognition
from tests.api.rows import MARCH

tallies = st.builds(
    Tally,
    start=st.integers(0, 3).map(lambda days: MARCH + timedelta(days=days)),
    standing=st.sampled_from(("recognised", "returning", "new")),
    advice=st.sampled_from(("approve", "review", "decline", None)),
    outcome=st.sampled_from(("fraud", "good", "unknown")),
    orders=st.integers(1, 50),
    money=st.decimals(0, 1000, places=2),
)


def of(advice: str | None, outcome: str, orders: int, standing: str = "new") -> Tally:
    return Tally(
        start=MARCH,
        standing=standing,
        advice=advice,
        outcome=outcome,
        orders=orders,
        money=Decimal(10 * orders),  # type: ignore[arg-type]
    )


def test_by_hand() -> None:
    counted = [
        of("decline", "fraud", 6), of("review", "fraud", 2), of("approve", "fraud", 2), of(None, "fraud", 5),
        of("decline", "good", 2), of("review", "good", 3), of("approve", "good", 95), of("decline", "unknown", 4),
        of("approve", "unknown", 96),
    ]  # fmt: skip
    found = quality(counted, "EUR")
    assert (found.precision.hits, found.precision.of) == (6, 8), "what is unknown proves neither"
    assert (found.recall.hits, found.recall.of) == (6, 10), "what had no advice was not let through by it"
    assert (found.recall_with_review.hits, found.recall_with_review.of) == (8, 10)
    assert (found.false_positive_rate.hits, found.false_positive_rate.of) == (5, 100)
    assert (found.false_positive_rate_so_far.hits, found.false_positive_rate_so_far.of) == (9, 200)
    assert (found.fraud_stopped, found.fraud_let_through, found.good_refused) == (60, 20, 20)
    assert found.fraud.undecided == 5
    assert found.review_rate.hits == 5


def test_those_who_are_known_stand_beside_the_new() -> None:
    counted = [of("approve", "good", 9, "recognised"), of("review", "good", 1, "recognised"), of("decline", "good", 5)]
    found = recognition(counted, "EUR")
    assert (found.recognised.hits, found.recognised.of) == (10, 15)
    rates = {each.standing: each.quality.false_positive_rate.rate for each in found.by_standing}
    assert rates == {"recognised": 0.1, "returning": None, "new": 1.0}
    (point,) = found.over_time
    assert (point.false_positives_of_recognised.rate, point.false_positives_of_new.rate) == (0.1, 1.0)


@given(st.lists(tallies, max_size=12), st.randoms())
def test_every_order_is_counted_once_in_any_order(counted: list[Tally], dice) -> None:
    found = quality(counted, "EUR")
    cells = [
        sum((one.approved, one.reviewed, one.refused, one.undecided)) for one in (found.fraud, found.good, found.unknown)
    ]
    assert sum(cells) == found.orders == sum(tally.orders for tally in counted)
    for share in (found.precision, found.recall, found.false_positive_rate, found.false_positive_rate_so_far):
        assert 0 <= share.hits <= share.of
        assert (share.rate is None) == (share.of == 0)
    assert found.recall.hits <= found.recall_with_review.hits
    known = recognition(counted, "EUR")
    assert sum(each.quality.orders for each in known.by_standing) == found.orders
    assert sum(point.orders for point in known.over_time) == found.orders
    shuffled = list(counted)
    dice.shuffle(shuffled)
    assert recognition(shuffled, "EUR") == known
