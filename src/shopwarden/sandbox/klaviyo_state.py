"""What a made-up Klaviyo account holds: the people it began with, and what has changed since."""

from __future__ import annotations

import asyncio
import bisect
import time
from dataclasses import dataclass, field

from shopwarden.sandbox import klaviyo_world as begun
from shopwarden.sandbox.klaviyo_documents import Document, time_text
from shopwarden.sandbox.shop_world import World, seconds

LISTS = (("LIST01", "Newsletter"), ("LIST02", "Loyal customers"), ("LIST03", "Press"))
SEGMENTS = (("SEGM01", "Engaged in 90 days"), ("SEGM02", "Win back"))


@dataclass
class Webhook:
    id: str
    name: str
    description: str | None
    url: str
    secret: str
    topics: tuple[str, ...]
    enabled: bool
    created_at: str
    updated_at: str


@dataclass
class Told:
    """One webhook that was sent."""

    id: str
    topic: str
    uri: str
    status: int | None = None
    error: str | None = None
    tries: int = 0
    state: str = "waiting"


@dataclass
class Account:
    world: World
    key: str | None = None
    has_webhooks: bool = True
    limits: bool = True
    changed: dict[str, Document] = field(default_factory=dict)
    """Profile id -> all its attributes, where they were changed or made here."""
    gone: set[str] = field(default_factory=set)
    emails: dict[str, str] = field(default_factory=dict)
    events: list[tuple[float, str]] = field(default_factory=list)
    """(time, id) of all events, oldest first; empty until it is first asked for."""
    made: dict[str, Document] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=lambda: list(begun.METRICS))
    uniques: set[tuple[str, str, str]] = field(default_factory=set)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    writes: list[Document] = field(default_factory=list)
    deleted: list[Document] = field(default_factory=list)
    windows: dict[str, list[float]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    counter: int = 0

    def next(self) -> int:
        self.counter += 1
        return self.counter

    def place(self, one: str) -> int | None:
        """The position of a profile the account began with."""
        tail = one.removeprefix("01SANDBOX")
        place = int(tail) if tail.isdigit() and len(one) == 26 else -1
        return place if 0 <= place < self.world.customers else None

    def profile(self, one: str) -> Document | None:
        """Its attributes."""
        if one in self.gone or one in self.changed:
            return self.changed.get(one)
        place = self.place(one)
        return None if place is None else begun.attributes(self.world, place)

    def profiles(self) -> list[str]:
        """Ids of all, in the order they came."""
        first = (begun.profile_id(place) for place in range(self.world.customers))
        own = [one for one in self.changed if self.place(one) is None]
        return [one for one in first if one not in self.gone] + own

    def key_of(self, one: str, sort: str) -> float | str:
        """What a profile is sorted by; cheap for those nobody touched."""
        place = self.place(one)
        if sort == "id":
            return one
        if one not in self.changed and place is not None:
            if sort == "email":
                return self.world.mail(place)
            return begun.created(self.world, place) if sort == "created" else begun.updated(self.world, place)
        value = str((self.changed.get(one) or {}).get(sort) or "")
        return value if sort == "email" else _moment(value)

    def by_email(self, email: str) -> str | None:
        """Id of the profile with this address."""
        low = email.lower()
        if low in self.emails:
            return self.emails[low]
        tail = low.partition("@")[0].rpartition(".")[2]
        one = begun.profile_id(int(tail)) if tail.isdigit() and int(tail) < self.world.customers else ""
        found = self.profile(one)
        return one if found and str(found.get("email")).lower() == low else None

    def keep(self, one: str, attributes: Document, at: str | None = None) -> Document:
        """Puts in a profile; `at`: its `updated`, now if None."""
        before = self.changed.get(one)
        if before and before.get("email"):
            self.emails.pop(str(before["email"]).lower(), None)
        self.changed[one] = {**attributes, "updated": at or time_text(time.time())}
        self.gone.discard(one)
        if attributes.get("email"):
            self.emails[str(attributes["email"]).lower()] = one
        return self.changed[one]

    def remove(self, one: str) -> None:
        held = self.changed.pop(one, None)
        if held and held.get("email"):
            self.emails.pop(str(held["email"]).lower(), None)
        self.gone.add(one)

    def all_events(self) -> list[tuple[float, str]]:
        if not self.events:
            self.events = sorted(
                (at, f"EVT{place:09d}{number:04d}")
                for place in range(self.world.customers)
                for number, (at, _) in enumerate(begun.moments(self.world, place))
            )
        return self.events

    def add_event(self, event: Document, at: float) -> str:
        one = f"EVTNEW{self.next():010d}"
        bisect.insort(self.all_events(), (at, one))
        self.made[one] = event
        return one

    def event(self, one: str) -> Document | None:
        """{metric: position, profile: id, at, properties, uuid}."""
        if one in self.made:
            return self.made[one]
        digits = one.removeprefix("EVT")
        if not (digits.isdigit() and len(digits) == 13):
            return None
        place, number = int(digits[:9]), int(digits[9:])
        found = begun.moments(self.world, place) if place < self.world.customers else []
        if number >= len(found):
            return None
        at, metric = found[number]
        properties = begun.event_properties(self.world, place, number, metric)
        return {"metric": metric, "profile": begun.profile_id(place), "at": at, "properties": properties}

    def members(self, group: str) -> list[str]:
        """Ids of the profiles in a list or segment; new ones are in the first list only."""
        steps = {"LIST01": 2, "LIST02": 10, "LIST03": 0, "SEGM01": 3, "SEGM02": 7}
        step = steps.get(group, 0)
        if not step:
            return []
        kept = []
        for one in self.profiles():
            place = self.place(one)
            if (place is not None and place % step == 0) or (place is None and group == "LIST01"):
                kept.append(one)
        return kept


def _moment(written: str) -> float:
    try:
        return float(seconds(written))
    except ValueError:
        return 0.0
