"""What is out of the ordinary: the statistics hold whatever the past was."""

from __future__ import annotations

from math import exp, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.spike import (
    chance_of_at_least,
    chance_of_none,
    habit_of,
    is_silence,
    is_wave,
    stability_index,
)

PAST = st.lists(st.integers(0, 300), min_size=1, max_size=150)
CLASSES = st.lists(st.integers(0, 10_000), min_size=10, max_size=10)


@given(PAST, st.integers(0, 500))
def test_a_higher_count_never_has_a_higher_chance(past: list[int], count: int) -> None:
    habit = habit_of(past)
    more, fewer = chance_of_at_least(count + 1, habit), chance_of_at_least(count, habit)
    assert 0 <= more <= fewer + 1e-9 <= 1 + 1e-9
    assert isclose(1 - chance_of_at_least(1, habit), chance_of_none(habit), abs_tol=1e-9)


@given(PAST, st.randoms(use_true_random=False))
def test_the_order_of_the_past_is_irrelevant(past: list[int], dice: object) -> None:
    mixed = sorted(past)
    assert habit_of(mixed) == pytest.approx(habit_of(past))


@given(PAST)
def test_what_always_was_is_no_wave(past: list[int]) -> None:
    assert not is_wave(round(sum(past) / len(past)), past, 1, 1e-6)


@given(PAST, st.integers(1, 100))
def test_below_the_least_nothing_is_a_wave(past: list[int], least: int) -> None:
    assert not is_wave(least - 1, past, least, 0.5)


def test_a_steady_past_is_read_as_poisson() -> None:
    habit = habit_of([10] * 10_000)
    assert chance_of_none(habit) == pytest.approx(exp(-10), rel=0.02)
    assert 1e-7 < chance_of_at_least(30, habit) < 1e-6


@pytest.mark.parametrize(
    ("count", "past", "wave"),
    [
        (14, [0] * 143, True),
        (14, [10, 12, 9, 15, 11] * 28, False),
        (60, [10, 12, 9, 15, 11] * 28, True),
        (60, [0] * 130 + [55, 70, 64, 58, 61] * 2, False),
        (14, [], True),
    ],
)
def test_waves_by_the_shops_own_day(count: int, past: list[int], wave: bool) -> None:
    assert is_wave(count, past, 12, 1e-6) is wave


@pytest.mark.parametrize(
    ("past", "silent"),
    [([40] * 14, True), ([40, 38, 44, 0, 0, 41, 39] * 2, False), ([1] * 14, False), ([0] * 14, False), ([], False)],
)
def test_silence_is_missed_only_where_there_is_never_any(past: list[int], silent: bool) -> None:
    assert is_silence(past, 1e-4) is silent


@given(CLASSES, CLASSES)
def test_the_stability_index_is_symmetric_and_never_below_zero(one: list[int], other: list[int]) -> None:
    assert stability_index(one, other) >= 0
    assert stability_index(one, other) == pytest.approx(stability_index(other, one))
    assert stability_index(one, one) == 0


def test_scores_that_moved_up_a_class_are_another_population() -> None:
    before = [500, 200, 100, 60, 50, 40, 20, 15, 10, 5]
    assert stability_index(before, [one * 3 for one in before]) < 0.01
    assert stability_index(before, [200, 500, 100, 60, 50, 40, 20, 15, 10, 5]) > 0.25
