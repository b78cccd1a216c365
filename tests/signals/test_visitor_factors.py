"""The plain behaviour score: exactly four factors, the store's points, 0 to 100."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.facts import VisitorFacts
from shopwarden.domain.verdict import Weights
from shopwarden.signals.visitor_factors import VISITOR_FACTOR_KEYS, behaviour_score
from shopwarden.steps.judge import judge
from tests.signals.fact_rows import facts_from

ALL_FOUR = VisitorFacts(avg_session_seconds=12, page_views=1, device_changes=3, location_changes=2)


def test_all_four_factors_make_ninety():
    score, reasons = behaviour_score(ALL_FOUR, Weights())
    assert score == 90
    assert [(reason.key, reason.points) for reason in reasons] == [
        ("behaviour.device_changes", 30), ("behaviour.location_changes", 25),
        ("behaviour.short_session", 20), ("behaviour.few_pages", 15),
    ]  # fmt: skip
    assert "12 seconds" in reasons[2].sentence


@pytest.mark.parametrize(
    ("visitor", "score"),
    [
        (VisitorFacts(), 0),
        (VisitorFacts(avg_session_seconds=30, page_views=2, device_changes=2, location_changes=1), 0),
        (VisitorFacts(avg_session_seconds=29.99), 20),
        (VisitorFacts(avg_session_seconds=0), 20),
        (VisitorFacts(page_views=0), 15),
        (VisitorFacts(device_changes=3), 30),
        (VisitorFacts(location_changes=2), 25),
        (VisitorFacts(failed_payments_1h=50, linked_customers=40, fastest_travel_kmh=9999), 0),
    ],
)
def test_each_factor_at_its_limit_and_unknown_adds_nothing(visitor: VisitorFacts, score: int):
    assert behaviour_score(visitor, Weights())[0] == score


def test_the_store_sets_the_points_and_the_sum_is_capped():
    own = Weights(points={"behaviour.device_changes": 5, "behaviour.few_pages": 0, "ip.tor": 99})
    assert behaviour_score(ALL_FOUR, own)[0] == 50
    assert behaviour_score(ALL_FOUR, Weights(points=dict.fromkeys(VISITOR_FACTOR_KEYS, 60.0)))[0] == 100
    assert behaviour_score(ALL_FOUR, Weights(points=dict.fromkeys(VISITOR_FACTOR_KEYS, -60.0)))[0] == 0


def test_the_verdict_carries_the_plain_score_beside_the_probability():
    row = {
        "visitor.avg_session_seconds": 12,
        "visitor.page_views": 1,
        "visitor.device_changes": 3,
        "visitor.location_changes": 2,
    }
    verdict = judge(facts_from({**row, "ip.is_vpn": True, "device.is_automated": True}), Weights())
    assert verdict.behaviour_score == 90
    assert set(VISITOR_FACTOR_KEYS) <= {reason.key for reason in verdict.reasons}


@given(st.dictionaries(st.sampled_from(VISITOR_FACTOR_KEYS), st.floats()))
def test_any_points_keep_the_score_on_its_scale(points: dict[str, float]):
    assert 0 <= behaviour_score(ALL_FOUR, Weights(points=points))[0] <= 100
