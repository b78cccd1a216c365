"""Points of a shop are shared: tasks of one process stay within them, and processes that meet wait for one another."""

from __future__ import annotations

import asyncio
import time

import pytest

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_connection import shop_client
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from tests.shopify_app.conftest import KEYS, Shop

DEAR = """
query Dear { customers(first: 60) { nodes { id firstName lastName
  orders(first: 4) { nodes { id name totalPriceSet { shopMoney { amount currencyCode } } } } } } }
"""


async def ask(tools: VendorTools, store_id: StoreId, count: int) -> int:
    """So many dear queries at once; how many were answered."""
    async with shop_client(tools, store_id) as client:
        answers = await asyncio.gather(*(client.run(DEAR) for _ in range(count)))
    return sum("customers" in answer for answer in answers)


async def test_all_are_answered_and_none_is_turned_away_in_one_process(
    tools: VendorTools, connected: StoreId, shop: Shop
) -> None:
    await shop.ask("POST", plan="plus", customers=80, orders=1500)
    before = await shop.calls("graphql")
    assert await ask(tools, connected, 30) == 30
    assert await shop.calls("graphql") == before + 30


async def test_two_processes_wait_for_what_the_other_has_spent(tools: VendorTools, connected: StoreId, shop: Shop) -> None:
    await shop.ask("POST", plan="plus", customers=80, orders=1500)
    other = open_tools(
        tools.database,
        redis_url="",
        encryption_keys=KEYS,
        environment={},
        sandbox_url=tools.sandbox_url,
        internal_hosts=(),
    )
    begun = time.monotonic()
    try:
        assert await asyncio.gather(ask(tools, connected, 15), ask(other, connected, 15)) == [15, 15]
    finally:
        await other.close()
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("kind", ["rate_limited", "error"])
async def test_turned_away_or_in_trouble_a_query_is_asked_again(
    tools: VendorTools, connected: StoreId, shop: Shop, kind: str
) -> None:
    await shop.sandbox.mode("shopify", kind, path="*graphql*", times=2)
    async with shop_client(tools, connected) as client:
        assert await client.run("query { shop { name } }")
    assert await shop.calls("graphql") == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_what_may_have_been_done_is_not_done_again(
    tools: VendorTools, connected: StoreId, shop: Shop, status: int
) -> None:
    await shop.sandbox.mode("shopify", "error", path="*graphql*", times=1, status=status)
    mutation = 'mutation { tagsAdd(id: "gid://shopify/Customer/1", tags: ["a"]) { userErrors { message } } }'
    async with shop_client(tools, connected) as client:
        with pytest.raises(VendorFault):
            await client.run(mutation)
    assert await shop.calls("graphql") == 1
