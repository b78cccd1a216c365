"""When an event happened: a right clock is believed, so that order is kept; a wrong one is taken out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.sources.segment.messages import SAME_CLOCK_SECONDS, Arrival, event_time

NOW = 1_790_000_000.0


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def seen(stated: float, sent: float, received: float) -> float:
    at, warnings = event_time({"timestamp": iso(stated), "sentAt": iso(sent)}, Arrival(received=received))
    assert warnings == []
    return at


@given(st.lists(st.tuples(st.floats(0.001, 5), st.floats(0, 1), st.floats(0, 2)), min_size=2, max_size=9))
def test_events_of_a_right_clock_keep_their_order_however_long_their_ways(steps: list[tuple[float, float, float]]) -> None:
    """Each step: seconds since the last event, how long it waited to be sent, and how long it was on its way."""
    clock, times = NOW, []
    for pause, waited, way in steps:
        clock += pause
        times.append(seen(clock, clock + waited, clock + waited + way))
    assert times == sorted(times)


@given(st.floats(-300_000, 300_000).filter(lambda wrong: abs(wrong) > SAME_CLOCK_SECONDS + 1), st.floats(0, 600))
def test_a_wrong_clock_is_taken_out(wrong: float, waited: float) -> None:
    at = seen(NOW + wrong - waited, NOW + wrong, NOW + 0.2)
    assert at == pytest.approx(NOW + 0.2 - waited, abs=0.001)
