"""All made-up shops of one sandbox, and the apps their merchants can install."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shopwarden.errors import RefuseError
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_state import RESTORED, App, Shop, Token
from shopwarden.sandbox.shop_world import World, seconds
from shopwarden.sandbox.stand_in import Heard

DOMAIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com")
DEFAULT, STANDING = "demo.myshopify.com", "sandbox"
STATES = ("open", "frozen", "gone", "locked", "forbidden")
CUSTOMERS, ORDERS = 200, 500
MOST = 2_000_000


@dataclass
class House:
    apps: dict[str, App] = field(default_factory=dict)
    shops: dict[str, Shop] = field(default_factory=dict)

    def shop(self, domain: str) -> Shop:
        """The shop with this name, made when it is first named. RefuseError for what can't be a shop's name."""
        name = domain.lower()
        if not DOMAIN.fullmatch(name):
            raise RefuseError(f"{domain!r} is no shop's name", fields={"shop": "a name like demo.myshopify.com"})
        if name not in self.shops:
            self.shops[name] = self._made(World(name, CUSTOMERS, ORDERS, _midnight()), name)
        return self.shops[name]

    def _made(self, world: World, name: str) -> Shop:
        shop = Shop(name, world, self.apps)
        shop.tokens[STANDING] = Token(STANDING, STANDING, "offline", ("*",))
        return shop

    def settle(self, wish: Record) -> Shop:
        """Makes a shop anew or changes what is named of it; see `POST shop`."""
        shop = self.shop(str(wish.get("shop") or DEFAULT))
        if {"customers", "orders", "seed", "until"} & wish.keys():
            old, shop = shop, self._made(_world(wish, shop.world), shop.domain)
            shop.tokens, shop.subscriptions, shop.privacy_uri = old.tokens, old.subscriptions, old.privacy_uri
            shop.plan, shop.state, shop.gaps, shop.name = old.plan, old.state, old.gaps, old.name
            for bulk in old.bulks.values():
                bulk.status = "FAILED"
            self.shops[shop.domain] = shop
        shop.plan = _one_of(wish, "plan", tuple(RESTORED), shop.plan)
        shop.state = _one_of(wish, "state", STATES, shop.state)
        shop.name = str(wish.get("name") or shop.name)
        shop.hide_personal = bool(wish.get("hide_personal", shop.hide_personal))
        shop.privacy_uri = str(wish["privacy_uri"]) if wish.get("privacy_uri") else shop.privacy_uri
        gaps = wish.get("gaps")
        if isinstance(gaps, list):
            shop.gaps = tuple(float(gap) for gap in gaps if isinstance(gap, int | float))
        if "plan" in wish:
            shop.buckets.clear()
        return shop

    def register(self, wish: Record) -> App:
        client_id = str(wish.get("client_id") or STANDING)
        known = self.apps.get(client_id)
        app = known or App(client_id, "", client_id, 1000 + len(self.apps))
        app.secret = str(wish.get("client_secret") or app.secret)
        if not app.secret:
            raise RefuseError("an app needs a secret", fields={"client_secret": "missing"})
        app.name = str(wish.get("name") or app.name)
        app.redirect_uris = _texts(wish, "redirect_uris", app.redirect_uris)
        app.scopes = _texts(wish, "scopes", app.scopes)
        app.app_url = str(wish.get("app_url") or app.app_url)
        self.apps[client_id] = app
        return app


def house_of(heard: Heard) -> House:
    found = heard.memory.get("house")
    if isinstance(found, House):
        return found
    house = House()
    house.register({"client_id": STANDING, "client_secret": heard.secret, "name": "Shopwarden"})
    heard.memory["house"] = house
    return house


def _midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _world(wish: Record, old: World) -> World:
    until = old.until
    if wish.get("until"):
        try:
            until = datetime.fromtimestamp(seconds(str(wish["until"])), UTC)
        except ValueError:
            raise RefuseError("`until` is no time", fields={"until": "no time"}) from None
    customers, orders = (_size(wish, name, now) for name, now in (("customers", old.customers), ("orders", old.orders)))
    return World(str(wish.get("seed") or old.seed), customers, orders, until)


def _size(wish: Record, name: str, now: int) -> int:
    size = wish.get(name, now)
    if not isinstance(size, int) or not 0 <= size <= MOST:
        raise RefuseError(f"`{name}` must be a whole number up to {MOST}", fields={name: "no such number"})
    return size


def _one_of(wish: Record, name: str, known: tuple[str, ...], now: str) -> str:
    value = str(wish.get(name) or now)
    if value not in known:
        raise RefuseError(f"`{name}` must be one of {', '.join(known)}", fields={name: "unknown"})
    return value


def _texts(wish: Record, name: str, now: tuple[str, ...]) -> tuple[str, ...]:
    value = wish.get(name)
    return tuple(str(one) for one in value) if isinstance(value, list) else now
