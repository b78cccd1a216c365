"""Phone numbers come out as E.164 or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.phone import normalise_phone


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("+1 415 555 2671 ext. 12", None, "+14155552671"),
        ("0044 20 7946 0958", None, "+442079460958"),
        ("020 7946 0958", "gb", "+442079460958"),
        ("030 901820", "DE", "+4930901820"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("415 555 2671", None, None),
        ("12", "US", None),
        ("call me", "US", None),
        ("", "US", None),
        ("1" * 400, "US", None),
        ("+1 415 555 2671", "ZZ", "+14155552671"),
    ],
)
def test_numbers(text: str, country: str | None, expected: str | None) -> None:
    assert normalise_phone(text, country) == expected


@given(
    st.text() | st.from_regex(r"[+0]?[0-9 ()./-]{4,18}", fullmatch=True),
    st.sampled_from([None, "US", "GB", "IT", "FR", "??"]),
)
def test_normalising_twice_is_normalising_once(text: str, country: str | None) -> None:
    once = normalise_phone(text, country)
    assert once is None or normalise_phone(once) == once


def test_a_number_of_zeros_has_one_spelling_too():
    spelled = normalise_phone("+440000000000")
    assert spelled is not None
    assert normalise_phone(spelled) == spelled
