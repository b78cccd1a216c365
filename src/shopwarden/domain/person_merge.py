"""What enrichment vendors say of a person, as statements about the customer that give way to everybody else's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from shopwarden.domain.answers import SENSITIVE, PersonAnswer
from shopwarden.domain.observation import CustomerObservation, Json

RANKS: Mapping[str, str] = {"peopledatalabs": "03", "fullcontact": "02", "clearbit": "01"}
"""First part of the version: greater wins among vendors, and all of them sort below a date, with which the versions of
shops, of Klaviyo and of people begin."""
OTHER_RANK = "00"
GENDERS = ("male", "female", "other")

_COLUMNS = (
    "first_name", "last_name", "gender", "age_range", "income_range", "education_level", "occupation", "marital_status",
    "has_children",
)  # fmt: skip
_EMPLOYMENT = {
    "occupation": "title", "organization": "name", "organization_domain": "domain", "organization_size": "company_size",
    "role": "role", "sub_role": "sub_role", "seniority": "seniority", "industry": "industry",
}  # fmt: skip
_LOCATION = ("city", "region", "country", "latitude", "longitude", "timezone", "utc_offset")
_PLAIN = ("full_name", "bio", "site", "avatar", "likelihood", "home_owner", "affluence")


class Identity(NamedTuple):
    """The identifiers of a customer that a statement may be made under; the strongest there is is taken."""

    shopify_id: str | None = None
    email: str | None = None
    user_id: str | None = None
    klaviyo_id: str | None = None
    phone: str | None = None


def version_of_answer(vendor: str, at: datetime) -> str:
    """`{rank}|{time of the answer}`, the time in UTC to the microsecond, so that text order is the order of time."""
    return f"{RANKS.get(vendor, OTHER_RANK)}|{at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%fZ')}"


def allowed(answer: PersonAnswer, wanted: Iterable[str]) -> PersonAnswer:
    """The answer without the sensitive fields that the store did not ask for by name."""
    asked = set(wanted)
    dropped = {name: () if name == "interests" else None for name in SENSITIVE if name not in asked}
    return msgspec.structs.replace(answer, **dropped)


def observation_of(
    identity: Identity, vendor: str, answer: PersonAnswer, at: datetime, wanted: Iterable[str] = ()
) -> CustomerObservation | None:
    """The statement of one vendor; None where it says nothing or the customer has no identifier to say it under.

    Only one identifier is named: what a vendor believes of a person never decides who is who.
    """
    named = next(((name, value) for name, value in zip(Identity._fields, identity, strict=True) if value), None)
    told = allowed(answer, wanted)
    columns: dict[str, Any] = {name: value for name in _COLUMNS if (value := getattr(told, name)) is not None}
    if columns.get("gender", "male") not in GENDERS:
        del columns["gender"]
    country = told.country
    if country is not None and len(country) == 2 and country.isascii() and country.isalpha():
        columns["country_code"] = country.upper()
    custom = _custom(told)
    if named is None or not (columns or custom):
        return None
    return CustomerObservation(
        version=version_of_answer(vendor, at),
        at=at,
        source=vendor,
        custom_attributes=custom or UNSET,
        **columns | {named[0]: named[1]},
    )


def _custom(told: PersonAnswer) -> dict[str, Json]:
    """What has no column of its own: employment, whereabouts, profiles and the rest."""
    found: dict[str, Json] = {name: value for name in _PLAIN if (value := getattr(told, name)) is not None}
    employment: dict[str, Json] = {
        theirs: value for ours, theirs in _EMPLOYMENT.items() if (value := getattr(told, ours)) is not None
    }
    location: dict[str, Json] = {name: value for name in _LOCATION if (value := getattr(told, name)) is not None}
    profiles: Json = {
        profile.network: {name: value for name, value in msgspec.to_builtins(profile).items() if name != "network"}
        for profile in told.profiles
    }
    interests: Json = list(told.interests)
    parts: dict[str, Json] = {
        "employment": employment, "person_location": location, "profiles": profiles, "interests": interests,
    }  # fmt: skip
    return found | {name: part for name, part in parts.items() if part}
