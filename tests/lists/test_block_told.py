"""A block goes out: a tag on the customer in the shop, a decision on the user at the vendor that has users; and back."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.pipeline import enrich
from shopwarden.steps.assess import assess_customer
from shopwarden.steps.block_customer import Hand, block, unblock
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from tests.api.rows import add_customer
from tests.sandbox.running import Sandbox, running_sandbox, sandbox
from tests.shopify_app.conftest import Shop, connected, shop, tools
from tests.telling.stage import tools_of

__all__ = ["connected", "running_sandbox", "sandbox", "shop", "tools"]


async def run_tellings(tools: VendorTools, store_id: StoreId) -> int:
    """The jobs of the enrichment queue, as the worker runs them."""
    rows = await tools.database.pool.fetch("DELETE FROM outbox WHERE queue = 'customer-enrichment' RETURNING id, payload")
    for row in sorted(rows, key=lambda row: row["id"]):
        async with tools.database.transaction() as connection:
            await enrich(tools, connection, store_id, row["payload"])
    return len(rows)


async def set_block(tools: VendorTools, store_id: StoreId, customer: CustomerId, *, is_blocked: bool) -> None:
    by = Hand("user:1", datetime.now(UTC), tools)
    async with tools.database.transaction() as connection:
        if is_blocked:
            assert await block(connection, store_id, customer, "three chargebacks", by)
        else:
            assert await unblock(connection, store_id, customer, by)
        await assess_customer(connection, store_id, customer, trigger="recalculation", event_key=str(new_id()))


async def test_the_shop_gets_a_tag_and_loses_it_again(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    made = await shop.ask("POST", "/customers", customer={}, webhooks=False)
    shopify_id = str(made["customer"]["id"]).rsplit("/", 1)[-1]
    customer = CustomerId(await add_customer(tools.database, connected, email="c@example.com", shopify_id=shopify_id))

    async def tags() -> list[str]:
        writes = (await shop.ask("GET", "/writes", target=f"gid://shopify/Customer/{shopify_id}"))["writes"]
        return [each["kind"] for each in writes if "shopwarden: blocked" in str(each)]

    await set_block(tools, connected, customer, is_blocked=True)
    await run_tellings(tools, connected)
    assert await tags() == ["tagsAdd"]
    await set_block(tools, connected, customer, is_blocked=False)
    await run_tellings(tools, connected)
    assert await tags() == ["tagsAdd", "tagsRemove"]


async def test_a_vendor_that_decides_on_people_is_told_and_told_again(
    sandbox: Sandbox, database: Database, store_id: UUID
) -> None:
    store = StoreId(store_id)
    customer = CustomerId(await add_customer(database, store_id, email="c@example.com", shopify_id="77"))
    async with tools_of(database, sandbox.url) as (tools, recorder):
        await set_block(tools, store, customer, is_blocked=True)
        assert await run_tellings(tools, store) == 1
        await set_block(tools, store, customer, is_blocked=True)
        assert await run_tellings(tools, store) == 0
        await set_block(tools, store, customer, is_blocked=False)
        assert await run_tellings(tools, store) == 1
        bad = [body["$is_bad"] for body in recorder.bodies() if "$is_bad" in body]
        assert bad == [True, False]
