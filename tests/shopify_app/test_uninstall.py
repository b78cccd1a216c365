"""A shop that takes the app out says so by webhook: its tokens are gone and its jobs stop with what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import msgspec
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.domain.signing import hmac_base64
from shopwarden.errors import StopError
from shopwarden.pipeline import process_webhook
from shopwarden.settings import Settings
from shopwarden.steps.shop_jobs import run
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.shop_tokens import connected_stores, read_shop
from shopwarden.web import build_app
from tests.sandbox.running import Sandbox
from tests.shopify_app.conftest import ADDRESS, KEYS, SHOP, Shop
from tests.shopify_app.installing import install_shop


@pytest.fixture
async def shop_system(database: Database, sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Posts to the product as the shop does; no secret is set but the sandbox's own."""
    made = build_app(Settings(sandbox_url=sandbox.url, encryption_keys=KEYS), database)
    async with made.running():
        transport = httpx.ASGITransport(made)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            yield client


async def told(client: httpx.AsyncClient, topic: str, secret: str = "sandbox") -> httpx.Response:
    body = msgspec.json.encode({"id": 1, "myshopify_domain": SHOP})
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-Sha256": hmac_base64(secret, body),
        "X-Shopify-Webhook-Id": "d-1",
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
    }
    return await client.post("/webhooks/shopify", content=body, headers=headers)


async def processed(database: Database, store_id: StoreId) -> None:
    inbox_id: UUID = await database.pool.fetchval("SELECT id FROM inbox WHERE store_id = $1", store_id)
    async with database.transaction() as connection:
        await process_webhook(connection, store_id, inbox_id)


async def test_taken_out_of_the_shop_everything_that_asks_it_stops(
    shop_system: httpx.AsyncClient, tools: VendorTools, shop: Shop, database: Database
) -> None:
    store_id = await install_shop(tools, shop)
    assert await connected_stores(database) == [store_id]
    answer = await told(shop_system, "app/uninstalled")
    assert (answer.status_code, answer.json()) == (200, {"outcome": "kept"})
    await processed(database, store_id)
    row = await read_shop(database.pool, store_id)
    assert row is not None
    assert (row.state, row.sealed) == ("uninstalled", b"")
    assert await connected_stores(database) == []
    before = await shop.calls("")
    with pytest.raises(StopError, match="install it again"):
        await run(tools, database.pool, store_id, {"shop": "repair"})
    assert await shop.calls("") == before
    again = await install_shop(tools, shop)
    assert again == store_id
    assert await connected_stores(database) == [store_id]


async def test_signed_by_somebody_else_it_takes_nothing(
    shop_system: httpx.AsyncClient, tools: VendorTools, shop: Shop, database: Database
) -> None:
    store_id = await install_shop(tools, shop)
    assert (await told(shop_system, "app/uninstalled", "another secret")).status_code == 401
    assert await connected_stores(database) == [store_id]
