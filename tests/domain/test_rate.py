"""The rate limit's arithmetic: never more than the limit in any period, and never refused without need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.rate import take

PERIOD = 60.0


@given(limit=st.integers(1, 50), pauses=st.lists(st.floats(0, 40), min_size=1, max_size=200))
def test_a_burst_and_its_refill_bound_every_window(limit: int, pauses: list[float]) -> None:
    now, arrival, allowed = 1000.0, None, []
    for pause in pauses:
        now += pause
        arrival, allowance = take(arrival, now, limit, PERIOD)
        assert 0 <= allowance.remaining < limit
        if allowance.is_allowed:
            allowed.append(now)
        else:
            assert take(arrival, now + allowance.wait + 1e-3, limit, PERIOD)[1].is_allowed
    for start in allowed:
        # A full burst and what refills within the same period: twice the limit, and that only once.
        assert sum(start <= at < start + PERIOD for at in allowed) <= 2 * limit


@given(limit=st.integers(1, 1000))
def test_a_quiet_caller_may_use_the_whole_limit_at_once(limit: int) -> None:
    arrival = None
    for number in range(limit):
        arrival, allowance = take(arrival, 5.0, limit, PERIOD)
        assert allowance.is_allowed
        assert allowance.remaining == limit - number - 1
    arrival, refused = take(arrival, 5.0, limit, PERIOD)
    assert not refused.is_allowed
    assert int(refused.headers()["Retry-After"]) >= 1


@given(limit=st.integers(1, 100), count=st.integers(2, 50))
def test_an_even_pace_at_the_limit_is_never_refused(limit: int, count: int) -> None:
    arrival = None
    for number in range(count):
        arrival, allowance = take(arrival, 100.0 + number * PERIOD / limit, limit, PERIOD)
        assert allowance.is_allowed
