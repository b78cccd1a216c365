"""Waits grow, stay in their bounds, and end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.jobs.backoff import ATTEMPTS, LONGEST, wait_after
from shopwarden.jobs.error_text import error_text

SHARE = st.floats(0, 1)


@given(attempt=st.integers(0, ATTEMPTS - 2), chance=SHARE)
def test_a_wait_is_between_half_and_the_whole_of_its_step(attempt: int, chance: float) -> None:
    wait = wait_after(attempt, chance=chance)
    assert wait is not None
    full = min(timedelta(seconds=2**attempt), LONGEST)
    assert full / 2 <= wait <= full


@given(attempt=st.integers(ATTEMPTS - 1, 1000), advised=st.none() | st.floats(0, 1e9), chance=SHARE)
def test_the_last_attempt_has_no_wait(attempt: int, advised: float | None, chance: float) -> None:
    assert wait_after(attempt, advised, chance) is None


@given(attempt=st.integers(0, ATTEMPTS - 2), advised=st.floats(0, 1e12), chance=SHARE)
def test_advice_is_never_undercut_within_a_day(attempt: int, advised: float, chance: float) -> None:
    wait = wait_after(attempt, advised, chance)
    assert wait is not None
    assert timedelta(seconds=min(advised, 86_400.0)) <= wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("call +49 170 1234567 now", "ValueError: call <number> now"),
        ("at redis://user:hunter2@host:6379/0", "ValueError: at redis://***@host:6379/0"),
        ("Bearer abc.def refused", "ValueError: Bearer *** refused"),
        ("duplicate key\nDETAIL: Key (email)=(jane@example.com)", "ValueError: duplicate key"),
        ("nul \x00 inside", "ValueError: nul  inside"),
        ("", "ValueError"),
        ("row 0190d7a2-7b1c-7c3e-9d56-0f1b2c3d4e5f", "ValueError: row 0190d7a2-7b1c-7c3e-9d56-0f1b2c3d4e5f"),
    ],
)
def test_errors_are_shown_without_personal_data(message: str, shown: str) -> None:
    assert error_text(ValueError(message)) == shown


@given(st.text())
def test_error_lines_are_short_and_storable(message: str) -> None:
    text = error_text(RuntimeError(message))
    assert len(text) <= 500
    assert "\x00" not in text
    assert len(text.splitlines()) == 1
