"""What holds for every verdict, whatever the facts."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import Weights
from shopwarden.signals import find_groups, find_signals
from shopwarden.signals.panel import seat_panel
from shopwarden.steps.judge import judge, judge_by
from tests.signals.any_facts import any_facts

SIGNALS = find_signals()
CAPS = {group.key: group.cap for group in find_groups()}
GROUP_OF = {signal.key: signal.group for signal in SIGNALS}
dials = st.dictionaries(st.sampled_from([signal.key for signal in SIGNALS]), st.floats(), max_size=8)
weights = st.builds(Weights, points=dials)
slow_to_build = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow_to_build
@given(any_facts, weights)
def test_a_verdict_adds_up(facts: Facts, dials: Weights):
    verdict = judge(facts, dials)
    assert 0 <= verdict.score <= 100
    assert 0 <= verdict.behaviour_score <= 100
    assert 0 <= verdict.band.low <= verdict.score <= verdict.band.high <= 100
    assert math.fsum(reason.points for reason in verdict.reasons) == pytest.approx(verdict.points, abs=1e-6)
    assert math.fsum(part.points for part in verdict.parts.values()) == pytest.approx(verdict.points, abs=1e-6)
    sizes = [abs(reason.points) for reason in verdict.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert verdict.score == round(100 * verdict.probability)


@slow_to_build
@given(any_facts)
def test_default_groups_stay_within_their_caps(facts: Facts):
    heard: dict[str, float] = dict.fromkeys(CAPS, 0.0)
    for reason in judge(facts, Weights()).reasons:
        if (group := GROUP_OF[reason.key]) is not None:
            heard[group] += abs(reason.points)
    for group, total in heard.items():
        assert total <= max(CAPS[group], 40.0 if group == "anonymity" else 0.0) + 1e-6


@slow_to_build
@given(any_facts)
def test_a_signal_speaks_or_is_a_gap_never_both_and_gaps_name_what_is_unknown(facts: Facts):
    verdict = judge(facts, Weights())
    spoke, gaps = {reason.key for reason in verdict.reasons}, {gap.key for gap in verdict.gaps}
    assert not spoke & gaps
    for gap in verdict.gaps:
        for path in gap.missing if gap.why is None else ():
            value: object = facts
            for name in path.split("."):
                value = None if value is None else getattr(value, name)
            assert value is None


@slow_to_build
@given(any_facts, st.randoms())
def test_order_of_signals_is_irrelevant(facts: Facts, random):
    shuffled = list(SIGNALS)
    random.shuffle(shuffled)
    assert judge_by(seat_panel(shuffled, find_groups()), facts, Weights()) == judge(facts, Weights())


@slow_to_build
@given(any_facts, st.sampled_from(SIGNALS))
def test_one_more_signal_moves_the_score_its_own_way_only(facts: Facts, extra):
    less = judge(facts, Weights(points={extra.key: 0.0}))
    more = judge(facts, Weights())
    if extra.points > 0:
        assert more.points >= less.points - 1e-6
        assert more.score >= less.score
    else:
        assert more.points <= less.points + 1e-6
        assert more.score <= less.score
