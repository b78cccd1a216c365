"""Stands in for FullContact: enrichment of persons, and what its verify family says of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shopwarden.sandbox.fullcontact_answers import profile
from shopwarden.sandbox.mail import mail_of
from shopwarden.sandbox.persons import person_of
from shopwarden.sandbox.stand_in import Heard, Said, StandIn, magic, refused, spell

_KEYS = ("email", "emails", "phone", "phones", "profiles", "maids", "placekey", "recordId", "personId", "partnerId")
_PLACES = (("addressLine1", "city", "region"), ("addressLine1", "city", "regionCode"), ("addressLine1", "postalCode"))
_QUEUED = "Queued for search. Please retry your query within about 2 minutes."


def said(status: int, message: str, **more: object) -> Said:
    """FullContact's `{status, message}`."""
    return Said.of({"status": status, "message": message, **more}, status, headers=_limits())


def _limits() -> dict[str, str]:
    return {"x-rate-limit-limit": "6000", "x-rate-limit-remaining": "5999", "x-rate-limit-reset": "60"}


async def answer(heard: Heard) -> Said:
    """POST of a JSON body with a Bearer key. Misses are billed too."""
    what = heard.path.removeprefix("/v3/")
    if not heard.path.startswith("/v3/") or what not in {
        "person.enrich",
        "verify.activity",
        "verify.match",
        "verify.signals",
    }:
        return said(404, "Not found")
    if heard.method != "POST":
        return said(405, "Method not allowed")
    key = heard.bearer()
    if not key:
        return said(401, "401: Missing access token")
    if refused(key):
        return said(403, "API Key is missing or invalid. Please check your request.")
    if not heard.is_json():
        return Said.of({"code": 400, "message": "Unable to process JSON"}, 400)
    body = heard.json()
    wrong = _wrong(body)
    if wrong:
        return said(400, wrong)
    subject = _subject(body)
    special = spell(subject)
    if special is not None:
        return special
    return _enrich(heard, body, subject) if what == "person.enrich" else _verify(heard, what, subject)


def _enrich(heard: Heard, body: Mapping[str, object], subject: str) -> Said:
    hook = body.get("webhookUrl")
    if hook is not None and not (isinstance(hook, str) and hook.startswith("https://")):
        return said(400, f"Invalid webhookUrl provided: '{hook}'")
    if hook is not None:
        return replace(
            said(202, f"Queued for search. Your response will be sent to your webhook shortly at {hook}"), billed=True
        )
    if magic(subject) == "pending":
        return said(202, _QUEUED, requestId=heard.dice.about("request", subject).uuid("id"))
    who = person_of(subject, heard.dice)
    if who is None:
        return replace(said(404, "Profile not found"), billed=True)
    parts = body.get("dataFilter")
    return Said.of(profile(who, parts if isinstance(parts, list) else None), headers=_limits(), billed=True)


def _verify(heard: Heard, what: str, subject: str) -> Said:
    mail = mail_of(subject, heard.dice)
    if what == "verify.activity":
        return Said.of({"emails": round(1 - mail.risk, 2)}, headers=_limits(), billed=True)
    names = ("city", "region", "country", "continent", "postalCode", "familyName", "givenName", "phone", "email", "social")
    if what == "verify.match":
        return Said.of({name: mail.dice.happens(f"match.{name}", 0.7) for name in names}, headers=_limits(), billed=True)
    seen = {
        "firstSeenMs": 1_400_000_000_000,
        "lastSeenMs": 1_790_000_000_000,
        "observations": mail.dice.whole("seen", 1, 90),
    }
    return Said.of({"emails": [seen | {"value": subject}]}, headers=_limits(), billed=True)


def _wrong(body: Mapping[str, object]) -> str:
    name, location = body.get("name"), body.get("location")
    if any(body.get(key) for key in _KEYS):
        return ""
    if isinstance(name, dict) and isinstance(location, dict):
        complete = any(all(location.get(part) for part in parts) for parts in _PLACES)
        named = name.get("full") or (name.get("given") and name.get("family"))
        return (
            "" if complete and named else "If you want to use 'location'(or placekey) or 'name' as inputs, give both whole"
        )
    return "At least one valid input is required: email, phone, profiles, or name with location"


def _subject(body: Mapping[str, object]) -> str:
    for key in ("email", "emails", "phone", "phones", "personId", "recordId", "maids", "placekey", "partnerId"):
        found = body.get(key)
        if isinstance(found, list) and found:
            found = found[0].get("value", "") if isinstance(found[0], dict) else found[0]
        if found:
            return str(found)
    return repr(sorted((key, str(body[key])) for key in ("profiles", "name", "location") if key in body))


STAND_IN = StandIn(
    name="fullcontact",
    hosts=("api.fullcontact.com",),
    answer=answer,
    faults={
        "quota": said(403, "Usage limit exceeded. Your plan's quota for this period is used up."),
        "refuse": said(401, "401: Expired access token"),
        "rate_limited": said(429, "Over rate limit (99.96% used)"),
        "error": said(503, "Service temporarily unavailable"),
    },
)
