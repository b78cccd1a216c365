"""What a made-up shop holds: what it began with, what has changed since, and who may come in."""

from __future__ import annotations

import asyncio
import copy
import time
from collections import deque
from dataclasses import dataclass, field

from shopwarden.errors import RefuseError
from shopwarden.sandbox.shop_people import Record, customer_record
from shopwarden.sandbox.shop_sales import order_record, status_of
from shopwarden.sandbox.shop_world import FIRST_CUSTOMER, FIRST_ORDER, World, gid, iso

RESTORED = {"standard": 100, "advanced": 200, "plus": 1000, "enterprise": 2000}
"""Points a second by plan; the bucket holds twenty times as many."""
TRIES = (10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 3600.0, 3600.0)
"""Gaps between the tries of a webhook: eight more, in about four hours."""


@dataclass
class App:
    """An app as its developer registered it. No `redirect_uris`: it may be sent back to any address."""

    client_id: str
    secret: str
    name: str
    number: int
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    app_url: str = ""


@dataclass
class Bucket:
    """Points an app may spend at one shop."""

    left: float
    at: float = field(default_factory=time.monotonic)


@dataclass
class Subscription:
    number: int
    topic: str
    uri: str
    client_id: str
    created_at: float
    updated_at: float
    version: str
    name: str | None = None
    filter: str | None = None
    fields: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    form: str = "JSON"


@dataclass
class Token:
    """`secret` ends at `until` (None: never), its `refresh` at `refresh_until`. `before`: the pair it takes the place of."""

    secret: str
    client_id: str
    kind: str
    scopes: tuple[str, ...]
    until: float | None = None
    refresh: str | None = None
    refresh_until: float | None = None
    used: bool = False
    before: str | None = None


@dataclass
class Bulk:
    """One bulk operation. `path`: the file it writes."""

    number: int
    client_id: str
    query: str
    created_at: float
    status: str = "CREATED"
    error: str | None = None
    done_at: float | None = None
    objects: int = 0
    roots: int = 0
    size: int | None = None
    path: str | None = None
    ticket: str = ""


@dataclass
class Delivery:
    id: str
    event_id: str
    topic: str
    uri: str
    body: bytes
    headers: dict[str, str]
    at: float
    subscription: int | None = None
    client_id: str = ""
    tries: int = 0
    status: int | None = None
    error: str | None = None
    state: str = "waiting"


@dataclass
class Kind:
    """One kind of records: those of the world by number, and over them what was changed, made or deleted."""

    first: int
    count: int
    changed: dict[int, Record] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)


@dataclass
class Shop:
    """`domain`: its name.myshopify.com. Times are seconds since 1970."""

    domain: str
    world: World
    apps: dict[str, App]
    plan: str = "standard"
    state: str = "open"
    name: str = "Sandbox Shop"
    hide_personal: bool = False
    gaps: tuple[float, ...] = TRIES
    privacy_uri: str | None = None
    customers: Kind = field(init=False)
    orders: Kind = field(init=False)
    checkouts: dict[int, Record] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, tuple[str, tuple[str, ...], str, float]] = field(default_factory=dict)
    """Code -> (client id, scopes, token kind, good until)."""
    metafields: dict[str, dict[tuple[str, str], Record]] = field(default_factory=dict)
    definitions: dict[tuple[str, str, str], Record] = field(default_factory=dict)
    assessments: dict[int, dict[str, Record]] = field(default_factory=dict)
    holds: dict[int, list[Record]] = field(default_factory=dict)
    pixels: dict[str, Record] = field(default_factory=dict)
    bulks: dict[int, Bulk] = field(default_factory=dict)
    bulk_rate: float = 0.0
    bulk_wait: float = 0.0
    bulk_fail: str | None = None
    writes: list[Record] = field(default_factory=list)
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=50_000))
    lost: dict[str, int] = field(default_factory=dict)
    """Topic -> how many of its webhooks are still to get lost."""
    bought: dict[int, set[int]] = field(default_factory=dict)
    """Customer -> those of their orders that were made or changed here."""
    counter: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    """Webhooks on their way and bulk operations at work."""

    def __post_init__(self) -> None:
        self.customers = Kind(FIRST_CUSTOMER, self.world.customers)
        self.orders = Kind(FIRST_ORDER, self.world.orders)

    def next(self) -> int:
        """A number not given out before."""
        self.counter += 1
        return 9_000_000_000_000 + self.counter

    def customer(self, number: int) -> Record | None:
        kind = self.customers
        if number in kind.gone or number in kind.changed:
            return kind.changed.get(number)
        place = number - kind.first
        return customer_record(self.world, place) if 0 <= place < kind.count else None

    def order(self, number: int) -> Record | None:
        kind = self.orders
        if number in kind.gone or number in kind.changed:
            return kind.changed.get(number)
        place = number - kind.first
        return order_record(self.world, place) if 0 <= place < kind.count else None

    def change_customer(self, number: int, change: Record) -> Record:
        """The record after the change, with a new time. RefuseError when nobody has the number."""
        found = self.customer(number)
        if found is None:
            raise RefuseError(f"no customer {number}", status=404)
        changed = merged(found, {"updatedAt": now(), **change})
        self.customers.changed[number] = changed
        return changed

    def change_order(self, number: int, change: Record) -> Record:
        found = self.order(number)
        if found is None:
            raise RefuseError(f"no order {number}", status=404)
        changed = merged(found, {"updatedAt": now(), **change})
        self.keep_order(number, changed)
        return changed

    def keep_order(self, number: int, order: Record) -> None:
        self.orders.changed[number] = order
        owner = order.get("_customer")
        if isinstance(owner, int):
            self.bought.setdefault(owner, set()).add(number)

    def orders_of(self, customer: int) -> list[int]:
        """Numbers of this customer's orders, oldest first."""
        place = customer - FIRST_CUSTOMER
        begun = self.world.orders_of(place) if 0 <= place < self.world.customers else iter(())
        numbers = {FIRST_ORDER + index for index in begun} - self.orders.gone - set(self.orders.changed)
        return sorted(numbers | (self.bought.get(customer, set()) - self.orders.gone))

    def spent(self, customer: int) -> tuple[int, int]:
        """How many orders and how many cents; cancelled orders count, but not as money."""
        numbers, cents = self.orders_of(customer), 0
        for number in numbers:
            changed = self.orders.changed.get(number)
            if changed is None:
                place = number - FIRST_ORDER
                cents += 0 if status_of(self.world, place) == "VOIDED" else sum(self.world.cents(place))
            elif not changed.get("cancelledAt"):
                total = changed.get("_total")
                cents += total if isinstance(total, int) else 0
        return len(numbers), cents

    def write(self, kind: str, target: str, client_id: str, given: object) -> None:
        self.writes.append({"kind": kind, "target": target, "at": now(), "client_id": client_id, "input": given})


def merged(old: Record, new: Record) -> Record:
    """A copy of `old` with the members of `new`; objects are merged in depth, lists and all else are replaced."""
    result = copy.deepcopy(old)
    for name, value in new.items():
        before = result.get(name)
        result[name] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return result


def now() -> str:
    return iso(time.time())


def number_of(identifier: object, kind: str) -> int | None:
    """The number in `gid://shopify/{kind}/{number}`; None for an id of anything else."""
    beginning = gid(kind, "")
    written = str(identifier)
    tail = written[len(beginning) :].partition("?")[0]
    return int(tail) if written.startswith(beginning) and tail.isascii() and tail.isdigit() and len(tail) < 19 else None
