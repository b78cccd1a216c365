"""What webhooks lost is found: changes, counts, deleted customers, gaps in order numbers."""

from __future__ import annotations

from typing import Any

from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_reconcile import put_reconcile
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_checks import Check, recent_checks
from tests.shopify_app.conftest import Shop
from tests.shopify_data.syncing import all_jobs, synced


async def compared(tools: VendorTools, store_id: StoreId) -> dict[str, Check]:
    async with tools.database.transaction() as connection:
        await put_reconcile(connection, store_id)
    await all_jobs(tools, store_id, "reconcile")
    return {one.kind: one for one in await recent_checks(tools.database.pool, store_id, 30)}


def number(made: dict[str, Any], kind: str) -> str:
    return str(made[kind]["id"]).rpartition("/")[2]


async def row(tools: VendorTools, table: str, column: str, value: str) -> dict[str, Any]:
    found = await tools.database.pool.fetch(f"SELECT * FROM {table} WHERE {column} = $1", value)
    assert len(found) == 1
    return dict(found[0])


async def test_dropped_webhooks_are_found_and_their_rows_are_right(
    tools: VendorTools, shop: Shop, seeing_all: StoreId
) -> None:
    await shop.ask("POST", customers=30, orders=60, seed="lost")
    await synced(tools, seeing_all)
    first = await compared(tools, seeing_all)
    assert {kind: one.found for kind, one in first.items()} == dict.fromkeys(first, 0)
    some = await tools.database.pool.fetch("SELECT external_id FROM orders WHERE cancelled_at IS NULL LIMIT 1")
    who = await tools.database.pool.fetch("SELECT shopify_id FROM customers LIMIT 1")
    await shop.ask("POST", "/drop", topic="*", times=100)
    made = number(await shop.ask("POST", "/orders", order={}), "order")
    await shop.ask("POST", f"/orders/{some[0]['external_id']}/cancel", reason="FRAUD")
    await shop.ask("POST", f"/customers/{who[0]['shopify_id']}", customer={"lastName": "Changed"})
    second = await compared(tools, seeing_all)
    assert second["orders_changed"].found == 2
    assert second["customers_changed"].found >= 1
    assert (second["orders"].theirs, second["orders"].ours, second["orders"].found) == (61, 61, 0)
    order = await row(tools, "orders", "external_id", made)
    assert order["line_items"]
    assert order["total"] > 0
    assert (await row(tools, "orders", "external_id", some[0]["external_id"]))["cancel_reason"] == "fraud"
    assert (await row(tools, "customers", "shopify_id", who[0]["shopify_id"]))["last_name"] == "Changed"
    judged = await tools.database.pool.fetch("SELECT payload FROM outbox WHERE queue = 'risk-analysis'")
    assert {"order", "customer"} <= {one["payload"]["subject"] for one in judged}
    third = await compared(tools, seeing_all)
    assert {kind: one.found for kind, one in third.items()} == {kind: one.found for kind, one in second.items()}


async def test_what_no_change_tells_is_found_by_counting(tools: VendorTools, shop: Shop, seeing_all: StoreId) -> None:
    await shop.ask("POST", customers=300, orders=600, seed="counted")
    await synced(tools, seeing_all)
    pool = tools.database.pool
    names = await pool.fetch("DELETE FROM orders WHERE external_id IN (SELECT external_id FROM orders ORDER BY"
                             " created_at DESC OFFSET 3 LIMIT 2) RETURNING external_id, name")  # fmt: skip
    gone = await pool.fetchval("SELECT shopify_id FROM customers ORDER BY created_at LIMIT 1")
    await shop.ask("DELETE", f"/customers/{gone}")
    checks = await compared(tools, seeing_all)
    assert (checks["orders"].theirs, checks["orders"].ours, checks["orders"].found) == (600, 598, 2)
    assert checks["orders"].detail["gaps"]
    assert {one["external_id"] for one in names} <= {
        one["external_id"] for one in await pool.fetch("SELECT external_id FROM orders")
    }
    assert checks["customers"].theirs == 299
    assert checks["customers"].detail["gone"] == [gone]
    assert (await row(tools, "customers", "shopify_id", gone))["deleted_at"] is not None


async def test_older_orders_are_told_apart_without_the_right_to_them(
    tools: VendorTools, shop: Shop, connected: StoreId
) -> None:
    await shop.ask("POST", customers=20, orders=40, seed="old")
    await synced(tools, connected)
    checks = await compared(tools, connected)
    assert checks["orders"].detail["needs"] == "read_all_orders"
    assert checks["orders"].theirs == checks["orders"].ours
