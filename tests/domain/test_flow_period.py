"""Promises of a report's period: thirty days unless said otherwise, never backwards, never endless."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.flow_period import MOST_DAYS, USUAL_DAYS, Period, read_period
from shopwarden.errors import RefuseError

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def test_without_words_it_is_the_last_thirty_days() -> None:
    assert read_period("", "", NOW) == Period(NOW - timedelta(days=USUAL_DAYS), NOW)


def test_a_day_as_the_end_includes_that_day() -> None:
    told = read_period("2026-03-01", "2026-03-02", NOW)
    assert told == Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))


@given(since=moments, until=moments)
def test_a_period_goes_forward_or_is_refused_by_name(since: datetime, until: datetime) -> None:
    possible = since < until and until - since <= timedelta(days=MOST_DAYS)
    if possible:
        assert read_period(since.isoformat(), until.isoformat(), NOW) == Period(since, until)
        return
    with pytest.raises(RefuseError) as refused:
        read_period(since.isoformat(), until.isoformat(), NOW)
    assert set(refused.value.fields) == {"from"}


@given(since=st.text(max_size=30), until=st.text(max_size=30))
def test_any_text_is_read_or_refused(since: str, until: str) -> None:
    wrong: dict[str, str] = {}
    try:
        told = read_period(since, until, NOW)
    except RefuseError as refused:
        wrong = refused.fields
    assert wrong.keys() <= {"from", "to"}
    assert wrong or told.since < told.until
