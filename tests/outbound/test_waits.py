"""Waits between tries: what is asked for is read in both forms, what is not is drawn below a doubling limit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.outbound.waits import FIRST_WAIT, LONGEST_ASKED, LONGEST_WAIT, jittered, retry_after

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@given(st.integers(1, 200), st.integers())
def test_jitter_is_full_and_bounded(failures, seed):
    wait = jittered(failures, random.Random(seed))
    assert 0 <= wait <= min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - 1, 60))


@given(st.integers(0, 10**9))
def test_seconds(seconds):
    assert retry_after({"Retry-After": str(seconds)}) == min(LONGEST_ASKED, seconds)


@given(st.integers(-(10**6), 10**6))
def test_a_date_is_counted_from_now_and_one_gone_by_means_at_once(seconds):
    header = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after({"retry-after": header}, NOW) == min(LONGEST_ASKED, max(0, seconds))


@pytest.mark.parametrize("told", ["", "soon", "-5", "1.5", "١٢", "9" * 50, "Fri, 99 Foo 2026 00:00:00 GMT", "\x00"])
def test_what_can_not_be_read_is_as_good_as_nothing(told):
    assert retry_after({"Retry-After": told}, NOW) is None


@given(st.text(max_size=60))
def test_no_header_breaks_it(told):
    wait = retry_after({"Retry-After": told}, NOW)
    assert wait is None or 0 <= wait <= LONGEST_ASKED
