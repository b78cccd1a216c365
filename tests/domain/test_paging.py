"""Cursors survive the way out and back; what callers write by hand is refused by its name."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.paging import Position, pages_of, read_choices, read_cursor, read_moment, write_cursor
from shopwarden.errors import RefuseError

values = st.one_of(
    st.none(),
    st.integers(-(2**31), 2**31 - 1),
    st.decimals(min_value=-(10**10), max_value=10**10, places=2, allow_nan=False),
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.just(UTC)),
)


@given(order=st.sampled_from(["created_at", "-total_spent"]), value=values, identity=st.uuids())
def test_a_cursor_comes_back_as_it_was(order: str, value: datetime | Decimal | int | None, identity: object) -> None:
    position = Position(order, value, identity)  # type: ignore[arg-type]
    assert read_cursor(write_cursor(position), order) == position


@given(st.text(max_size=300))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(RefuseError):
        read_cursor(text, "created_at")


@given(st.text(max_size=40))
def test_a_moment_is_read_or_refused(text: str) -> None:
    try:
        moment = read_moment("since", text)
    except RefuseError:
        return
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2026-03-01", False, datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-02-28", True, datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:00:00Z", True, datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", False, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T12:00:00 02:00", False, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T12:00:00", False, datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("", False, None),
    ],
)
def test_dates_and_times(text: str, end: bool, expected: datetime | None) -> None:
    assert read_moment("date_to", text, end=end) == expected


@pytest.mark.parametrize("text", ["9999-12-31", "2026-13-01", "1", "2026-03-01T99:00:00Z", "20260301x"])
def test_dates_that_are_none(text: str) -> None:
    with pytest.raises(RefuseError):
        read_moment("date_to", text, end=True)


def test_choices_and_pages() -> None:
    assert read_choices("status", "a, b,a", ("a", "b", "c")) == ("a", "b")
    assert read_choices("status", "", ("a",)) == ()
    for wrong in ("d", ",", " "):
        with pytest.raises(RefuseError):
            read_choices("status", wrong, ("a", "b"))
    assert [pages_of(total, 50) for total in (0, 1, 50, 51)] == [0, 1, 1, 2]
