"""What is fetched and what webhooks tell of the same shop become the same rows, in whichever order they come."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.pipeline import process_webhook
from shopwarden.steps.shop_connection import shop_client
from shopwarden.steps.shop_fetch import fetched, listed
from shopwarden.steps.shop_keep import keep_records
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.inbox import Delivery, keep
from shopwarden.store.stores import create_store
from shopwarden.vendors.shopify_bulk import Kind
from tests.sandbox.shop_talk import Receiver, Talk, receiving
from tests.shopify_app.conftest import Shop
from tests.shopify_data.syncing import synced
from tests.stories.shopify_shop import rows

TOPICS = ("CUSTOMERS_CREATE", "CUSTOMERS_UPDATE", "ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED", "REFUNDS_CREATE")
ONLY_TOLD = ("token", "checkout_token", "cart_token", "user_agent", "accept_language", "landing_site", "referring_site",
             "discount_codes")  # fmt: skip
KINDS: tuple[Kind, ...] = ("customers", "orders")
OURS = ("id", "store_id", "customer_id", "person_id", "version", "placed_version", "provenance")
# What a customer bought and agreed to is in no customers/* webhook but in topics of its own.
MORE_FETCHED = ("tags", "accepts_marketing", "custom_attributes", "stated_orders_count", "stated_total_spent",
                "orders_count", "total_spent", "average_order_value", "lifetime_value", "updated_at")  # fmt: skip


@pytest.fixture
async def told(shop: Shop) -> AsyncIterator[Receiver]:
    """Webhooks of everything that happened in a small shop."""
    await shop.ask("POST", customers=1, orders=0, seed="same")
    talk = Talk(shop.sandbox)
    with receiving() as receiver:
        for topic in TOPICS:
            talk.subscribe(topic, receiver.uri)
        for name in ("Ann", "Bea", "Cyd"):
            made = await shop.ask("POST", "/customers", customer={"firstName": name})
            number = str(made["customer"]["id"]).rpartition("/")[2]
            order = await shop.ask("POST", "/orders", order={}, customer=int(number))
        last = str(order["order"]["id"]).rpartition("/")[2]
        await shop.ask("POST", f"/orders/{last}/refund", amount="1.50")
        await shop.ask("POST", f"/customers/{number}", customer={"note": "rings twice"})
        await shop.ask("GET", "/deliveries/settled")
        yield receiver


async def hear(database: Database, store_id: StoreId, heard: list[tuple[dict[str, str], bytes]]) -> None:
    for headers, body in heard:
        async with database.transaction() as connection:
            delivery = Delivery(
                source="shopify", topic=headers["x-shopify-topic"], delivery_id=headers["x-shopify-webhook-id"],
                event_id=None, triggered_at=datetime.fromisoformat(headers["x-shopify-triggered-at"]),
                api_version="2026-10", body=body,
            )  # fmt: skip
            kept = await keep(connection, store_id, delivery)
            assert kept.inbox_id is not None
            await process_webhook(connection, store_id, kept.inbox_id)
            assert await connection.fetchval("SELECT outcome FROM inbox WHERE id = $1", kept.inbox_id) == "processed"


async def without(database: Database, store_id: StoreId, table: str, *left_out: str) -> dict[str, dict[str, Any]]:
    key = {"orders": "external_id", "refunds": "external_id", "customers": "shopify_id"}[table]
    return {
        row[key]: {name: value for name, value in row.items() if name not in (*OURS, *left_out)}
        for row in await rows(database, store_id, table)
    }


async def test_a_sync_writes_the_rows_webhooks_write(tools: VendorTools, told: Receiver, seeing_all: StoreId) -> None:
    database = tools.database
    by_webhooks = await create_store(database, "told")
    await hear(database, by_webhooks, told.heard)
    await synced(tools, seeing_all)
    assert await without(database, seeing_all, "orders", *ONLY_TOLD) == await without(
        database, by_webhooks, "orders", *ONLY_TOLD
    )
    assert await without(database, seeing_all, "refunds") == await without(database, by_webhooks, "refunds")
    fetched, heard = [
        await without(database, store_id, "customers", *MORE_FETCHED) for store_id in (seeing_all, by_webhooks)
    ]
    assert len(heard) == 3
    assert {number: fetched[number] for number in heard} == heard
    assert set(fetched) > set(heard), "a customer from before the webhooks"


async def test_any_order_of_webhooks_and_sync_ends_in_the_same_rows(
    tools: VendorTools, told: Receiver, seeing_all: StoreId
) -> None:
    database = tools.database
    ends = []
    for seed in range(4):
        store_id = await create_store(database, f"mixed {seed}")
        shuffled = list(told.heard)
        random.Random(seed).shuffle(shuffled)
        cut = (0, len(shuffled), 3, 5)[seed]
        await hear(database, store_id, shuffled[:cut])
        await read_into(tools, seeing_all, store_id)
        await hear(database, store_id, shuffled[cut:])
        ends.append([await without(database, store_id, table, "updated_at") for table in ("orders", "refunds", "customers")])
    assert all(one == ends[0] for one in ends[1:])
    orders = ends[0][0]
    assert all(order["user_agent"] and order["checkout_token"] and order["token"] for order in orders.values())


async def read_into(tools: VendorTools, connected: StoreId, store_id: StoreId) -> None:
    """What the connected store's shop has, remembered in another store."""
    async with shop_client(tools, connected) as shop:
        for kind in KINDS:
            async for page in listed(shop, kind, ""):
                async for records, _ in fetched(shop, kind, [one.number for one in page]):
                    async with tools.database.transaction() as connection:
                        await keep_records(connection, store_id, kind, records)


async def test_what_is_fetched_late_and_old_changes_nothing(tools: VendorTools, store_id: StoreId) -> None:
    newer = {"id": 7, "updated_at": "2026-05-02T00:00:00Z", "created_at": "2026-05-01T00:00:00Z", "note": "newer",
             "total_price": "9.00", "token": "t", "client_details": {"user_agent": "A browser"}}  # fmt: skip
    node: dict[str, object] = {"id": "gid://shopify/Order/7", "legacyResourceId": "7", "note": "older",
            "createdAt": "2026-05-01T00:00:00Z", "updatedAt": "2026-05-01T12:00:00Z"}  # fmt: skip
    headers = {"x-shopify-topic": "orders/updated", "x-shopify-webhook-id": "1",
               "x-shopify-triggered-at": datetime(2026, 5, 2, tzinfo=UTC).isoformat()}  # fmt: skip
    await hear(tools.database, store_id, [(headers, json.dumps(newer).encode())])
    before = await rows(tools.database, store_id, "orders")
    for changed in ({}, {"updatedAt": "2026-05-03T00:00:00Z", "note": "newest"}):
        async with tools.database.transaction() as connection:
            await keep_records(connection, store_id, "orders", [({**node, **changed}, [])])
        after = await rows(tools.database, store_id, "orders")
        if not changed:
            assert after == before
    assert (after[0]["note"], after[0]["user_agent"], after[0]["token"]) == ("newest", "A browser", "t")
