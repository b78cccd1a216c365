"""Vendors' statements about a person: they fill what nobody else says, and sensitive ones only where asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.answers import SENSITIVE, PersonAnswer, SocialProfile
from shopwarden.domain.customer_row import compose
from shopwarden.domain.events import version_of
from shopwarden.domain.identity import identifiers_of, write_down
from shopwarden.domain.observation import CustomerObservation
from shopwarden.domain.person_merge import RANKS, Identity, observation_of, version_of_answer

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
WHO = Identity(shopify_id="77", email="ada@example.org")
PERSON = PersonAnswer(
    first_name="Ada", occupation="Engineer", organization="Engines Ltd", gender="female", country="GB", city="London",
    income_range="100-150k", education_level="graduate", marital_status="married", has_children=True, home_owner=True,
    affluence="Upper Middle", interests=("mathematics",), bio="Writes programs",
    profiles=(SocialProfile(network="github", handle="ada", followers=3),),
)  # fmt: skip


def row_of(*observations: CustomerObservation) -> dict[str, object]:
    return compose(write_down(observations))


def test_what_the_shop_says_stays_whoever_came_last():
    shop = CustomerObservation(
        version=version_of(datetime(2001, 1, 1, tzinfo=UTC), None, b"x"), at=AT, source="shopify", shopify_id="77",
        first_name="Augusta",
    )  # fmt: skip
    vendor = observation_of(WHO, "peopledatalabs", PERSON, AT)
    assert vendor is not None
    for order in ((shop, vendor), (vendor, shop)):
        row = row_of(*order)
        assert (row["first_name"], row["occupation"]) == ("Augusta", "Engineer")
        assert row["provenance"]["occupation"][1] == "peopledatalabs"
        assert row["provenance"]["first_name"][1] == "shopify"


@given(st.permutations(list(RANKS)))
def test_among_vendors_the_rank_decides_not_the_time(order):
    said = []
    for day, vendor in enumerate(order, 1):
        told = observation_of(WHO, vendor, PersonAnswer(occupation=vendor), AT.replace(day=day))
        assert told is not None
        said.append(told)
    assert row_of(*said)["occupation"] == "peopledatalabs"


def test_versions_of_vendors_sort_below_every_date():
    assert all(version_of_answer(vendor, AT) < "1900" for vendor in (*RANKS, "newcomer"))


def test_sensitive_fields_are_dropped_unless_asked_for_by_name():
    told = observation_of(WHO, "fullcontact", PERSON, AT)
    assert told is not None
    row = row_of(told)
    assert all(row[name] is None for name in ("income_range", "education_level", "marital_status", "has_children"))
    assert not {"interests", "affluence", "home_owner"} & row["custom_attributes"].keys()
    asked = observation_of(WHO, "fullcontact", PERSON, AT, SENSITIVE)
    assert asked is not None
    row = row_of(asked)
    assert (row["income_range"], row["has_children"]) == ("100-150k", True)
    assert row["custom_attributes"]["interests"] == ["mathematics"]


def test_what_has_no_column_is_kept_beside():
    told = observation_of(WHO, "peopledatalabs", PERSON, AT)
    assert told is not None
    custom = row_of(told)["custom_attributes"]
    assert custom["employment"] == {"title": "Engineer", "name": "Engines Ltd"}
    assert custom["profiles"] == {"github": {"handle": "ada", "followers": 3}}
    assert custom["person_location"] == {"city": "London", "country": "GB"}


def test_a_statement_names_one_identifier_and_so_joins_nobody():
    told = observation_of(WHO, "peopledatalabs", PERSON, AT)
    assert told is not None
    assert [str(name) for name in identifiers_of(told)] == ["shopify:77"]


@pytest.mark.parametrize(("who", "answer"), [(Identity(), PERSON), (WHO, PersonAnswer()), (WHO, PersonAnswer(gender="N/A"))])
def test_nothing_said_or_nobody_to_say_it_of_is_no_statement(who: Identity, answer: PersonAnswer):
    assert observation_of(who, "peopledatalabs", answer, AT) is None
