"""Shares, their intervals, and changes: what can't be divided is unknown, never zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.comparison import change_of, ratio, share_of


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(1, 3, 0.061492, 0.792340), (0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0)]
)
def test_wilson_in_numbers(hits: int, of: int, low: float, high: float) -> None:
    share = share_of(hits, of)
    assert (share.low, share.high) == (pytest.approx(low, abs=2e-6), pytest.approx(high, abs=2e-6))


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_rate(hits: int, of: int) -> None:
    share = share_of(min(hits, of), of)
    assert share.rate is not None
    assert share.low is not None
    assert share.high is not None
    assert 0 <= share.low <= share.rate + 1e-6
    assert share.rate - 1e-6 <= share.high <= 1
    assert share.enough == (of >= 30)


def test_of_nothing_there_is_no_rate() -> None:
    share = share_of(0, 0)
    assert (share.rate, share.low, share.high, share.enough) == (None, None, None, False)
    assert ratio(3, 0) is None
    assert ratio(None, 3) is None


@pytest.mark.parametrize(
    ("now", "before", "absolute", "relative"),
    [(5, 4, 1, 0.25), (0, 4, -4, -1), (5, 0, 5, None), (5, None, None, None), (None, 4, None, None), (-1, -2, 1, 0.5)],
)
def test_changes(now: float | None, before: float | None, absolute: float | None, relative: float | None) -> None:
    change = change_of(now, before)
    assert (change.absolute, change.relative) == (absolute, relative)
