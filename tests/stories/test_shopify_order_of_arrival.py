"""Webhooks may come late, twice and in any order: the tables end up the same."""

from __future__ import annotations

import asyncio
import random

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from tests.sources.shopify_bodies import body_of
from tests.stories.shopify_shop import captured, comparable, exact, one, rows, send


async def test_three_deliveries_of_everything_change_nothing_after_the_first(database: Database, store_id: StoreId) -> None:
    sent = captured()
    for topic, body in sent:
        assert await send(database, store_id, topic, body) == "processed"
    first = await exact(database, store_id)
    again = [(f"again-{turn}", topic, body) for turn in (1, 2) for topic, body in sent]
    random.Random(7).shuffle(again)
    for number, (turn, topic, body) in enumerate(again):
        assert await send(database, store_id, topic, body, f"{turn}-{number}") == "processed"
    assert await exact(database, store_id) == first
    assert {table for table, found in first.items() if not found} == {"customer_ips", "identities", "devices", "visitors"}


async def test_any_order_of_arrival_gives_the_same_tables(database: Database) -> None:
    sent = captured()
    seen = []
    for seed in range(6):
        store_id = await create_store(database, f"shop {seed}")
        shuffled = [(turn, *delivery) for turn in range(3) for delivery in sent]
        random.Random(seed).shuffle(shuffled)
        for turn, topic, body in shuffled:
            await send(database, store_id, topic, body, f"{turn}-{topic}-{sent.index((topic, body))}")
        seen.append(await comparable(database, store_id))
    for other in seen[1:]:
        assert other == seen[0]


@pytest.mark.parametrize("topic", ["orders/updated", "checkouts/update", "carts/update", "customers/update"])
async def test_an_older_update_never_overwrites_a_newer_one(database: Database, store_id: StoreId, topic: str) -> None:
    name, table = {
        "orders/updated": ("order", "orders"), "checkouts/update": ("checkout", "checkouts"),
        "carts/update": ("cart", "carts"), "customers/update": ("customer", "customers"),
    }[topic]  # fmt: skip
    newer = body_of(name, updated_at="2026-02-02T00:00:00Z", note="newer", total_price="2.00")
    older = body_of(name, updated_at="2026-02-01T23:59:59.999999Z", note="older", total_price="1.00")
    await send(database, store_id, topic, newer)
    before = await rows(database, store_id, table)
    await send(database, store_id, topic, older)
    assert await rows(database, store_id, table) == before


async def test_equal_times_are_decided_the_same_way_whatever_came_first(database: Database) -> None:
    kept = []
    for turn in (1, -1):
        store_id = await create_store(database, f"shop {turn}")
        for note in ("one", "two")[::turn]:
            await send(database, store_id, "carts/update", body_of("cart", note=note))
        kept.append((await one(database, store_id, "carts"))["note"])
    assert kept[0] == kept[1]


async def test_a_field_nobody_mentions_stays_and_a_null_clears_it(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "customers/create", {"id": 1, "updated_at": "2026-01-01T00:00:00Z", "first_name": "Ann"})
    await send(database, store_id, "customers/update", {"id": 1, "updated_at": "2026-01-02T00:00:00Z", "last_name": "Lee"})
    assert (await one(database, store_id, "customers"))["first_name"] == "Ann"
    await send(database, store_id, "customers/update", {"id": 1, "updated_at": "2026-01-03T00:00:00Z", "first_name": None})
    row = await one(database, store_id, "customers")
    assert (row["first_name"], row["last_name"]) == (None, "Lee")


async def test_a_deleted_customer_is_not_revived(database: Database, store_id: StoreId) -> None:
    body = {"id": 1, "updated_at": "2026-01-01T00:00:00Z", "email": "ann@example.com"}
    await send(database, store_id, "customers/delete", {"id": 1})
    await send(database, store_id, "customers/update", body)
    await send(database, store_id, "customers/update", {**body, "updated_at": "2026-03-01T12:00:00Z"})
    row = await one(database, store_id, "customers")
    assert row["status"] == "inactive"
    assert row["deleted_at"] is not None
    assert row["email"] == "ann@example.com", "personal data stays until it is asked to go"


async def test_deliveries_at_the_same_moment_leave_the_same_tables(database: Database) -> None:
    sent = captured()
    one_by_one, at_once = await create_store(database, "calm"), await create_store(database, "busy")
    for topic, body in sent:
        await send(database, one_by_one, topic, body)
    await asyncio.gather(*(send(database, at_once, topic, body) for topic, body in sent))
    calm, busy = await comparable(database, one_by_one), await comparable(database, at_once)
    for table, rows_of_table in calm.items():
        assert sorted(set(busy[table]) ^ set(rows_of_table)) == []
