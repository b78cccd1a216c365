"""Ages, incomes and schooling end up in the range they belong to, however a vendor writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.vendors.country_names import country_code
from shopwarden.vendors.person_ranges import (
    AGES,
    HIGHEST_INCOME,
    INCOMES,
    OLDEST,
    SCHOOLING,
    YOUNGEST,
    age_range,
    age_range_of,
    education_level,
    income_range,
    income_range_of,
)

AGE_NAMES = [name for _, name in AGES]
INCOME_NAMES = [name for _, name in INCOMES] + [HIGHEST_INCOME]


@given(st.integers(YOUNGEST, OLDEST))
def test_every_grown_up_has_exactly_the_range_their_age_is_in(age: int) -> None:
    name = age_range(age)
    assert name is not None
    low, _, high = name.rstrip("+").partition("-")
    assert int(low) <= age <= int(high or OLDEST)
    assert age_range_of(str(age)) == name


@given(st.floats(max_value=17.99) | st.floats(min_value=120.01))
def test_children_and_ages_nobody_has_are_not_kept(age: float) -> None:
    assert age_range(age) is None


@given(st.lists(st.integers(YOUNGEST, OLDEST), min_size=2, max_size=2))
def test_the_older_one_is_never_in_a_younger_range(ages: list[int]) -> None:
    younger, older = (AGE_NAMES.index(age_range(age) or "") for age in sorted(ages))
    assert younger <= older


@pytest.mark.parametrize("name", AGE_NAMES)
def test_our_own_age_ranges_stay_as_they_are(name: str) -> None:
    assert age_range_of(name) == name


@given(st.integers(YOUNGEST, 100), st.integers(0, 20))
def test_a_range_across_two_of_ours_goes_where_its_middle_is(low: int, width: int) -> None:
    assert age_range_of(f"{low}-{low + width}") == age_range(low + width / 2)


@given(st.integers(0, 10**9))
def test_every_income_has_exactly_one_range(dollars: int) -> None:
    name = income_range(dollars)
    low, _, high = (name or "").replace("k", "").rstrip("+").partition("-")
    assert int(low) * 1000 <= dollars < (int(high) * 1000 if high else 10**10)
    for written in (str(dollars), f"${dollars:,}", f"$ {dollars:,}.00"):
        assert income_range_of(written) == name


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=2))
def test_more_income_is_never_a_lower_range(incomes: list[int]) -> None:
    less, more = (INCOME_NAMES.index(income_range(each) or "") for each in sorted(incomes))
    assert less <= more
    low, high = sorted(incomes)
    assert income_range_of(f"${low:,} - ${high:,}") == income_range((low + high) / 2)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("<20,000", "0-50k"), ("> 250,000", "150k+"), ("85,000-100,000", "50-100k"), ("$150,000 - $199,999", "150k+"),
        ("50-100k", "50-100k"), ("100-150k", "100-150k"), ("0-50k", "0-50k"), ("150k+", "150k+"), ("1m", "150k+"),
        ("75k", "50-100k"), ("unknown", None), ("", None),
    ],
)  # fmt: skip
def test_incomes_as_vendors_write_them(written: str, name: str | None) -> None:
    assert income_range_of(written) == name


@pytest.mark.parametrize(
    ("written", "level"),
    [
        (["High School Diploma"], "high_school"), (["Bachelors"], "college"), (["Some College"], "college"),
        (["Completed Graduate School"], "graduate"), (["Master of Arts"], "graduate"), (["PhD"], "graduate"),
        (["Bachelor of Arts", "MBA"], "graduate"), (["Undergraduate degree"], "college"), (["juggling"], None), ([], None),
        (["GED"], "high_school"), (["Doctor of Medicine", "High School"], "graduate"),
    ],
)  # fmt: skip
def test_the_highest_schooling_counts(written: list[str], level: str | None) -> None:
    assert education_level(written) == level


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_read_into_a_range_or_into_none(text: str, texts: list[str]) -> None:
    assert age_range_of(text) in {*AGE_NAMES, None}
    assert income_range_of(text) in {*INCOME_NAMES, None}
    assert education_level(texts) in {*SCHOOLING, None}
    assert country_code(text) is None or len(country_code(text) or "") == 2


def test_countries_written_out_are_known() -> None:
    assert [country_code(name) for name in ("united states", "United Kingdom", "Germany", "FR", "USA")] == [
        "US", "GB", "DE", "FR", "US",
    ]  # fmt: skip
    assert country_code("Atlantis") is None
    assert country_code(None) is None
