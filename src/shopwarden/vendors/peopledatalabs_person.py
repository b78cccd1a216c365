"""A person record of People Data Labs, read into our own facts.

Fields outside the account's plan come as plain `true`; like any other wrong type they are not read.
"""

from __future__ import annotations

from shopwarden.contracts.exchange import Reply
from shopwarden.domain.answers import PersonAnswer, SocialProfile
from shopwarden.vendors.country_names import country_code
from shopwarden.vendors.faults import sent_at
from shopwarden.vendors.fields import Fields
from shopwarden.vendors.person_ranges import age_range, education_level, income_range_of
from shopwarden.vendors.person_words import GENDERS, profile, profiles

NETWORKS = ("facebook", "github", "twitter", "linkedin")
KEPT = (
    "id", "full_name", "first_name", "last_name", "sex", "birth_year", "mobile_phone", "work_email",
    "location_locality", "location_region", "location_country", "location_geo", "headline", "industry", "job_title",
    "job_title_role", "job_title_sub_role", "job_title_levels", "job_company_name", "job_company_website",
    "job_company_size", "inferred_salary", "education", "interests",
    *(f"{network}_{part}" for network in NETWORKS for part in ("url", "username")),
)  # fmt: skip
"""All that is asked for."""


def read_person(data: Fields, likelihood: float | None, reply: Reply) -> PersonAnswer:
    latitude, longitude = _point(data.text("location_geo", 50))
    levels = data.texts("job_title_levels")
    salary = data.text("inferred_salary", 50)
    degrees = [degree for each in data.each("education") for degree in each.texts("degrees")]
    return PersonAnswer(
        likelihood=None if likelihood is None else likelihood / 10,
        full_name=data.text("full_name"),
        first_name=data.text("first_name", 100),
        last_name=data.text("last_name", 100),
        email=data.text("work_email"),
        phone=data.text("mobile_phone", 50),
        city=data.text("location_locality"),
        region=data.text("location_region"),
        country=country_code(data.text("location_country")),
        latitude=latitude,
        longitude=longitude,
        bio=data.text("headline", 1000),
        occupation=data.text("job_title"),
        organization=data.text("job_company_name"),
        organization_domain=data.text("job_company_website"),
        organization_size=data.text("job_company_size", 50),
        role=data.text("job_title_role", 100),
        sub_role=data.text("job_title_sub_role", 100),
        seniority=levels[0][:100] if levels else None,
        industry=data.text("industry", 100),
        profiles=profiles(_profile(data, network) for network in NETWORKS),
        gender=data.one_of("sex", GENDERS),
        age_range=_age(data, reply),
        income_range=None if salary is None else income_range_of(salary),
        education_level=education_level(degrees),
        interests=data.texts("interests"),
    )


def _age(data: Fields, reply: Reply) -> str | None:
    """Counted from the year the reply was sent in; the birthday may still be to come."""
    year, sent = data.whole("birth_year", 1900, 2100), sent_at(reply)
    return None if year is None or sent is None else age_range(sent.year - year)


def _profile(data: Fields, network: str) -> SocialProfile | None:
    return profile(network, data.text(f"{network}_url"), data.text(f"{network}_username", 200))


def _point(text: str | None) -> tuple[float | None, float | None]:
    """From "37.77,-122.41"."""
    latitude, _, longitude = (text or "").partition(",")
    both = Fields({"latitude": latitude, "longitude": longitude})
    found = both.number("latitude", -90, 90), both.number("longitude", -180, 180)
    return (None, None) if None in found else found
