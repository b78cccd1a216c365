"""Validity, country and kind of line by the numbering plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.facts import PhoneFacts
from shopwarden.vendors.offline.phone import read_phone


@pytest.mark.parametrize(
    ("text", "country", "facts"),
    [
        ("07400 123456", "GB", PhoneFacts(number="+447400123456", is_valid=True, country="GB", kind="mobile")),
        ("+49 30 901820", None, PhoneFacts(number="+4930901820", is_valid=True, country="DE", kind="fixed_line")),
        ("650-253-0000", "US", PhoneFacts(number="+16502530000", is_valid=True, country="US", kind="fixed_line_or_mobile")),
        ("1-800-356-9377", "US", PhoneFacts(number="+18003569377", is_valid=True, country="US", kind="toll_free")),
        ("+800 1234 5678", None, PhoneFacts(number="+80012345678", is_valid=True, country=None, kind="toll_free")),
        ("+1 555 555 5555", None, PhoneFacts(number="+15555555555", is_valid=False, country=None, kind="unknown")),
        ("nobody", "US", PhoneFacts(number="nobody", is_valid=False)),
    ],
)
def test_facts_of_numbers(text: str, country: str | None, facts: PhoneFacts) -> None:
    assert read_phone(text, country) == facts


@given(st.text(), st.none() | st.text(max_size=3))
def test_no_text_breaks_the_reader(text: str, country: str | None) -> None:
    assert isinstance(read_phone(text, country), PhoneFacts)
