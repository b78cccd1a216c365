"""Vendors' webhooks come to an address of the store's own, signed with a secret of the store's own account."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State

from shopwarden.api.problems import EXCEPTION_HANDLERS
from shopwarden.domain.ids import StoreId
from shopwarden.domain.signing import hmac_base64, hmac_hex
from shopwarden.ingest.webhooks import HANDLERS
from shopwarden.settings import Settings
from shopwarden.steps.accounts import seal_values
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from shopwarden.store.vendor_accounts import AccountRow, save_account

KEYS = "a key of the tests that is long enough no. 1"
ORDER = b'{"order":{"id":"5001","status":"approved"}}'
EVENTS = json.dumps({"data": [], "meta": {"klaviyo_webhook_id": "w1"}}).encode()


@asynccontextmanager
async def door(database: Database, environment: dict[str, str]) -> AsyncIterator[tuple[httpx.AsyncClient, VendorTools]]:
    tools = open_tools(
        database,
        redis_url="",
        encryption_keys=KEYS,
        environment=environment,
        sandbox_url="",
        internal_hosts=(),
    )
    state = State({"database": database, "settings": Settings(shopify_api_secret="shopify"), "vendor_tools": tools})
    app = Litestar(HANDLERS, state=state, exception_handlers=EXCEPTION_HANDLERS, openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client, tools
    await tools.close()


def riskified(secret: str, body: bytes = ORDER) -> dict[str, str]:
    return {"x-riskified-hmac-sha256": hmac_hex(secret, body), "x-riskified-shop-domain": "fell-and-dale.example"}


def klaviyo(secret: str, age: timedelta = timedelta(0)) -> dict[str, str]:
    stamp = format_datetime(datetime.now(UTC) - age, usegmt=True)
    signed = hmac_hex(secret, EVENTS + stamp.encode())
    return {"klaviyo-timestamp": stamp, "klaviyo-signature": signed, "klaviyo-webhook-id": "w1"}


async def connect(tools: VendorTools, store_id: StoreId, vendor: str, **values: str) -> None:
    row = AccountRow(vendor=vendor, sealed=seal_values(tools.sealer, store_id, vendor, values))
    async with tools.database.transaction() as connection:
        await save_account(connection, store_id, row, "ana")


async def stores_of(database: Database) -> list[UUID]:
    rows: list[Any] = await database.pool.fetch("SELECT store_id FROM inbox")
    return [row["store_id"] for row in rows]


async def test_each_store_has_its_own_address_and_secret(database: Database, store_id: UUID) -> None:
    other = await create_store(database, name="Other shop")
    async with door(database, {}) as (client, tools):
        await connect(tools, StoreId(store_id), "riskified", auth_token="one", shop_domain="one.example")
        await connect(tools, other, "riskified", auth_token="two", shop_domain="two.example")
        good = await client.post(f"/webhooks/riskified/{other}", content=ORDER, headers=riskified("two"))
        assert (good.status_code, good.json()) == (200, {"outcome": "kept"})
        again = await client.post(f"/webhooks/riskified/{other}", content=ORDER, headers=riskified("two"))
        assert again.json() == {"outcome": "duplicate"}
        crossed = await client.post(f"/webhooks/riskified/{store_id}", content=ORDER, headers=riskified("two"))
        assert crossed.status_code == 401
        nobody = await client.post("/webhooks/riskified", content=ORDER, headers=riskified("two"))
        assert nobody.status_code == 404
        assert "followed by the store's id" in nobody.json()["detail"]
    assert await stores_of(database) == [other]


async def test_an_only_store_needs_no_id_and_the_environment_may_hold_its_secret(database: Database, store_id: UUID) -> None:
    environment = {"RISKIFIED_API_KEY": "one", "RISKIFIED_SHOP_DOMAIN": "one.example"}
    async with door(database, environment) as (client, _):
        assert (await client.post("/webhooks/riskified", content=ORDER, headers=riskified("one"))).status_code == 200
    assert await stores_of(database) == [store_id]


async def test_without_a_secret_it_is_said_which_one_to_set(database: Database, store_id: UUID) -> None:
    async with door(database, {}) as (client, _):
        refused = await client.post("/webhooks/sift", content=b"{}", headers={"x-sift-science-signature": "sha1=00"})
    assert refused.status_code == 401
    assert "SIFT_WEBHOOK_SIGNATURE_KEY" in refused.json()["detail"]


@pytest.mark.parametrize("store", ["nonsense", str(uuid4()), "%00", "a" * 3000])
async def test_an_address_of_no_store_is_refused(database: Database, store_id: UUID, store: str) -> None:
    async with door(database, {}) as (client, _):
        refused = await client.post(f"/webhooks/riskified/{store}", content=ORDER, headers=riskified("one"))
    assert refused.status_code == 404


async def test_a_delivery_of_one_shop_is_not_carried_to_another(database: Database, store_id: UUID) -> None:
    await database.pool.execute("UPDATE stores SET shop_domain = 'one.myshopify.com'")
    other = await create_store(database, name="Other shop", shop_domain="two.myshopify.com")
    body = b'{"id":1}'
    headers = {
        "x-shopify-hmac-sha256": hmac_base64("shopify", body), "x-shopify-topic": "orders/create",
        "x-shopify-shop-domain": "one.myshopify.com",
    }  # fmt: skip
    async with door(database, {}) as (client, _):
        assert (await client.post(f"/webhooks/shopify/{other}", content=body, headers=headers)).status_code == 404
        assert (await client.post(f"/webhooks/shopify/{store_id}", content=body, headers=headers)).status_code == 200
    assert await stores_of(database) == [store_id]


async def test_an_old_delivery_is_refused_for_as_long_as_the_account_says(database: Database, store_id: UUID) -> None:
    secret, hour = "klaviyo_secret_0123", timedelta(hours=1)
    url = f"/webhooks/klaviyo/{store_id}"
    async with door(database, {}) as (client, tools):
        await connect(tools, StoreId(store_id), "klaviyo", private_key="pk_x", webhook_secret=secret)
        assert (await client.post(url, content=EVENTS, headers=klaviyo(secret))).status_code == 200
        old = await client.post(url, content=EVENTS, headers=klaviyo(secret, hour))
        assert old.status_code == 401
        assert "300 seconds" in old.json()["detail"]
        assert (await client.post(url, content=EVENTS, headers=klaviyo(secret, -hour))).status_code == 401
        values = {"private_key": "pk_x", "webhook_secret": secret, "webhook_max_age": "0"}
        await connect(tools, StoreId(store_id), "klaviyo", **values)
        assert (await client.post(url, content=EVENTS, headers=klaviyo(secret, hour))).status_code == 200
