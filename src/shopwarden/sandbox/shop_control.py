"""The switches of a made-up shop: its size and state, apps and tokens, deliveries, drops. Written down in `shop`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shopwarden.errors import RefuseError
from shopwarden.sandbox import shop_happenings, shop_hooks, shop_install, shop_tokens
from shopwarden.sandbox.shop_announce import tell_uninstalled
from shopwarden.sandbox.shop_cost import bucket_of
from shopwarden.sandbox.shop_house import DEFAULT, STANDING, House, house_of
from shopwarden.sandbox.shop_pages import count
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_state import App, Delivery, Shop
from shopwarden.sandbox.shop_topics import listed, written
from shopwarden.sandbox.shop_world import iso
from shopwarden.sandbox.stand_in import Heard, Said

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Wish:
    """`given`: query and body as one."""

    house: House
    shop: Shop
    given: Record

    def text(self, name: str, default: str = "") -> str:
        return str(self.given.get(name) or default)

    def app(self) -> App:
        found = self.house.apps.get(self.text("client_id", STANDING))
        if found is None:
            raise RefuseError("no app has this client_id", fields={"client_id": "unknown"})
        return found


async def control(heard: Heard, what: str) -> Said:
    """Answers at `/_sandbox/shop/{what}`; 400 names what is wrong with a wish, 404 what is not there."""
    if heard.body and not heard.is_json():
        return Said.of({"error": "the body must be a JSON object"}, 400)
    given: Record = {**dict(heard.query), **heard.json()}
    try:
        house = house_of(heard)
        wish = Wish(house, house.shop(str(given.get("shop") or DEFAULT)), given)
        plain = _PLAIN.get((heard.method, what))
        if plain is not None:
            return Said.of(await plain(wish))
        answer = shop_happenings.happen(wish.shop, heard.method, what.split("/"), given)
    except RefuseError as problem:
        return Said.of({"error": str(problem), "fields": problem.fields or {}}, problem.status)
    return Said.of({"error": f"no {heard.method} {what}"}, 404) if answer is None else Said.of(answer)


async def _settle(wish: Wish) -> Record:
    return _summary(wish.house.settle(wish.given))


async def _show(wish: Wish) -> Record:
    return _summary(wish.shop)


def _summary(shop: Shop) -> Record:
    apps = [{"client_id": one.client_id, "name": one.name} for one in shop.apps.values()]
    subscriptions = [
        {"id": one.number, "topic": written(one.topic), "uri": one.uri, "client_id": one.client_id, "name": one.name}
        for one in shop.subscriptions.values()
    ]
    tokens = [
        {"client_id": one.client_id, "kind": one.kind, "scope": ",".join(one.scopes), "refreshable": one.refresh is not None,
         "expires_at": iso(one.until) if one.until else None}
        for one in shop.tokens.values()
    ]  # fmt: skip
    bulks = [{"id": one.number, "status": one.status, "objects": one.objects} for one in shop.bulks.values()]
    return {
        "shop": shop.domain,
        "customers": count(shop, "customer", ((),), None)["count"],
        "orders": count(shop, "order", ((),), None)["count"],
        "state": shop.state,
        "plan": shop.plan,
        "bucket": {name: int(bucket_of(shop, name).left) for name in shop.apps},
        "apps": apps,
        "subscriptions": subscriptions,
        "tokens": tokens,
        "bulks": bulks,
        "pixels": shop.pixels,
        "definitions": list(shop.definitions.values()),
        "writes": len(shop.writes),
        "deliveries": len(shop.deliveries),
    }


async def _register(wish: Wish) -> Record:
    app = wish.house.register(wish.given)
    return {"client_id": app.client_id, "name": app.name, "redirect_uris": app.redirect_uris, "scopes": app.scopes}


async def _token(wish: Wish) -> Record:
    life, scope = wish.given.get("expires_in"), wish.text("scope", "*")
    token = shop_tokens.make(wish.shop, wish.app(), tuple(scope.split(",")), life if isinstance(life, int) else None)
    return {"access_token": token.secret, "scope": scope}


async def _expire(wish: Wish) -> Record:
    over = time.time() - 1
    ending = [one for one in wish.shop.tokens.values() if one.secret != STANDING]
    for token in ending:
        token.until = over
        token.refresh_until = over if wish.given.get("refresh") else token.refresh_until
    return {"expired": len(ending)}


async def _revoke(wish: Wish) -> Record:
    before = len(wish.shop.tokens)
    wish.shop.tokens = {secret: one for secret, one in wish.shop.tokens.items() if secret == STANDING}
    return {"revoked": before - len(wish.shop.tokens)}


async def _session(wish: Wish) -> Record:
    return {"session_token": shop_tokens.session_token(wish.shop, wish.app(), wish.text("user", "1"))}


async def _launch(wish: Wish) -> Record:
    app = wish.app()
    address = wish.text("app_url", app.app_url)
    if not address:
        raise RefuseError("the app has no address", fields={"app_url": "missing"})
    return {"url": shop_install.launch(wish.shop, app, address)}


async def _uninstall(wish: Wish) -> Record:
    return {"deliveries": [one.id for one in tell_uninstalled(wish.shop, wish.app().client_id)]}


async def _webhook(wish: Wish) -> Record:
    topic, body, uri = wish.text("topic"), wish.given.get("body"), wish.text("uri")
    if not topic or not isinstance(body, dict):
        raise RefuseError("a webhook needs `topic` and `body`", fields={"topic": "text", "body": "an object"})
    if uri:
        return {"deliveries": [shop_hooks.send(wish.shop, topic, body, uri, wish.app().client_id).id]}
    return {"deliveries": [one.id for one in shop_hooks.publish(wish.shop, topic, body)]}


async def _drop(wish: Wish) -> Record:
    times = wish.given.get("times", 1)
    if not isinstance(times, int) or times < 0:
        raise RefuseError("`times` must be a whole number", fields={"times": "no whole number"})
    wish.shop.lost[wish.text("topic", "*")] = times
    return {"drop": wish.shop.lost}


async def _deliveries(wish: Wish) -> Record:
    topic = wish.text("topic")
    return {"deliveries": [_delivery(one) for one in wish.shop.deliveries if topic in {"", one.topic}]}


def _delivery(one: Delivery) -> Record:
    return {"id": one.id, "event_id": one.event_id, "topic": one.topic, "uri": one.uri, "tries": one.tries,
            "status": one.status, "error": one.error, "state": one.state, "at": iso(one.at)}  # fmt: skip


async def _settled(wish: Wish) -> Record:
    # What is under way may set off more: a bulk operation that ends sends a webhook.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while wish.shop.tasks:
                await asyncio.wait(set(wish.shop.tasks))
                await asyncio.sleep(0)
    return {"waiting": len(wish.shop.tasks)}


async def _forget(wish: Wish) -> Record:
    topic, client_id = wish.text("topic"), wish.text("client_id")
    gone = [
        number
        for number, one in wish.shop.subscriptions.items()
        if (not topic or one.topic == listed(topic)) and client_id in {"", one.client_id}
    ]
    for number in gone:
        del wish.shop.subscriptions[number]
    return {"forgotten": len(gone)}


async def _writes(wish: Wish) -> Record:
    kind, target = wish.text("kind"), wish.text("target")
    kept = [one for one in wish.shop.writes if kind in {"", one["kind"]} and target in {"", one["target"]}]
    return {"writes": kept}


async def _bulk(wish: Wish) -> Record:
    shop, given = wish.shop, wish.given
    for name in ("rate", "wait"):
        value = given.get(name, 0)
        if not isinstance(value, int | float) or value < 0:
            raise RefuseError(f"`{name}` must be a number of 0 or more", fields={name: "no such number"})
        if name in given:
            setattr(shop, f"bulk_{name}", float(value))
    if "fail" in given:
        shop.bulk_fail = None if given["fail"] is None else str(given["fail"])
    return {"rate": shop.bulk_rate, "wait": shop.bulk_wait, "fail": shop.bulk_fail}


async def _kill(wish: Wish) -> Record:
    running = [one for one in wish.shop.bulks.values() if one.status in {"CREATED", "RUNNING"}]
    for bulk in running:
        bulk.status, bulk.error = "FAILED", "INTERNAL_SERVER_ERROR"
    return {"killed": len(running)}


_PLAIN: dict[tuple[str, str], Callable[[Wish], Awaitable[Record]]] = {
    ("POST", ""): _settle,
    ("GET", ""): _show,
    ("PUT", "app"): _register,
    ("POST", "token"): _token,
    ("POST", "tokens/expire"): _expire,
    ("POST", "tokens/revoke"): _revoke,
    ("POST", "session-token"): _session,
    ("GET", "launch"): _launch,
    ("POST", "uninstall"): _uninstall,
    ("POST", "webhook"): _webhook,
    ("POST", "drop"): _drop,
    ("GET", "deliveries"): _deliveries,
    ("GET", "deliveries/settled"): _settled,
    ("POST", "subscriptions/forget"): _forget,
    ("GET", "writes"): _writes,
    ("POST", "bulk"): _bulk,
    ("POST", "bulk/kill"): _kill,
}
