"""Versions: text order is the order of time, and equal tellings have equal versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.events import version_of

moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments, moments, st.binary(max_size=5), st.binary(max_size=5))
def test_a_later_change_has_the_greater_version(one: datetime, other: datetime, body: bytes, more: bytes) -> None:
    if one != other:
        assert (version_of(one, None, body) < version_of(other, None, more)) is (one < other)


@given(moments, moments, moments)
def test_at_equal_times_of_change_the_later_delivery_wins(changed: datetime, one: datetime, other: datetime) -> None:
    if one != other:
        assert (version_of(changed, one, b"1") < version_of(changed, other, b"2")) is (one < other)


def test_a_time_is_the_same_in_every_zone() -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=-5)))
    assert version_of(at, None, b"x") == version_of(elsewhere, None, b"x")
    assert version_of(at, None, b"x") != version_of(at, None, b"y")


def test_a_thing_without_a_time_of_change_takes_that_of_its_delivery() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert version_of(None, at, b"x") == version_of(at, at, b"x")
