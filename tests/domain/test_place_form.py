"""Spellings of one postal address share a key; neighbours do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.place import normalise_place, place_key

TEXTS = st.none() | st.text(st.characters(categories=None), max_size=40)
PLACES = st.builds(
    PlaceFacts,
    first_name=TEXTS,
    last_name=TEXTS,
    line1=TEXTS,
    line2=TEXTS,
    city=TEXTS,
    region=TEXTS,
    postal_code=TEXTS,
    country=TEXTS,
)


def key(line1: str, line2: str | None = None, code: str = "90210", country: str = "US", city: str = "Town") -> str:
    return place_key(normalise_place(PlaceFacts(line1=line1, line2=line2, city=city, postal_code=code, country=country)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (key("123 Main Street, Apt. 4B"), key("123 MAIN ST", "Apartment 4b")),
        (key("123 Main St #4B"), key("123 main st., unit 4B", code="90210-1234")),
        (key("9 North Oak Avenue"), key("9 N. Oak Ave")),
        (key("Hauptstraße 5", code="10115", country="DE"), key("Hauptstr. 5", code="10115", country="DE")),
        (key("Haupt Strasse 5", code="10115", country="DE"), key("Haupt Str. 5", code="10115", country="DE")),
        (key("12 Rue de l'Église", code="75001", country="FR"), key("12, rue de l'eglise", code="75 001", country="FR")),
        (key("Calle Mayor 3", code="28013", country="ES"), key("C/ Mayor, 3", code="28013", country="ES")),
    ],
)
def test_spellings_share_a_key(one: str, other: str) -> None:
    assert one == other != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (key("123 Main St Apt 4"), key("123 Main St Apt 5")),
        (key("123 Main St"), key("123 Main St Apt 5")),
        (key("123 Main St"), key("124 Main St")),
        (key("123 Main St", code="90210"), key("123 Main St", code="90211")),
        (key("1 High Street", code="AB1 2CD", country="GB"), key("1 High Street", code="AB1 2CD", country="IE")),
    ],
)
def test_neighbours_do_not(one: str, other: str) -> None:
    assert one != other


def test_without_a_street_there_is_no_key() -> None:
    assert place_key(PlaceFacts(city="Paris", country="FR", postal_code="75001")) == ""
    assert place_key(PlaceFacts(line1="--", country="FR")) == ""


def test_blanks_and_codes_are_tidied() -> None:
    tidy = normalise_place(PlaceFacts(line1=" 1\x00 High \n Street ", city="  ", postal_code=" ab1 2cd", country="gb "))
    assert tidy == PlaceFacts(line1="1 High Street", postal_code="AB1 2CD", country="GB")
    assert normalise_place(PlaceFacts(country="Germany")).country is None


@given(PLACES)
def test_normalising_twice_is_normalising_once(place: PlaceFacts) -> None:
    once = normalise_place(place)
    assert normalise_place(once) == once
    assert "\x00" not in place_key(once)
