"""Events: listed with filters and what belongs to them, and taken in once each."""

from __future__ import annotations

import time
import uuid

from shopwarden.sandbox import klaviyo_world as begun
from shopwarden.sandbox.klaviyo_documents import (
    KIND,
    Asked,
    Document,
    invalid,
    missing,
    narrowed,
    page,
    read_filter,
    time_text,
)
from shopwarden.sandbox.klaviyo_profiles import part
from shopwarden.sandbox.klaviyo_profiles import resource as profile_resource
from shopwarden.sandbox.klaviyo_setup import metric_resource
from shopwarden.sandbox.klaviyo_state import Account
from shopwarden.sandbox.klaviyo_tell import tell_event
from shopwarden.sandbox.shop_world import DAY, seconds
from shopwarden.sandbox.stand_in import Heard, Said

MOST_PROPERTIES = 400
_ORDERED = {"greater-or-equal", "greater-than", "less-or-equal", "less-than"}
FILTERS = {"metric_id": {"equals"}, "profile_id": {"equals"}, "datetime": _ORDERED, "timestamp": _ORDERED}


def resource(account: Account, heard: Heard | None, one: str) -> Document:
    """An event as shown; without a request, as a webhook shows it."""
    event = account.event(one)
    if event is None:
        raise missing("event", one)
    at, metric = event["at"], event["metric"]
    moment = float(at) if isinstance(at, int | float) else 0.0
    base = heard.base if heard else "https://a.klaviyo.com"
    attributes: Document = {
        "timestamp": int(moment),
        "event_properties": event["properties"],
        "datetime": time_text(moment),
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, one)),
    }
    own = f"{base}/api/events/{one}"
    kinds = {"profile": event["profile"], "metric": begun.metric_id(metric) if isinstance(metric, int) else metric}
    relations: Document = {
        name: {"data": {"type": name, "id": found},
               "links": {"self": f"{own}/relationships/{name}/", "related": f"{own}/{name}/"}}
        for name, found in kinds.items()
    }  # fmt: skip
    relations["attributions"] = {"data": [], "links": {"self": f"{own}/relationships/attributions/", "related": own}}
    shown = narrowed(heard, "event", attributes) if heard else attributes
    return {"type": "event", "id": one, "attributes": shown, "relationships": relations, "links": {"self": f"{own}/"}}


def listed(account: Account, heard: Heard, one: str) -> Said:
    asked = Asked.of(heard, 200, 1000, ("datetime", "timestamp"))
    tests = read_filter(heard.asked("filter"), FILTERS)
    times = [test for test in tests if test.field in {"datetime", "timestamp"}]
    same = {test.field: test.values[0] for test in tests if test.field not in {"datetime", "timestamp"}}
    keys: list[tuple[float | str, str]] = []
    for at, found in account.all_events():
        if all(test.holds(at) for test in times) and _is_of(account, found, same):
            keys.append((at, found))
    if asked.down:
        keys.reverse()
    ids, links = page(heard, asked, keys)
    body: Document = {"data": [resource(account, heard, found) for found in ids], "links": links}
    wanted = {name.strip() for name in heard.asked("include").split(",") if name.strip()}
    if wanted - {"metric", "profile", "attributions"}:
        raise invalid("Only metric, profile and attributions can be included.", "include")
    if wanted:
        body["included"] = _included(account, heard, ids, wanted)
    return Said.of(body, kind=KIND)


def _is_of(account: Account, one: str, same: Document) -> bool:
    if not same:
        return account.event(one) is not None if one in account.made else True
    event = account.event(one) or {}
    metric = event.get("metric")
    named = begun.metric_id(metric) if isinstance(metric, int) else metric
    return same.get("metric_id", named) == named and same.get("profile_id", event.get("profile")) == event.get("profile")


def _included(account: Account, heard: Heard, ids: list[str], wanted: set[str]) -> list[Document]:
    """Each profile and metric once."""
    events = [account.event(one) or {} for one in ids]
    found: list[Document] = []
    if "profile" in wanted:
        people = dict.fromkeys(str(event["profile"]) for event in events)
        found += [profile_resource(account, heard, one) for one in people if account.profile(one) is not None]
    if "metric" in wanted:
        metrics = dict.fromkeys(event["metric"] for event in events)
        found += [metric_resource(account, heard, place) for place in metrics if isinstance(place, int)]
    return found


def one(account: Account, heard: Heard, one: str) -> Said:
    return Said.of({"data": resource(account, heard, one), "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def create(account: Account, heard: Heard, one: str) -> Said:
    """202 without a body. An event with a `unique_id` known for profile and metric, or of the same second, is dropped."""
    data = part(heard.json(), "data")
    if data.get("type") != "event":
        raise invalid("'type' must be 'event'.", "/data/type")
    given = part(data, "attributes")
    name = part(part(part(given, "metric"), "data"), "attributes").get("name")
    person = part(part(part(given, "profile"), "data"), "attributes")
    named = part(part(given, "profile"), "data").get("id")
    if not name:
        raise invalid("A metric with a name is required.", "/data/attributes/metric")
    properties = given.get("properties")
    if not isinstance(properties, dict) or len(properties) > MOST_PROPERTIES:
        raise invalid(f"Properties are an object of up to {MOST_PROPERTIES} members.", "/data/attributes/properties")
    profile = _profile(account, person, named)
    at = _time(given.get("time"))
    if given.get("value") is not None:
        properties = {**properties, "$value": given["value"]}
    unique = str(given.get("unique_id") or int(at))
    if (profile, str(name), unique) not in account.uniques:
        account.uniques.add((profile, str(name), unique))
        add(account, str(name), profile, properties, at)
    return Said(202)


def add(account: Account, metric: str, profile: str, properties: Document, at: float, *, tell: bool = True) -> str:
    """Keeps an event and sends the webhook of its metric; its id."""
    if metric not in account.metrics:
        account.metrics.append(metric)
    place = account.metrics.index(metric)
    made = account.add_event({"metric": place, "profile": profile, "at": at, "properties": properties}, at)
    if tell:
        topic = next((one for one, name in begun.TOPICS.items() if name == metric), None)
        if topic:
            tell_event(account, topic, made, resource(account, None, made))
    return made


def _profile(account: Account, person: Document, named: object) -> str:
    """The profile the event is of, made where nobody is known by these identifiers."""
    if named and account.profile(str(named)) is not None:
        return str(named)
    mail = person.get("email")
    found = account.by_email(str(mail)) if mail else None
    if found is None:
        for name in ("phone_number", "external_id"):
            if found is None and person.get(name) is not None:
                held = (one for one in account.profiles() if (account.profile(one) or {}).get(name) == person[name])
                found = next(held, None)
    if found is not None:
        return found
    if not any(person.get(name) for name in ("email", "phone_number", "external_id")):
        raise invalid("A profile needs an identifier.", "/data/attributes/profile")
    one = f"01SANDBOX{account.world.customers + account.next() + 10**12:017d}"
    blank = {name: person.get(name) for name in ("email", "phone_number", "external_id", "first_name", "last_name")}
    account.keep(one, {**blank, "created": time_text(time.time()), "properties": person.get("properties") or {}})
    return one


def _time(given: object) -> float:
    now = time.time()
    if given is None:
        return now
    try:
        at = float(seconds(str(given)))
    except ValueError:
        raise invalid("Time must be in ISO 8601.", "/data/attributes/time") from None
    if not 631_152_000 < at <= now + 366 * DAY:
        raise invalid("Time must be after 1990 and at most a year ahead.", "/data/attributes/time")
    return at
