"""A walk through the shop as the tracker tells of it: pages, products, the basket, at a person's or a machine's pace."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shopwarden.demo.actions import Body, Json
from shopwarden.demo.catalogue import ORDINARY, SOUGHT_AFTER, Line, Product
from shopwarden.demo.devices import Device
from shopwarden.demo.dice import Dice
from shopwarden.demo.people import Person
from shopwarden.demo.stage import Stage

SITE = "https://demo-shop.example"


class Pace(msgspec.Struct, frozen=True):
    """Median seconds on a page, and how much they vary (deviation of the logarithm)."""

    seconds: float
    spread: float


READING = Pace(17.0, 0.85)
HASTY = Pace(6.0, 0.6)
MACHINE = Pace(0.7, 0.04)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody comes: browser, line, and what brought them. `user_id` once they have signed in."""

    device: Device
    ip: str
    timezone: str
    locale: str
    anonymous_id: str
    user_id: str | None = None
    campaign: Body | None = None
    referrer: str = ""

    @property
    def context(self) -> Body:
        device, context = self.device, {"ip": self.ip, "userAgent": self.device.user_agent}
        full: Body = {**context, "locale": self.locale, "timezone": self.timezone,
                      "screen": {"width": device.width, "height": device.height},
                      "library": {"name": "analytics.js", "version": "1.84.3"}}  # fmt: skip
        if device.fingerprint:
            full["device"] = {"fingerprint": device.fingerprint}
        if device.automated:
            full["webdriver"] = True
        if self.campaign:
            full["campaign"] = dict(self.campaign)
        return full


def visitor_of(person: Person, *, ip: str | None = None, campaign: Body | None = None, referrer: str = "") -> Visitor:
    return Visitor(
        device=person.device,
        ip=ip or person.ip,
        timezone=person.timezone,
        locale=person.home.country.locale,
        anonymous_id=person.anonymous_id,
        campaign=campaign,
        referrer=referrer,
    )


class Walk:
    """One visit going on; `now` moves with every step."""

    def __init__(self, stage: Stage, dice: Dice, visitor: Visitor, start: datetime, pace: Pace = READING) -> None:
        self.stage, self.dice, self.visitor, self.now, self.pace = stage, dice, visitor, start, pace
        self._landed = False

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=round(seconds, 3))

    def linger(self) -> None:
        """Stays on the page as long as the pace says."""
        self.wait(self.dice.around(self.pace.seconds, self.pace.spread))

    def _send(self, kind: str, path: str, fields: Body) -> None:
        context = self.visitor.context
        referrer = self.visitor.referrer if not self._landed else SITE + "/"
        context["page"] = {"path": path, "url": SITE + path, "referrer": referrer, "title": path.strip("/") or "Home"}
        body: Body = {"type": kind, "anonymousId": self.visitor.anonymous_id, "context": context, **fields}
        if self.visitor.user_id:
            body["userId"] = self.visitor.user_id
        self.stage.message(self.now, kind, body)
        self._landed = True

    def page(self, path: str) -> None:
        self._send("page", path, {"name": path, "properties": {"path": path, "url": SITE + path}})
        self.linger()

    def track(self, event: str, properties: Body, path: str = "/") -> None:
        self._send("track", path, {"event": event, "properties": properties})

    def identify(self, person: Person) -> None:
        """Signs in."""
        self.visitor = msgspec.structs.replace(self.visitor, user_id=str(person.customer_id))
        self._send(
            "identify", "/account", {"traits": {"email": person.email, "firstName": person.first, "lastName": person.last}}
        )

    def product(self, product: Product) -> None:
        path = f"/products/{product.handle}"
        self._send("page", path, {"name": product.title, "properties": {"path": path, "url": SITE + path}})
        self.wait(min(0.4, self.pace.seconds / 4))
        self.track("Product Viewed", product_properties(product), path)
        self.linger()

    def add(self, line: Line, cart_token: str) -> None:
        properties = {**product_properties(line.product, line.quantity), "cart_id": cart_token, "cart_token": cart_token}
        self.track("Product Added", properties, f"/products/{line.product.handle}")
        self.wait(min(2.0, self.pace.seconds / 3))

    def browse(self, pages: int) -> None:
        """Looks around: home, lists, searches, products, in no fixed order."""
        for _ in range(pages):
            kind = self.dice.weighted({"product": 50, "list": 25, "home": 10, "search": 10, "filter": 5})
            if kind == "product":
                self.product(self.dice.pick(ORDINARY + SOUGHT_AFTER))
            elif kind == "home":
                self.page("/")
            elif kind == "search":
                self.track("Search Performed", {"query": self.dice.pick(ORDINARY).title.split()[-1]}, "/search")
                self.page("/search")
            else:
                category = self.dice.pick(ORDINARY).category
                self.page(f"/collections/{category.lower()}")
                name = "Filter Applied" if kind == "filter" else "Product List Viewed"
                self.track(name, {"category": category, "list_id": category.lower()}, f"/collections/{category.lower()}")


def product_properties(product: Product, quantity: int = 1) -> dict[str, Json]:
    return {
        "product_id": str(product.id), "name": product.title, "category": product.category, "price": product.price,
        "quantity": quantity, "currency": "USD", "brand": "Demo", "url": f"{SITE}/products/{product.handle}",
    }  # fmt: skip
