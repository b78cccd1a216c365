"""Profiles, polled events and webhooks in any order and any number of times come to the same."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.events import EngagementHappened
from shopwarden.domain.ids import StoreId
from shopwarden.steps.klaviyo_streams import STREAMS
from shopwarden.steps.vendor_events import remember_vendors
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from shopwarden.vendors.klaviyo_api import Page
from shopwarden.vendors.klaviyo_people import DEEDS, read_event
from tests.fresh_database import FreshDatabases

NOW = datetime.now(UTC)
METRICS = {f"M{place}": name for place, name in enumerate(sorted(DEEDS))}
INCLUDED = [{"type": "metric", "id": one, "attributes": {"name": name.title()}} for one, name in METRICS.items()]
PEOPLE = [f"P{place}" for place in range(3)]
minutes = st.integers(0, 6)


def at(minute: int) -> str:
    return (NOW - timedelta(days=3, minutes=minute)).isoformat()


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, Any]:
    who, when = draw(st.sampled_from(PEOPLE)), draw(minutes)
    consents = st.sampled_from(["SUBSCRIBED", "UNSUBSCRIBED", "NEVER_SUBSCRIBED"])
    return {
        "type": "profile",
        "id": who,
        "attributes": {
            "email": f"{who}@example.com",
            "updated": at(when),
            "subscriptions": {
                "email": {"marketing": {"consent": draw(consents), "method": draw(st.sampled_from(["A", "B"]))}}
            },
            "predictive_analytics": {"predicted_clv": draw(st.integers(0, 3)), "churn_probability": 0.5},
        },
    }


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    number, place = draw(st.integers(0, 7)), draw(st.integers(0, len(METRICS) - 1))
    # What bears the same id is the same event.
    who, metric = PEOPLE[number % 3], sorted(METRICS)[(place + number) % len(METRICS)]
    return {
        "type": "event",
        "id": f"E{number}{metric}",
        "attributes": {"datetime": at(number), "event_properties": {"machine_open": number % 2 == 0}},
        "relationships": {"profile": {"data": {"id": who}}, "metric": {"data": {"id": metric}}},
    }


async def tell(database: Database, store_id: StoreId, kind: str, items: list[dict[str, Any]]) -> None:
    async with database.transaction() as connection:
        if kind == "webhook":
            read = [found for item in items if (found := read_event(item, METRICS, {})) is not None]
            told = [
                EngagementHappened(
                    version="1", at=each.at, external_id=each.id, profile_id=each.profile_id, channel=each.channel,
                    what=each.deed,
                )
                for each in read
            ]  # fmt: skip
            await remember_vendors(connection, store_id, told)
        else:
            await STREAMS[kind].keep(connection, store_id, Page(items=items, included=INCLUDED))


async def outcome(database: Database, store_id: StoreId) -> list[list[dict[str, Any]]]:
    queries = (
        "SELECT * FROM engagements WHERE store_id = $1 ORDER BY profile_id, channel",
        "SELECT * FROM consents WHERE store_id = $1 ORDER BY profile_id, channel",
        "SELECT a.id, a.activity_type, c.email FROM customer_activities a JOIN customers c ON c.store_id = $1"
        " AND c.id = a.customer_id WHERE a.store_id = $1 ORDER BY a.id",
        "SELECT email, email_engagement_score, predicted_lifetime_value FROM customers WHERE store_id = $1 ORDER BY email",
    )
    left_out = {"store_id"}
    found = []
    for place, query in enumerate(queries):
        away = left_out | ({"updated_at"} if place == 0 else set())
        rows = await database.pool.fetch(query, store_id)
        found.append([{name: value for name, value in row.items() if name not in away} for row in rows])
    return found


@given(
    people=st.lists(profiles(), max_size=5),
    happened=st.lists(events(), max_size=10),
    dice=st.randoms(use_true_random=False),
)
@settings(max_examples=25)
def test_any_order_comes_to_the_same(
    fresh_databases: FreshDatabases, people: list[dict[str, Any]], happened: list[dict[str, Any]], dice: Any
) -> None:
    # Every profile is read in the end, as it is from a real account.
    last = [
        {"type": "profile", "id": who, "attributes": {"email": f"{who}@example.com", "updated": at(9)}} for who in PEOPLE
    ]
    whole = [("profiles", [one]) for one in [*last, *people]] + [("events", happened)]
    torn: list[tuple[str, list[dict[str, Any]]]] = [("profiles", [one]) for one in [*last, *people]]
    torn += [(dice.choice(["events", "webhook"]), [one]) for one in [*happened, *happened]]
    dice.shuffle(torn)

    async def compare() -> None:
        database = await Database.connect(url)
        try:
            found = []
            for order in (whole, torn):
                store_id = await create_store(database, name="Shop")
                for kind, items in order:
                    await tell(database, store_id, kind, items)
                found.append(await outcome(database, store_id))
            assert found[0] == found[1]
        finally:
            await database.close()

    name = fresh_databases.take()
    url = fresh_databases.url_of(name)
    try:
        asyncio.run(compare())
    finally:
        fresh_databases.give_back(name)
