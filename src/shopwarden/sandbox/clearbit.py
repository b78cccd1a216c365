"""Stands in for Clearbit's person look-up as it was documented: plain, streaming and combined."""

from __future__ import annotations

from dataclasses import replace

from shopwarden.sandbox.mail import FREE, mail_of
from shopwarden.sandbox.persons import Person, person_of
from shopwarden.sandbox.stand_in import Heard, Said, StandIn, magic, refused, spell

_LIMITS = {
    "x-ratelimit-limit": "600",
    "x-ratelimit-remaining": "599",
    "x-ratelimit-reset": "30",
    "x-api-version": "2019-12-19",
}


def error(status: int, kind: str, message: str) -> Said:
    """Clearbit's `{error: {type, message}}`."""
    return Said.of({"error": {"type": kind, "message": message}}, status, headers=_LIMITS)


async def answer(heard: Heard) -> Said:
    """`/v2/people/find` or `/v2/combined/find` with `email`; the key is the user of Basic, or a Bearer token."""
    if heard.path not in {"/v2/people/find", "/v2/combined/find"}:
        return error(404, "unknown_record", "Unknown path.")
    if heard.method != "GET":
        return Said(405)
    key = heard.bearer() or (heard.basic() or ("", ""))[0]
    if refused(key):
        return error(401, "auth", "Invalid API key provided.")
    address = heard.asked("email")
    if not address:
        return error(400, "params_invalid", "Missing parameter: email.")
    special = spell(address)
    if special is not None:
        return special
    if magic(address) == "pending":
        return Said.of({"pending": True}, 202, headers=_LIMITS)
    if not mail_of(address, heard.dice).valid:
        return error(422, "email_invalid", "Invalid email.")
    who = person_of(address, heard.dice)
    combined = heard.path == "/v2/combined/find"
    if who is None and not combined:
        return replace(error(404, "unknown_record", "Unknown person."), billed=True)
    body = None if who is None else _body(who, address)
    return Said.of({"person": body, "company": None} if combined else body, headers=_LIMITS, billed=True)


def _body(who: Person, address: str) -> dict[str, object]:
    home, own, host = who.home, who.dice, address.strip().lower().rpartition("@")[2]
    works = host not in FREE
    return {
        "id": own.uuid("clearbit"),
        "name": {"fullName": who.name, "givenName": who.given, "familyName": who.family},
        "email": address,
        "location": f"{home.city}, {home.region_code}, {home.country_code}",
        "timeZone": home.time_zone,
        "utcOffset": home.utc_offset,
        "geo": {
            "city": home.city,
            "state": home.region,
            "stateCode": home.region_code,
            "country": home.country,
            "countryCode": home.country_code,
            "lat": home.latitude,
            "lng": home.longitude,
        },
        "bio": None,
        "site": None,
        "avatar": None,
        "employment": {
            "domain": host if works else None,
            "name": who.firm,
            "title": who.title,
            "role": who.field,
            "subRole": None,
            "seniority": who.seniority or None,
        },
        "facebook": {"handle": None},
        "github": dict.fromkeys(("handle", "id", "avatar", "company", "blog", "followers", "following")),
        "twitter": dict.fromkeys(
            ("handle", "id", "bio", "followers", "following", "statuses", "favorites", "location", "site", "avatar")
        )
        | {"handle": who.handle if own.happens("twitter", 0.4) else None},
        "linkedin": {"handle": f"in/{who.handle}" if own.happens("linkedin", 0.7) else None},
        "googleplus": {"handle": None},
        "gravatar": {"handle": None, "urls": [], "avatar": None, "avatars": []},
        "fuzzy": False,
        "emailProvider": host in FREE,
        "indexedAt": "2025-06-01T00:00:00.000Z",
        "phone": None,
        "activeAt": None,
        "inactiveAt": None,
    }


STAND_IN = StandIn(
    name="clearbit",
    hosts=("person.clearbit.com", "person-stream.clearbit.com"),
    answer=answer,
    faults={
        "quota": error(402, "over_quota", "You have used up your quota for this billing period."),
        "refuse": error(401, "auth", "Invalid API key provided."),
        "rate_limited": error(429, "rate_limit", "Too many requests."),
        "error": error(500, "internal", "Internal server error."),
    },
)
