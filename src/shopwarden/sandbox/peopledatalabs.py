"""Stands in for People Data Labs' person enrichment; only a match is billed."""

from __future__ import annotations

from shopwarden.sandbox.persons import Person, person_of
from shopwarden.sandbox.stand_in import Heard, Said, StandIn, refused, spell

_SEARCHED = ("email", "email_hash", "phone", "profile", "lid", "pdl_id", "name", "first_name")


def error(status: int, kind: str, message: str) -> Said:
    """People Data Labs' `{status, error: {type, message}}`."""
    return Said.of({"status": status, "error": {"type": kind, "message": message}}, status)


async def answer(heard: Heard) -> Said:
    """`/v5/person/enrich`, parameters in the query or a JSON body; key in `X-Api-Key` or as `api_key`."""
    if heard.path != "/v5/person/enrich":
        return error(404, "not_found", "The requested resource was not found.")
    if heard.method not in {"GET", "POST"}:
        return error(405, "method_not_allowed", "Method not allowed.")
    if heard.method == "POST" and not heard.is_json():
        return error(400, "invalid_request_error", "Request body must be a JSON object.")
    asked = {**dict(heard.query), **{name: _first(value) for name, value in heard.json().items()}}
    if refused(heard.headers.get("x-api-key") or asked.get("api_key", "")):
        return error(401, "authentication_error", "Request contained a missing or invalid key")
    least = asked.get("min_likelihood", "2")
    if not least.isdigit() or not 1 <= int(least) <= 10:
        return error(400, "invalid_request_error", "min_likelihood must be between 1 and 10")
    if not any(asked.get(name) for name in _SEARCHED):
        return error(400, "invalid_request_error", "Request contained no combination of parameters that can be matched")
    key = next((asked[name] for name in ("email", "email_hash", "phone", "profile", "name") if asked.get(name)), "")
    special = spell(key)
    if special is not None:
        return special
    who = person_of(key, heard.dice)
    likelihood = who.dice.whole("likelihood", 6, 10) if who else 0
    if who is None or likelihood < int(least):
        return error(404, "not_found", "No records were found matching your request")
    body = _body(who, key, title=asked.get("titlecase", "").lower() == "true")
    wanted = [name.strip() for name in asked.get("data_include", "").split(",") if name.strip()]
    if wanted:
        body = {name: body.get(name) for name in wanted}
    return Said.of({"status": 200, "likelihood": likelihood, "data": body}, billed=True)


def _body(who: Person, key: str, *, title: bool) -> dict[str, object]:
    def cased(text: str) -> str:
        return text if title else text.lower()

    home, own = who.home, who.dice
    return {
        "id": own.token("pdl", 22),
        "full_name": cased(who.name),
        "first_name": cased(who.given),
        "middle_name": None,
        "last_name": cased(who.family),
        "sex": who.sex,
        "birth_year": who.born,
        "birth_date": None,
        "linkedin_url": f"linkedin.com/in/{who.handle}" if own.happens("linkedin", 0.7) else None,
        "linkedin_username": who.handle if own.happens("linkedin", 0.7) else None,
        "facebook_url": f"facebook.com/{who.handle}" if own.happens("facebook", 0.3) else None,
        "twitter_url": f"twitter.com/{who.handle}" if own.happens("twitter", 0.4) else None,
        "github_url": None,
        "emails": [{"address": key, "type": "personal"}] if "@" in key else [],
        "phone_numbers": [key] if key.startswith("+") else [],
        "industry": cased(who.field),
        "job_title": cased(who.title),
        "job_title_role": cased(who.field),
        "job_title_levels": [who.seniority] if who.seniority else [],
        "job_company_name": cased(who.firm),
        "job_company_size": own.pick("size", ("1-10", "11-50", "51-200", "1001-5000")),
        "location_name": cased(home.line()),
        "location_locality": cased(home.city),
        "location_region": cased(home.region),
        "location_country": cased(home.country),
        "location_geo": f"{home.latitude},{home.longitude}",
        "interests": own.pick("interests", ([], ["cycling"], ["cooking", "travel"])),
        "inferred_salary": None,
    }


def _first(value: object) -> str:
    found = value[0] if isinstance(value, list) and value else value
    return "" if found is None else str(found)


STAND_IN = StandIn(
    name="peopledatalabs",
    hosts=("api.peopledatalabs.com",),
    answer=answer,
    faults={
        "quota": error(402, "payment_required", "You have used all available credits."),
        "refuse": error(401, "authentication_error", "Request contained a missing or invalid key"),
        "rate_limited": error(429, "rate_limit_error", "An error occurred due to requests hitting the API too quick"),
        "error": error(500, "api_error", "The server encountered an unexpected condition"),
    },
)
