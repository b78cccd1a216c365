"""A person as FullContact describes them, read into our own facts.

Surveys, purchases, money and census figures are never read, even where an account's plan sends them.
"""

from __future__ import annotations

from shopwarden.domain.answers import PersonAnswer, SocialProfile
from shopwarden.vendors.country_names import country_code
from shopwarden.vendors.fields import Fields
from shopwarden.vendors.person_ranges import age_range, age_range_of, education_level, income_range_of
from shopwarden.vendors.person_words import (
    GENDERS,
    MARITAL_STATUSES,
    home_owner,
    presence,
    profile,
    profiles,
    web_address,
)

NETWORKS = ("twitter", "linkedin", "facebook")


def read_person(fields: Fields) -> PersonAnswer:
    details = fields.inside("details")
    demographics, household = details.inside("demographics"), details.inside("household")
    name, place = details.inside("name"), _first(details.each("locations"))
    job = next((each for each in details.each("employment") if each.flag("current")), Fields())
    income = household.inside("finance").text("householdIncomeEstimate", 50)
    return PersonAnswer(
        full_name=fields.text("fullName") or name.text("full"),
        first_name=name.text("given", 100),
        last_name=name.text("family", 100),
        city=place.text("city"),
        region=place.text("region"),
        country=place.country("countryCode") or country_code(place.text("country")) or _country(fields.text("location")),
        bio=fields.text("bio", 1000),
        site=web_address(fields.text("website", 1000)),
        avatar=web_address(fields.text("avatar", 1000)),
        occupation=fields.text("title") or demographics.text("occupation"),
        organization=fields.text("organization") or job.text("name"),
        organization_domain=job.text("domain"),
        profiles=profiles((*_detailed(details.inside("profiles")), *(_plain(fields, network) for network in NETWORKS))),
        gender=fields.one_of("gender", GENDERS) or demographics.one_of("gender", GENDERS),
        age_range=_age(details.inside("age")) or _age(demographics.inside("age")) or _range(fields.text("ageRange", 50)),
        income_range=None if income is None else income_range_of(income),
        education_level=education_level(degree for each in details.each("education") if (degree := each.text("degree"))),
        marital_status=demographics.one_of("maritalStatus", MARITAL_STATUSES),
        has_children=presence(household.inside("presence").text("children", 50)),
        home_owner=home_owner(demographics.text("livingStatus", 100)),
        interests=tuple(interest for each in details.each("interests") if (interest := each.text("name", 100))),
    )


def _first(found: tuple[Fields, ...]) -> Fields:
    return found[0] if found else Fields()


def _age(fields: Fields) -> str | None:
    value = fields.number("value", 0, 150)
    return _range(fields.text("range", 50)) if value is None else age_range(value)


def _range(text: str | None) -> str | None:
    return None if text is None else age_range_of(text)


def _country(location: str | None) -> str | None:
    """The last part of "City, Region, Country"."""
    return country_code((location or "").rpartition(",")[2].strip() or None)


def _detailed(fields: Fields) -> list[SocialProfile | None]:
    found = fields.members()
    return [profile(name, each.text("url"), each.text("username", 200), each.whole("followers")) for name, each in found]


def _plain(fields: Fields, network: str) -> SocialProfile | None:
    return profile(network, fields.text(network))
