"""The area under the curve and the report's figures, against counting by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from shopwarden.demo.actions import Truth
from shopwarden.demo.measure import area_under_curve, measure
from shopwarden.demo.play import Seen

scores = some.lists(some.integers(0, 100).map(float), min_size=1, max_size=25)


@given(fraud=scores, honest=scores)
def test_the_area_is_the_share_of_pairs_in_the_right_order(fraud: list[float], honest: list[float]) -> None:
    right = sum((bad > good) + 0.5 * (bad == good) for bad in fraud for good in honest)
    area = area_under_curve(fraud, honest)
    assert area is not None
    assert abs(area - right / (len(fraud) * len(honest))) < 1e-9


def test_there_is_no_area_without_both_kinds() -> None:
    assert area_under_curve([], [1.0]) is None
    assert area_under_curve([1.0], []) is None


def truth(order_id: str, character: str, *, is_fraud: bool, total: float, is_history: bool = False) -> Truth:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Truth(
        order_id=order_id, name="#1", character=character, is_fraud=is_fraud, total=total, at=at, is_history=is_history
    )


def seen(order_id: str, score: int | None, advice: str | None) -> Seen:
    return Seen(external_id=order_id, score=score, advice=advice, joined_by="checkout", reasons=("A reason.",))


def test_the_report_counts_what_was_stopped_and_what_was_lost() -> None:
    truths = [
        truth("1", "ring", is_fraud=True, total=100),
        truth("2", "ring", is_fraud=True, total=40),
        truth("3", "first-time buyer", is_fraud=False, total=10),
        truth("4", "first-time buyer", is_fraud=False, total=20),
        truth("5", "first-time buyer", is_fraud=False, total=30),
        truth("6", "earlier order", is_fraud=False, total=99, is_history=True),
    ]
    answers = [seen("1", 90, "decline"), seen("2", 10, "approve"), seen("3", 80, "decline"), seen("4", 5, "approve")]
    report = measure(truths, {answer.external_id: answer for answer in [*answers, seen("5", None, None)]})
    assert (report.orders, report.judged, report.fraud) == (5, 4, 2)
    assert report.auc == 0.75
    assert (report.fraud_value, report.value_saved, report.value_refused, report.value_held) == (140, 100, 10, 0)
    declined = next(one for one in report.thresholds if one.advice == "decline")
    assert (declined.stopped, declined.caught, declined.honest_stopped, declined.precision) == (0.5, 0.5, 0.5, 0.5)
    rows = {row.character: row for row in report.rows}
    assert (rows["ring"].orders, rows["ring"].stopped, rows["ring"].median_score) == (2, 1, 50)
    assert (rows["first-time buyer"].orders, rows["first-time buyer"].judged, rows["first-time buyer"].stopped) == (3, 2, 1)
