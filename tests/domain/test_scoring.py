"""The scoring mathematics: odds, caps, parts, band, thresholds, as rules that hold for any points."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.scoring import (
    Claim,
    advice_of,
    band_of,
    base_log_odds,
    cap_groups,
    dialled_points,
    level_of,
    part_scores,
    probability_of,
    score_of,
    total_points,
)
from shopwarden.domain.verdict import PARTS, Weights

BASE = base_log_odds(None)
CAPS = {"first": 30.0, "second": 12.5}

points = st.floats(-1000, 1000, allow_nan=False)
claims = st.lists(
    st.builds(Claim, st.text("abc", min_size=1), st.sampled_from(PARTS), points, st.sampled_from([None, *CAPS]))
)


@pytest.mark.parametrize(("given_points", "score"), [(0, 1), (54, 30), (66, 49), (67, 51), (82, 75), (-40, 0)])
def test_known_points_on_the_scale(given_points: float, score: int):
    assert score_of(given_points, BASE) == score


def test_ten_points_double_the_odds():
    def odds(given_points: float) -> float:
        probability = probability_of(given_points, BASE)
        return probability / (1 - probability)

    assert odds(0) == pytest.approx(1 / 99)
    assert odds(30) == pytest.approx(2 * odds(20))


@pytest.mark.parametrize(("rate", "used"), [(None, 0.01), (0.02, 0.02), (0.0, 0.0005), (0.9, 0.2), (math.nan, 0.01)])
def test_base_odds_come_from_the_stores_rate_within_reason(rate: float | None, used: float):
    assert probability_of(0, base_log_odds(rate)) == pytest.approx(used)


@given(st.floats(allow_nan=False), st.none() | st.floats(0, 1))
def test_score_stays_on_its_scale_for_any_points(given_points: float, rate: float | None):
    assert 0 <= score_of(given_points, base_log_odds(rate)) <= 100


@given(points, points)
def test_more_points_never_lower_the_score(left: float, right: float):
    low, high = sorted((left, right))
    assert score_of(low, BASE) <= score_of(high, BASE)


@given(claims)
def test_groups_cap_and_never_cut_a_single_signal(members: list[Claim]):
    capped = cap_groups(members, CAPS)
    for group, cap in CAPS.items():
        for sign in (1, -1):
            own = [sign * claim.points for claim in members if claim.group == group and sign * claim.points > 0]
            kept = [sign * value for claim, value in zip(members, capped, strict=True) if claim.group == group]
            total = math.fsum(value for value in kept if value > 0)
            assert total <= max([cap, *own]) + 1e-6
            if math.fsum(own) <= cap:
                assert total == pytest.approx(math.fsum(own))
    for claim, value in zip(members, capped, strict=True):
        assert abs(value) <= abs(claim.points) + 1e-9
        assert value * claim.points >= 0
        assert claim.group is not None or value == claim.points


@given(claims)
def test_parts_add_up_to_the_total(members: list[Claim]):
    capped = cap_groups(members, CAPS)
    parts = part_scores(members, capped, BASE)
    assert tuple(parts) == PARTS
    assert math.fsum(part.points for part in parts.values()) == pytest.approx(total_points(members, CAPS), abs=1e-6)
    assert all(part.score == score_of(part.points, BASE) for part in parts.values())


@given(claims, st.randoms())
def test_order_of_claims_changes_nothing(members: list[Claim], random):
    shuffled = list(members)
    random.shuffle(shuffled)
    assert total_points(shuffled, CAPS) == pytest.approx(total_points(members, CAPS), abs=1e-9)
    assert sorted(cap_groups(shuffled, CAPS)) == pytest.approx(sorted(cap_groups(members, CAPS)))


@given(claims, st.builds(Claim, st.just("new"), st.sampled_from(PARTS), points, st.sampled_from([None, *CAPS])))
def test_suspicion_never_lowers_and_trust_never_raises(members: list[Claim], new: Claim):
    before, after = total_points(members, CAPS), total_points([*members, new], CAPS)
    if new.points >= 0:
        assert after >= before - 1e-6
    else:
        assert after <= before + 1e-6


@given(claims, claims)
def test_band_contains_the_score_and_widens_with_what_is_unknown(members: list[Claim], unknown: list[Claim]):
    score = score_of(total_points(members, CAPS), BASE)
    band = band_of(members, unknown, CAPS, BASE, score)
    assert 0 <= band.low <= score <= band.high <= 100
    known = band_of(members, [], CAPS, BASE, score)
    assert (known.low, known.high) == (score, score)


def test_unknown_trust_widens_the_band_downward_only():
    members = [Claim("bad", "order", 70.0, None)]
    score = score_of(70, BASE)
    band = band_of(members, [Claim("trust", "trust", -30.0, None)], CAPS, BASE, score)
    assert band.low < score == band.high


def test_an_unknown_member_of_a_full_group_adds_nothing_to_the_band():
    members = [Claim("one", "ip", 30.0, "first")]
    score = score_of(30, BASE)
    assert band_of(members, [Claim("two", "ip", 30.0, "first")], CAPS, BASE, score).high == score


@pytest.mark.parametrize(
    ("score", "level", "advice"),
    [(0, "low", "approve"), (24, "low", "approve"), (25, "medium", "approve"), (30, "medium", "review"),
     (50, "high", "review"), (75, "high", "decline"), (80, "critical", "decline"), (100, "critical", "decline")],
)  # fmt: skip
def test_default_thresholds(score: int, level: str, advice: str):
    assert (level_of(score, Weights()), advice_of(score, Weights())) == (level, advice)


def test_dials_replace_defaults_and_nonsense_is_no_dial():
    weights = Weights(points={"set": 7.5, "off": 0.0, "huge": 1e308, "nan": math.nan, "inf": -math.inf})
    assert [dialled_points(key, 20.0, weights) for key in ("set", "off", "huge", "nan", "inf", "unset")] == [
        7.5, 0.0, 1000.0, 20.0, 20.0, 20.0,
    ]  # fmt: skip
