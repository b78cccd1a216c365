"""The breaker as a state machine: what opens it, for how long, and that any answer closes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.outbound.breaker import CLOSED, HEALTHY, PROBE, RULES, Breaker, after_fault, probing, stand

NOW = datetime(2026, 1, 1, tzinfo=UTC)
kinds = st.sampled_from(sorted(RULES))
all_kinds = st.sampled_from([*sorted(RULES), *sorted(HEALTHY), "rate_limited", "unheard_of"])
steps = st.lists(st.tuples(all_kinds, st.floats(0, 7200)), max_size=60)


def run(faults: list[tuple[str, float]]) -> tuple[Breaker, datetime]:
    breaker, now = CLOSED, NOW
    for kind, seconds in faults:
        now += timedelta(seconds=seconds)
        breaker = after_fault(breaker, kind, now)
    return breaker, now


@pytest.mark.parametrize("kind", sorted(RULES))
def test_it_opens_at_its_count_and_not_before(kind):
    rule = RULES[kind]
    before, now = run([(kind, 1.0)] * (rule.after - 1))
    assert stand(before, now) == "closed"
    opened = after_fault(before, kind, now)
    assert opened.open_until == now + rule.wait
    assert stand(opened, now) == "open"
    assert stand(opened, now + rule.wait) == "half_open"


@given(steps)
def test_it_is_never_open_longer_than_its_longest_wait(faults):
    longest = max(rule.longest for rule in RULES.values())
    breaker, now = run(faults)
    assert breaker.open_until is None or breaker.open_until <= now + longest
    assert breaker.faults >= 0


@given(kinds, st.integers(1, 40))
def test_each_further_fault_waits_at_least_as_long(kind, more):
    faults = RULES[kind].after + more
    shorter, _ = run([(kind, 0.0)] * (faults - 1))
    longer, _ = run([(kind, 0.0)] * faults)
    assert shorter.open_until is None or (longer.open_until is not None and longer.open_until >= shorter.open_until)


@given(steps, st.sampled_from(sorted(HEALTHY)))
def test_a_vendor_that_answers_at_all_is_well(faults, kind):
    breaker, now = run(faults)
    assert after_fault(breaker, kind, now) == CLOSED


@given(steps)
def test_being_asked_to_slow_down_says_nothing_about_health(faults):
    breaker, now = run(faults)
    assert after_fault(breaker, "rate_limited", now) == breaker


@given(kinds, kinds)
def test_a_probe_that_fails_opens_it_again_whatever_its_kind(first, second):
    opened, _ = run([(first, 1.0)] * RULES[first].after)
    assert opened.open_until is not None
    later = opened.open_until + timedelta(seconds=1)
    trying = probing(opened, later)
    assert (stand(opened, later), stand(trying, later)) == ("half_open", "open")
    assert trying.open_until == later + PROBE
    assert stand(after_fault(trying, second, later), later + timedelta(seconds=1)) == "open"


@given(st.lists(kinds, min_size=1, max_size=4), kinds)
def test_a_time_is_open_half_open_or_closed_and_nothing_else(given_kinds, last):
    breaker, now = run([(kind, 1.0) for kind in [*given_kinds, last]])
    assert (stand(breaker, now) == "closed") == (breaker.open_until is None)
