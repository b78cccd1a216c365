"""A shop's webhooks are made, found missing, turned to where they belong, and what the shop refuses is told."""

from __future__ import annotations

from typing import Any

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError, SkipError
from shopwarden.steps.shop_connection import keep_tokens, open_held
from shopwarden.steps.shop_jobs import PLANNED, run
from shopwarden.steps.shop_pixel import TOPIC
from shopwarden.steps.shop_webhooks import plan_repairs
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_subscriptions import SubscriptionRow, read_subscriptions
from shopwarden.store.shop_tokens import read_shop
from shopwarden.vendors.shopify_auth import Tokens
from tests.shopify_app.conftest import ADDRESS, SHOP, Shop

URI = f"{ADDRESS}/webhooks/shopify"


async def repair(tools: VendorTools, store_id: StoreId) -> dict[str, SubscriptionRow]:
    async with tools.database.transaction() as connection:
        await run(tools, connection, store_id, {"shop": "repair"})
    return {row.topic: row for row in await read_subscriptions(tools.database.pool, store_id)}


async def test_all_that_is_understood_is_subscribed_to(tools: VendorTools, connected: StoreId, shop: Shop) -> None:
    rows = await repair(tools, connected)
    there = await shop.subscriptions()
    assert set(there.values()) == {URI}
    assert {"orders/create", "customers/update", "carts/update", "app/uninstalled"} <= set(there)
    assert [rows[topic].state for topic in ("customers/redact", "customers/data_request", "shop/redact")] == ["by_hand"] * 3
    made = {topic for topic, row in rows.items() if row.state == "there"} - {TOPIC}
    assert made == set(there)
    assert not [row for row in rows.values() if row.state == "refused"]


async def test_one_that_vanished_is_made_anew_and_told(tools: VendorTools, connected: StoreId, shop: Shop) -> None:
    before = await repair(tools, connected)
    await shop.ask("POST", "/subscriptions/forget", topic="orders/create")
    assert "orders/create" not in await shop.subscriptions()
    rows = await repair(tools, connected)
    assert "orders/create" in await shop.subscriptions()
    assert rows["orders/create"].state == "repaired"
    assert rows["orders/create"].repaired_at is not None
    assert rows["customers/create"].state == "there"
    assert rows["customers/create"].external_id == before["customers/create"].external_id
    assert (await repair(tools, connected))["orders/create"].state == "there"


async def test_all_are_turned_to_the_address_after_a_move(tools: VendorTools, connected: StoreId, shop: Shop) -> None:
    await repair(tools, connected)
    row = await read_shop(tools.database.pool, connected)
    assert row is not None
    count = len(await shop.subscriptions())
    async with tools.database.transaction() as connection:
        tokens = Tokens(access_token=(await shop.ask("POST", "/token"))["access_token"], scopes=tuple(row.scopes))
        await keep_tokens(tools, connection, connected, SHOP, tokens, "https://moved.test")
    await repair(tools, connected)
    there = (await shop.ask("GET"))["subscriptions"]
    assert len(there) == count
    assert {one["uri"] for one in there} == {"https://moved.test/webhooks/shopify"}


async def test_what_the_shop_refuses_is_told_and_the_rest_is_made(tools: VendorTools, store_id: StoreId, shop: Shop) -> None:
    token = (await shop.ask("POST", "/token", scope="read_customers"))["access_token"]
    async with tools.database.transaction() as connection:
        await keep_tokens(tools, connection, store_id, SHOP, Tokens(access_token=token), ADDRESS)
    rows = await repair(tools, store_id)
    assert rows["customers/create"].state == "there"
    assert rows["orders/create"].state == "refused"
    assert rows["orders/create"].last_error
    assert rows[TOPIC].state == "refused"
    shop_row = await read_shop(tools.database.pool, store_id)
    assert shop_row is not None
    assert "orders/create" in (shop_row.last_error or "")
    assert "write_orders" not in shop_row.scopes


async def test_the_pixel_is_switched_on_once_with_a_key_of_the_store(
    tools: VendorTools, connected: StoreId, shop: Shop
) -> None:
    await repair(tools, connected)
    await repair(tools, connected)
    pixels: dict[str, Any] = (await shop.ask("GET"))["pixels"]
    assert len(pixels) == 1
    assert ADDRESS in str(pixels)
    keys = await tools.database.pool.fetch("SELECT scopes FROM api_keys WHERE store_id = $1", connected)
    assert [key["scopes"] for key in keys] == [["ingest"]]


async def test_every_connected_shop_gets_its_round(tools: VendorTools, connected: StoreId) -> None:
    assert await plan_repairs(tools) == 1
    assert await plan_repairs(tools) == 1
    payloads = await tools.database.pool.fetch("SELECT payload FROM outbox")
    assert [row["payload"] for row in payloads] == [{"shop": "repair"}]
    assert "webhooks of shops" in {name for name, _, _ in PLANNED}


async def test_a_shop_in_trouble_is_asked_later_and_a_frozen_one_with_the_next_round(
    tools: VendorTools, connected: StoreId, shop: Shop
) -> None:
    await shop.sandbox.mode("shopify", "down", path="*graphql*", times=50)
    with pytest.raises(RetryError):
        await repair(tools, connected)
    await shop.sandbox.mode("shopify", "ok")
    await shop.ask("POST", state="frozen")
    await repair(tools, connected)
    row = await read_shop(tools.database.pool, connected)
    assert row is not None
    assert "frozen" in (row.last_error or "")
    await shop.ask("POST", state="open")
    await repair(tools, connected)
    row = await read_shop(tools.database.pool, connected)
    assert row is not None
    assert row.last_error is None


async def test_a_job_nobody_knows_is_skipped(tools: VendorTools, connected: StoreId) -> None:
    with pytest.raises(SkipError):
        await run(tools, None, connected, {"shop": "dance"})


async def test_a_token_without_end_is_changed_for_a_pair(tools: VendorTools, connected: StoreId) -> None:
    await repair(tools, connected)
    row = await read_shop(tools.database.pool, connected)
    assert row is not None
    assert row.expires_at is not None
    assert open_held(tools.sealer, row).refresh_token is not None
    before = row.sealed
    await repair(tools, connected)
    row = await read_shop(tools.database.pool, connected)
    assert row is not None
    assert row.sealed == before
