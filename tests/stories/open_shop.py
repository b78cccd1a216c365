"""A shop that is open: server and worker in processes of their own, told of visits and orders as browsers and Shopify do."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx

from shopwarden.domain.ids import StoreId
from shopwarden.domain.signing import hmac_base64
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from tests.conftest import wait_in_thread
from tests.stories.serving import serving

SECRET = "shpss_story"
SHOP = "story.myshopify.com"


class OpenShop:
    """`database_url` is looked into directly: what the product says by HTTP is another story."""

    def __init__(self, url: str, database_url: str, store_id: StoreId, write_key: str) -> None:
        self.url, self.database_url, self.store_id = url, database_url, store_id
        self._credentials = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()

    async def events(self, client: httpx.AsyncClient, messages: Sequence[dict[str, Any]]) -> None:
        headers = {"Authorization": self._credentials}
        answer = await client.post(f"{self.url}/v1/batch", json={"batch": list(messages)}, headers=headers)
        assert answer.status_code == 200, answer.text

    async def webhook(self, client: httpx.AsyncClient, topic: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Webhook-Id": f"{topic}-{body['id']}",
            "X-Shopify-Hmac-Sha256": hmac_base64(SECRET, raw),
            "Content-Type": "application/json",
        }
        answer = await client.post(f"{self.url}/webhooks/shopify", content=raw, headers=headers)
        assert answer.status_code == 200, answer.text


@contextmanager
def open_shop(database_url: str, redis_url: str) -> Iterator[OpenShop]:
    store_id, key = wait_in_thread(_found(database_url))
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SHOPIFY_API_SECRET": SECRET,
        "SHOPWARDEN_LOG_LEVEL": "error",
    }
    worker = subprocess.Popen([sys.executable, "-m", "shopwarden", "work"], env=os.environ | environment)
    try:
        with serving(database_url, redis_url, SHOPIFY_API_SECRET=SECRET) as server:
            yield OpenShop(server.url, database_url, store_id, key)
    finally:
        worker.terminate()
        worker.wait(20)


async def _found(database_url: str) -> tuple[StoreId, str]:
    database = await Database.connect(database_url)
    try:
        store_id = await create_store(database, "Story", SHOP)
        key = await create_key(database, name="script", scopes=["ingest"], store_id=store_id)
        return store_id, key.secret
    finally:
        await database.close()


async def until(connection: asyncpg.Connection, query: str, *values: object, seconds: float = 20) -> asyncpg.Record:
    """The first row of the query, as soon as there is one."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        row = await connection.fetchrow(query, *values)
        if row is not None:
            return row
        await asyncio.sleep(0.005)
    raise AssertionError(f"not there after {seconds} s: {query} {values}")


HOME = {"address1": "1 Main St", "city": "Ottawa", "zip": "K1A 0B1", "country_code": "CA", "province_code": "ON"}


def order_of(number: int, buyer: str, **changes: Any) -> dict[str, Any]:
    """An ordinary order of 50 US dollars by a new customer, as Shopify tells of it."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    email = f"{buyer}@example.com"
    customer = {"id": number, "email": email, "first_name": "Ann", "last_name": "Other", "created_at": at, "updated_at": at}
    return {
        "id": number, "created_at": at, "updated_at": at, "total_price": "50.00", "currency": "USD", "email": email,
        "financial_status": "paid", "customer": customer, "billing_address": HOME, "shipping_address": HOME,
        "checkout_token": f"checkout-{buyer}", "cart_token": f"cart-{buyer}", "browser_ip": None, **changes,
    }  # fmt: skip


VERDICT = """
SELECT v.verdict, v.advice, v.score FROM orders o JOIN verdicts v ON v.store_id = o.store_id AND v.id = o.verdict_id
 WHERE o.store_id = $1 AND o.external_id = $2
"""
ALERT = """
SELECT a.* FROM visitors v JOIN alerts a ON a.store_id = v.store_id AND a.subject_id = v.id::text
 WHERE v.store_id = $1 AND v.anonymous_id = $2 AND a.kind = 'behaviour'
"""


def sentences(verdict: dict[str, Any]) -> dict[str, str]:
    """Key of each reason -> its sentence."""
    return {reason["key"]: reason["sentence"] for reason in verdict["reasons"]}
