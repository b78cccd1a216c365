"""The switches of a made-up Klaviyo account. Written down in `klaviyo`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import asdict
from datetime import UTC, datetime

from shopwarden.errors import RefuseError
from shopwarden.sandbox import klaviyo_events, klaviyo_world
from shopwarden.sandbox.klaviyo_account import account_of, settle
from shopwarden.sandbox.klaviyo_documents import Document, Wrong, time_text
from shopwarden.sandbox.klaviyo_state import Account
from shopwarden.sandbox.klaviyo_tell import build, tell_event
from shopwarden.sandbox.shop_world import World, seconds
from shopwarden.sandbox.stand_in import Heard, Hook, Said, Wish

_PATIENCE = 30.0
_MOST = 200_000


async def control(heard: Heard, what: str) -> Said:
    """Answers at `/_sandbox/klaviyo/{what}`; 400 names what is wrong with a wish."""
    if heard.body and not heard.is_json():
        return Said.of({"error": "the body must be a JSON object"}, 400)
    try:
        answer = await _answer(heard, account_of(heard), what.split("/"), {**dict(heard.query), **heard.json()})
    except RefuseError as problem:
        return Said.of({"error": str(problem), "fields": problem.fields or {}}, problem.status)
    except Wrong as problem:
        return problem.said
    return Said.of({"error": f"no {heard.method} {what}"}, 404) if answer is None else Said.of(answer)


async def _answer(heard: Heard, account: Account, path: list[str], given: Document) -> Document | None:
    match heard.method, path:
        case "POST", [""]:
            return _summary(_settle(heard, account, given))
        case "GET", [""]:
            return _summary(account)
        case "POST", ["profiles"]:
            return _put_profile(account, given)
        case "DELETE", ["profiles", one]:
            account.remove(one)
            return {}
        case "POST", ["events"]:
            return _put_event(account, given)
        case "POST", ["webhook"]:
            return _webhook(account, given)
        case "GET", ["writes"]:
            return {"writes": account.writes}
        case "GET", ["deliveries"]:
            return {"deliveries": [asdict(one) for one in account.told]}
        case "GET", ["deliveries", "settled"]:
            return await _settled(account)
    return None


def _settle(heard: Heard, account: Account, given: Document) -> Account:
    if {"profiles", "seed", "until"} & given.keys():
        old = account
        account = settle(heard.memory, _world(given, old.world))
        account.key, account.has_webhooks, account.limits = old.key, old.has_webhooks, old.limits
        account.webhooks = old.webhooks
    account.has_webhooks = bool(given.get("webhooks", account.has_webhooks))
    account.limits = bool(given.get("limits", account.limits))
    if "key" in given:
        account.key = str(given["key"]) if given["key"] else None
    return account


def _world(given: Document, old: World) -> World:
    size, until = given.get("profiles", old.customers), old.until
    if not isinstance(size, int) or not 0 <= size <= _MOST:
        raise RefuseError(f"`profiles` must be a whole number up to {_MOST}", fields={"profiles": "no such number"})
    if given.get("until"):
        try:
            until = datetime.fromtimestamp(seconds(str(given["until"])), UTC)
        except ValueError:
            raise RefuseError("`until` is no time", fields={"until": "no time"}) from None
    return World(str(given.get("seed") or old.seed), size, max(old.orders, 2 * size), until)


def _summary(account: Account) -> Document:
    return {
        "profiles": len(account.profiles()),
        "events": len(account.all_events()),
        "webhooks": [
            {"id": one.id, "name": one.name, "url": one.url, "topics": one.topics, "enabled": one.enabled}
            for one in account.webhooks.values()
        ],
        "writes": len(account.writes),
        "deliveries": len(account.told),
        "deleted": account.deleted,
    }


def _put_profile(account: Account, given: Document) -> Document:
    attributes = given.get("attributes", {})
    if not isinstance(attributes, dict):
        raise RefuseError("`attributes` must be an object", fields={"attributes": "no object"})
    one = str(given.get("id") or f"01SANDBOX{account.world.customers + account.next() + 10**12:017d}")
    held = account.profile(one)
    if held is None and given.get("id"):
        raise RefuseError(f"no profile {one}", status=404)
    fresh: Document = {"created": time_text(time.time()), "properties": {}, "last_event_date": None}
    stated = str(attributes["updated"]) if attributes.get("updated") else None
    return {"profile": {"id": one, "attributes": account.keep(one, {**fresh, **(held or {}), **attributes}, stated)}}


def _put_event(account: Account, given: Document) -> Document:
    metric, profile, properties = str(given.get("metric") or ""), str(given.get("profile") or ""), given.get("properties")
    if not metric or account.profile(profile) is None:
        raise RefuseError("an event needs `metric` and a known `profile`", fields={"metric": "a name", "profile": "an id"})
    try:
        at = float(seconds(str(given["at"]))) if given.get("at") else time.time()
    except ValueError:
        raise RefuseError("`at` is no time", fields={"at": "no time"}) from None
    told = dict(properties) if isinstance(properties, dict) else {}
    if given.get("value") is not None:
        told["$value"] = given["value"]
    before = len(account.told)
    one = klaviyo_events.add(account, metric, profile, told, at, tell=given.get("webhooks") is not False)
    sent = [asdict(delivery) for delivery in account.told[before:]]
    return {"event": klaviyo_events.resource(account, None, one), "deliveries": sent}


def _webhook(account: Account, given: Document) -> Document:
    topic = str(given.get("topic"))
    if topic not in klaviyo_world.TOPICS:
        raise RefuseError("`topic` is unknown", fields={"topic": f"one of {', '.join(klaviyo_world.TOPICS)}"})
    people = account.profiles()
    profile = str(given.get("profile") or (people[0] if people else ""))
    one = klaviyo_events.add(account, klaviyo_world.TOPICS[topic], profile, {}, time.time(), tell=False)
    stale = given.get("stale", 0)
    age = float(stale) if isinstance(stale, int | float) else 0.0
    event = klaviyo_events.resource(account, None, one)
    sent = tell_event(account, topic, one, event, age, given.get("wrong") is True)
    return {"deliveries": [asdict(delivery) for delivery in sent]}


async def _settled(account: Account) -> Document:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while account.tasks:
                await asyncio.wait(set(account.tasks))
                await asyncio.sleep(0)
    return {"waiting": len(account.tasks)}


def send(wish: Wish) -> Hook:
    """One signed webhook to any address, by the sandbox's own `send`."""
    topic = wish.kind if wish.kind.startswith("event:") else f"event:klaviyo.{wish.kind}"
    one = f"EVTSENT{wish.dice.token(topic + str(time.time()), 12)}"
    profile = str(wish.rest.get("profile") or klaviyo_world.profile_id(0))
    moment = time.time()
    event: Document = {
        "type": "event",
        "id": one,
        "attributes": {
            "timestamp": int(moment),
            "event_properties": wish.rest.get("properties") or {},
            "datetime": time_text(moment),
            "uuid": wish.dice.uuid(one),
        },
        "relationships": {
            "profile": {"data": {"type": "profile", "id": profile}},
            "metric": {"data": {"type": "metric", "id": klaviyo_world.metric_id(0)}},
        },
    }
    stale = wish.rest.get("stale", 0)
    webhook = str(wish.rest.get("webhook") or "WHSANDBOX")
    return build(topic, event, (wish.to, wish.secret, webhook), float(stale) if isinstance(stale, int | float) else 0.0)
