"""Profiles: found, listed, made, taken in, changed and deleted for good."""

from __future__ import annotations

import re
import time

from shopwarden.sandbox import klaviyo_world as begun
from shopwarden.sandbox.klaviyo_documents import (
    KIND,
    Asked,
    Document,
    Test,
    error,
    invalid,
    missing,
    narrowed,
    page,
    read_filter,
    time_text,
)
from shopwarden.sandbox.klaviyo_state import Account
from shopwarden.sandbox.stand_in import Heard, Said

MOST_BYTES = 100_000
_TIMES, _SAME = {"greater-than", "less-than"}, {"any", "equals"}
FILTERS = {
    **dict.fromkeys(("id", "email", "phone_number", "external_id"), _SAME),
    **dict.fromkeys(("created", "updated"), _TIMES),
    "_kx": {"equals"},
}
_SORTS = ("created", "updated", "email", "id")
_OWN = ("email", "phone_number", "external_id", "first_name", "last_name", "organization", "locale", "title", "image",
        "location", "properties")  # fmt: skip
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


def resource(account: Account, heard: Heard, one: str) -> Document:
    """A profile as shown. Wrong (404) for an id nobody has."""
    held = account.profile(one)
    if held is None:
        raise missing("profile", one)
    attributes = dict(held)
    more = {name.strip() for name in heard.asked("additional-fields[profile]").split(",")}
    place = account.place(one)
    if "subscriptions" in more:
        default = begun.subscriptions(account.world, place if place is not None else account.world.customers)
        attributes["subscriptions"] = held.get("subscriptions") or default
    else:
        attributes.pop("subscriptions", None)
    if "predictive_analytics" in more:
        attributes["predictive_analytics"] = begun.predictions(account.world, place) if place is not None else None
    return {
        "type": "profile",
        "id": one,
        "attributes": narrowed(heard, "profile", attributes),
        "relationships": _relations(heard, one),
        "links": {"self": f"{heard.base}/api/profiles/{one}/"},
    }


def _relations(heard: Heard, one: str) -> Document:
    own = f"{heard.base}/api/profiles/{one}"
    return {
        name: {"links": {"self": f"{own}/relationships/{name}/", "related": f"{own}/{name}/"}}
        for name in ("lists", "segments", "push-tokens")
    }


def listed(account: Account, heard: Heard, one: str) -> Said:
    return list_of(account, heard, account.profiles())


def list_of(account: Account, heard: Heard, ids: list[str], joined: str | None = None) -> Said:
    """A page of these profiles, filtered and sorted as asked. `joined`: when they came to their list or segment."""
    asked = Asked.of(heard, 20, 100, _SORTS)
    tests = read_filter(heard.asked("filter"), FILTERS)
    for test in tests:
        ids = _kept(account, ids, test)
    keys = sorted(((account.key_of(one, asked.sort), one) for one in ids), reverse=asked.down)
    found, links = page(heard, asked, keys)
    data = [resource(account, heard, one) for one in found]
    for shown in data if joined else []:
        shown["attributes"] = {**part(shown, "attributes"), "joined_group_at": joined}
    return Said.of({"data": data, "links": links}, kind=KIND)


def _kept(account: Account, ids: list[str], test: Test) -> list[str]:
    if test.field in {"created", "updated"}:
        limit = Test(test.operator, test.field, test.values)
        return [one for one in ids if limit.holds(account.key_of(one, test.field))]
    if test.field == "id":
        return [one for one in ids if one in test.values]
    if test.field == "email":
        found = {account.by_email(str(value)) for value in test.values}
        return [one for one in ids if one in found]
    return [one for one in ids if test.holds((account.profile(one) or {}).get(test.field))]


def one(account: Account, heard: Heard, one: str) -> Said:
    return Said.of({"data": resource(account, heard, one), "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def create(account: Account, heard: Heard, one: str) -> Said:
    """201; 409 naming the profile that is there already."""
    given, _ = _read(heard)
    twin = _twin(account, given)
    if twin is not None:
        detail = "A profile already exists with one of these identifiers."
        return error(409, "duplicate_profile", detail, "/data/attributes", meta={"duplicate_profile_id": twin})
    made = _make(account, given)
    return Said.of(
        {"data": resource(account, heard, made), "links": {"self": f"{heard.base}/api/profiles/{made}/"}}, 201, kind=KIND
    )


def take_in(account: Account, heard: Heard, one: str) -> Said:
    """201 for a new profile, 200 for one that was there."""
    if len(heard.body) > MOST_BYTES:
        return error(413, "payload_too_large", "The request body may be 100 KB at most.")
    given, named = _read(heard)
    twin = named if named and account.profile(named) else _twin(account, given)
    if named and twin is None:
        raise missing("profile", named)
    known = _change(account, twin, given, heard) if twin else _make(account, given)
    links = {"self": f"{heard.base}/api/profiles/{known}/"}
    return Said.of({"data": resource(account, heard, known), "links": links}, 200 if twin else 201, kind=KIND)


def change(account: Account, heard: Heard, one: str) -> Said:
    given, named = _read(heard)
    if named != one:
        raise invalid("The id in the body must be that of the address.", "/data/id")
    if account.profile(one) is None:
        raise missing("profile", one)
    twin = _twin(account, given)
    if twin is not None and twin != one:
        detail = "A profile already exists with one of these identifiers."
        return error(409, "duplicate_profile", detail, "/data/attributes", meta={"duplicate_profile_id": twin})
    _change(account, one, given, heard)
    return Said.of({"data": resource(account, heard, one), "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def from_browser(account: Account, heard: Heard, one: str) -> Said:
    given, _ = _read(heard)
    twin = _twin(account, given)
    _change(account, twin, given, heard) if twin else _make(account, given)
    return Said(202)


def delete(account: Account, heard: Heard, one: str) -> Said:
    """202; the profile is gone at once. One that was never there is accepted too."""
    profile = part(part(part(heard.json(), "data"), "attributes"), "profile")
    named = part(profile, "data")
    attributes = part(named, "attributes")
    found = [name for name in ("email", "phone_number") if attributes.get(name)]
    if (named.get("id") is not None) + len(found) != 1:
        raise invalid("Exactly one of id, email or phone_number must be given.", "/data/attributes/profile")
    target = str(named["id"]) if named.get("id") else _twin(account, attributes)
    account.deleted.append({"id": target, "by": "id" if named.get("id") else found[0], "at": time_text(time.time())})
    if target:
        account.remove(target)
    return Said(202)


def part(document: Document, name: str) -> Document:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _read(heard: Heard) -> tuple[Document, str | None]:
    """(attributes, id) of the body."""
    data = part(heard.json(), "data")
    if data.get("type") != "profile":
        raise invalid("'type' must be 'profile'.", "/data/type")
    attributes = part(data, "attributes")
    unknown = attributes.keys() - {*_OWN, "_kx", "subscriptions", "meta"}
    if unknown:
        name = sorted(unknown)[0]
        raise invalid(f"'{name}' is not a valid field for the resource 'profile'.", f"/data/attributes/{name}")
    mail, called = attributes.get("email"), attributes.get("phone_number")
    if mail is not None and not _MAIL.fullmatch(str(mail)):
        raise invalid("Invalid email address", "/data/attributes/email")
    if called is not None and not _PHONE.fullmatch(str(called)):
        raise invalid(
            "Invalid phone number format (Example of a valid format: +12345678901)", "/data/attributes/phone_number"
        )
    return attributes, str(data["id"]) if data.get("id") else None


def _twin(account: Account, given: Document) -> str | None:
    """The profile that has one of these identifiers."""
    if given.get("email") and (found := account.by_email(str(given["email"]))):
        return found
    for name in ("phone_number", "external_id"):
        if given.get(name) is not None:
            for one in account.profiles():
                if (account.profile(one) or {}).get(name) == given[name]:
                    return one
    return None


def _make(account: Account, given: Document) -> str:
    if not any(given.get(name) for name in ("email", "phone_number", "external_id", "_kx")):
        raise invalid("One of email, phone_number or external_id is required.", "/data/attributes")
    one = f"01SANDBOX{account.world.customers + account.next() + 10**12:017d}"
    blank: Document = dict.fromkeys(_OWN)
    attributes = {**blank, **{name: value for name, value in given.items() if name in _OWN}}
    attributes |= {"created": time_text(time.time()), "last_event_date": None, "properties": given.get("properties") or {}}
    account.keep(one, attributes)
    return one


def _change(account: Account, one: str, given: Document, heard: Heard) -> str:
    """Members named are replaced, null clears them; properties are added to, unless meta unsets them."""
    held = dict(account.profile(one) or {})
    properties = {**part(held, "properties"), **part(given, "properties")}
    patch = part(part(part(heard.json(), "data"), "meta"), "patch_properties") or part(
        part(given, "meta"), "patch_properties"
    )
    unset = patch.get("unset")
    for name in unset if isinstance(unset, list) else [unset]:
        properties.pop(str(name), None)
    held |= {name: value for name, value in given.items() if name in _OWN}
    account.keep(one, {**held, "properties": properties})
    return one
