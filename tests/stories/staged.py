"""A stage for whole-path stories: people shop as trackers and shops tell of it, all of it goes in, and verdicts come out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.demo.actions import Action
from shopwarden.demo.bodies import Sale, customer_body
from shopwarden.demo.catalogue import ORDINARY, Line, Product
from shopwarden.demo.dice import Dice, Numbers
from shopwarden.demo.history import earlier_order
from shopwarden.demo.networks import Networks
from shopwarden.demo.people import Casting, Person
from shopwarden.demo.places import BUYERS, FRAUD_HOMES, STAYS
from shopwarden.demo.post import message_of
from shopwarden.demo.purchase import Plan, buy
from shopwarden.demo.stage import Stage
from shopwarden.demo.walk import READING, Pace, Walk, visitor_of
from shopwarden.domain.ids import StoreId
from shopwarden.pipeline import process_webhook
from shopwarden.store.database import Database
from shopwarden.store.inbox import Delivery, keep
from shopwarden.work import drain
from tests.ingest.sending import LOOKUP, Sender, collecting

DAY = timedelta(days=1)
PLAIN = Plan()


@cache
def networks() -> Networks:
    countries = frozenset(BUYERS) | frozenset(FRAUD_HOMES) | frozenset(STAYS)
    return Networks(Dice("stories"), LOOKUP.lookup, countries)


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An order's latest verdict, and what was made of it. `said`: key of each reason -> its sentence."""

    advice: str
    score: int
    said: dict[str, str]
    points: dict[str, float]
    is_in_queue: bool


class Story:
    """One shop from its first day on. What is staged happens when `play` is called, in the order of time."""

    def __init__(self, name: str, database: Database, store_id: StoreId, sender: Sender) -> None:
        self.dice, self.now = Dice(name), datetime.now(UTC) - timedelta(minutes=90)
        self.stage = Stage(self.dice, Numbers(name), Casting(networks(), Numbers(name)))
        self._database, self._store_id, self._sender = database, store_id, sender

    @property
    def casting(self) -> Casting:
        return self.stage.casting

    def someone(self, country: str = "US", **changes: Any) -> Person:
        """An honest person at home, with an e-mail address and a card that fit."""
        person = self.casting.honest(self.dice, country)
        card = replace(person.card, avs="Y" if country in ("US", "CA", "GB") else "U", cvv="M")
        return replace(person, card=card, **changes)

    def known(self, person: Person, orders: int, *, days: int = 400, **changes: Any) -> Person:
        """The same with a past: paid orders spread over the days, the latest of them six weeks old."""
        person = replace(person, since=self.now - days * DAY, **changes)
        first = self.now - days * DAY
        self.stage.webhook(first, "customers/create", customer_body(person, first))
        for place in range(orders):
            at = self.now - (42 + (days - 42) * (orders - 1 - place) / max(1, orders - 1)) * DAY
            earlier_order(self.stage, self.dice, person, at)
        return person

    def ordinary(self) -> Product:
        return self.dice.pick([one for one in ORDINARY if one.price < 70])

    def purchase(
        self, person: Person, at: datetime, lines: tuple[Line, ...], plan: Plan = PLAIN, *, pages: int = 5,
        pace: Pace = READING,
    ) -> Sale:  # fmt: skip
        """Looks around, at the first thing bought too, and buys."""
        walk = Walk(self.stage, self.dice, visitor_of(person), at, pace)
        if person.is_registered:
            walk.page("/account/login")
            walk.identify(person)
        walk.browse(pages)
        walk.product(lines[0].product)
        return buy(walk, person, lines, plan, ("", False))

    async def play(self) -> None:
        """All that is staged and not played yet; orders are judged as they come."""
        actions = sorted(self.stage.actions, key=lambda action: (action.at, action.id))
        self.stage.actions.clear()
        for channel, together in groupby(actions, key=lambda action: action.channel):
            part = list(together)
            await (self._track(part) if channel == "tracker" else self._tell(part))
        await drain(self._database)

    async def _track(self, actions: list[Action]) -> None:
        """What leads to an order is sent before the order is told of."""
        done = next((place for place, one in enumerate(actions) if one.body.get("event") == "Order Completed"), 0)
        if done:
            await self._track(actions[:done])
            await self._track(actions[done:])
            return
        answer = await self._sender.post("batch", {"batch": [msgspec.to_builtins(message_of(one)) for one in actions]})
        assert answer.status_code == 200, answer.text

    async def _tell(self, actions: list[Action]) -> None:
        for action in actions:
            await self._deliver(action)
            if action.topic == "orders/paid":
                await drain(self._database)

    async def _deliver(self, action: Action) -> None:
        delivery = Delivery(
            source="shopify", topic=action.topic, delivery_id=action.id, event_id=None, triggered_at=action.at,
            api_version="2026-07", body=msgspec.json.encode(action.body),
        )  # fmt: skip
        async with self._database.transaction() as connection:
            kept = await keep(connection, self._store_id, delivery)
            assert kept.inbox_id is not None
            await process_webhook(connection, self._store_id, kept.inbox_id)

    async def judged(self, sale: Sale) -> Judged:
        row = await self._database.pool.fetchrow(
            "SELECT v.verdict, v.advice, v.score, o.id FROM orders o"
            " JOIN verdicts v ON v.store_id = o.store_id AND v.id = o.verdict_id"
            " WHERE o.store_id = $1 AND o.external_id = $2",
            self._store_id, str(sale.order_id),
        )  # fmt: skip
        assert row is not None, "the order was judged"
        cases = await self._database.pool.fetchval(
            "SELECT count(*) FROM cases WHERE store_id = $1 AND subject_id = $2", self._store_id, row["id"]
        )
        reasons = row["verdict"]["reasons"]
        return Judged(
            advice=row["advice"],
            score=row["score"],
            said={one["key"]: one["sentence"] for one in reasons},
            points={one["key"]: round(one["points"], 1) for one in reasons},
            is_in_queue=cases > 0,
        )

    async def alerts(self, kind: str) -> list[str]:
        rows = await self._database.pool.fetch(
            "SELECT title FROM alerts WHERE store_id = $1 AND kind = $2 ORDER BY first_at", self._store_id, kind
        )
        return [row["title"] for row in rows]


@asynccontextmanager
async def staged(name: str, database: Database, store_id: UUID) -> AsyncIterator[Story]:
    """A shop with a hundred ordinary orders behind it, so that it knows what is usual."""
    await database.pool.execute(
        "INSERT INTO orders (store_id, id, external_id, source, email, total, currency, financial_status, created_at,"
        " updated_at, version)"
        " SELECT $1, gen_random_uuid(), 'earlier-' || n, 'shopify', n || '@earlier.example', 20 + n, 'USD', 'paid',"
        " now() - n * interval '20 hours', now(), '1' FROM generate_series(1, 100) AS n",
        store_id,
    )  # fmt: skip
    async with collecting(database, store_id) as sender:
        yield Story(name, database, StoreId(store_id), sender)
