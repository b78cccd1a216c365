"""A merchant installs the app in a real browser: from the shop's page to ours, with tokens and webhooks behind it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from shopwarden.store.database import Database
from tests.sandbox.running import Sandbox, running_sandbox, sandbox
from tests.stories.serving import Running, serving

__all__ = ["running_sandbox", "sandbox"]
SHOP = "demo.myshopify.com"
PATIENCE = 30.0


@pytest.fixture
def server(sandbox: Sandbox, database_url: str, redis_url: str) -> Iterator[Running]:
    """The product with the sandbox's shops for its own, on a database without any store."""
    environment = {
        "SHOPWARDEN_SANDBOX_URL": sandbox.url,
        "SHOPIFY_API_KEY": "sandbox",
        "SHOPIFY_API_SECRET": "sandbox",
        "ENCRYPTION_KEYS": "a key of the tests that is long enough",
    }
    with serving(database_url, redis_url, **environment) as running:
        given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPWARDEN_LOG_LEVEL": "error"}
        worker = subprocess.Popen(
            [sys.executable, "-m", "shopwarden", "work"], env=os.environ | given | environment, start_new_session=True
        )
        try:
            yield running
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def stored(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.connect(database_url)
    yield opened
    await opened.close()


async def shop_now(sandbox: Sandbox) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{sandbox.url}/shopify/_sandbox/shop", params={"shop": SHOP})
    found: dict[str, Any] = answer.json()
    return found


async def subscribed(sandbox: Sandbox) -> dict[str, str]:
    """Topic -> address, once the worker has made them."""
    deadline = time.monotonic() + PATIENCE
    while not (found := (await shop_now(sandbox))["subscriptions"]) or not (await shop_now(sandbox))["pixels"]:
        assert time.monotonic() < deadline, "waited in vain for webhooks and pixel"
        await asyncio.sleep(0.1)
    return {one["topic"]: one["uri"] for one in found}


async def test_a_merchant_installs_the_app_and_the_shop_is_connected(
    page: Page, server: Running, sandbox: Sandbox, stored: Database
) -> None:
    await page.goto(f"{server.url}/shopify/install?shop={SHOP}")
    await expect(page.get_by_role("heading")).to_contain_text("Install")
    assert page.url.startswith(f"{sandbox.url}/shopify/{SHOP}/admin/oauth/authorize?")
    await page.get_by_role("button", name="Install").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"{SHOP} is connected")
    assert page.url.startswith(f"{server.url}/shopify/callback?")
    await expect(page.get_by_text("Happening now")).to_be_visible()
    await expect(page.get_by_text("made up")).to_be_visible()
    # The page's style is there: it may come a moment after the text.
    await expect(page.locator("main")).to_have_css("border-top-width", "4px")
    store = await stored.pool.fetchrow("SELECT id, shop_domain FROM stores")
    assert store["shop_domain"] == SHOP
    row = await stored.pool.fetchrow("SELECT * FROM shop_tokens WHERE store_id = $1", store["id"])
    assert row["state"] == "active"
    assert b"shpat_" not in row["sealed"]
    topics = await subscribed(sandbox)
    assert {"orders/create", "customers/update", "app/uninstalled"} <= set(topics)
    assert set(topics.values()) == {f"{server.url}/webhooks/shopify"}
    # Once more, as after a page loaded anew: it says what happened and does nothing.
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This installation was not begun here")
    await page.get_by_role("link", name="Begin again").click()
    await page.get_by_role("button", name="Install").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"{SHOP} is connected")
    assert await stored.pool.fetchval("SELECT count(*) FROM stores") == 1


async def test_a_merchant_who_cancels_is_told_kindly(page: Page, server: Running, stored: Database) -> None:
    await page.goto(f"{server.url}/shopify/install?shop={SHOP}")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The app was not installed")
    await expect(page.get_by_text("nothing was installed")).to_be_visible()
    assert await stored.pool.fetchval("SELECT count(*) FROM stores") == 0
    assert await stored.pool.fetchval("SELECT count(*) FROM shop_tokens") == 0


async def test_a_forged_way_back_is_told_kindly(page: Page, server: Running, stored: Database) -> None:
    await page.goto(f"{server.url}/shopify/callback?shop={SHOP}&code=abc&state=1&timestamp=1&hmac=00")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This address does not come from Shopify")
    await expect(page.get_by_role("link", name="Begin again")).to_be_visible()
    assert await stored.pool.fetchval("SELECT count(*) FROM shop_tokens") == 0
