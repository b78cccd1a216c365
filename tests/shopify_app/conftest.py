"""A made-up shop over real HTTP, what asking it takes, and a store connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_connection import keep_tokens
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from shopwarden.vendors.shopify_auth import Tokens
from tests.sandbox.running import Sandbox, running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]
SHOP = "demo.myshopify.com"
KEYS = "a key of the tests that is long enough no. 1"
ADDRESS = "https://shopwarden.test"


@dataclass
class Shop:
    """The switches of the sandbox's shop."""

    sandbox: Sandbox
    domain: str = SHOP

    async def ask(self, method: str, what: str = "", **body: object) -> dict[str, Any]:
        path = f"{self.sandbox.url}/shopify/_sandbox/shop{what}"
        async with httpx.AsyncClient(trust_env=False) as client:
            if method == "GET":
                answer = await client.get(path, params={"shop": self.domain, **body})
            else:
                answer = await client.request(method, path, json={"shop": self.domain, **body})
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def subscriptions(self) -> dict[str, str]:
        """Topic -> address."""
        return {one["topic"]: one["uri"] for one in (await self.ask("GET"))["subscriptions"]}

    async def calls(self, part: str) -> int:
        """How many requests the shop has heard whose path holds this."""
        return sum(part in call["path"] for call in await self.sandbox.log("shopify"))


@pytest.fixture
async def shop(sandbox: Sandbox) -> Shop:
    made = Shop(sandbox)
    await made.ask("POST", customers=3, orders=5, seed="shopify-app")
    return made


@pytest.fixture
async def tools(database: Database, sandbox: Sandbox) -> AsyncIterator[VendorTools]:
    opened = open_tools(
        database,
        redis_url="",
        encryption_keys=KEYS,
        environment={},
        sandbox_url=sandbox.url,
        internal_hosts=(),
    )
    yield opened
    await opened.close()


@pytest.fixture
async def connected(tools: VendorTools, shop: Shop, store_id: UUID) -> StoreId:
    """The store, with a token of the shop that has no end."""
    token = (await shop.ask("POST", "/token", scope=",".join(tools.shop_app.scopes)))["access_token"]
    async with tools.database.transaction() as connection:
        tokens = Tokens(access_token=token, scopes=tools.shop_app.scopes)
        await keep_tokens(tools, connection, StoreId(store_id), SHOP, tokens, ADDRESS)
    return StoreId(store_id)
