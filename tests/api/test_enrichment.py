"""Vendors behind the API: enrichment by hand, and an order check that asks within its deadline."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.settings import Settings
from shopwarden.steps.vendor_view import forget_accounts
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.sandbox.running import Sandbox, running_sandbox, sandbox  # noqa: F401
from tests.steps.enriched_shop import order_body, place

ORDER: dict[str, Any] = {
    "order_id": 1001, "email": "jane.field@example.com", "total": "900.00", "currency": "USD", "ip": "81.2.69.142",
    "billing_address": {"first_name": "Jane", "address1": "1 Main St", "city": "Boston", "country_code": "US"},
}  # fmt: skip


@pytest.fixture
def settings(sandbox: Sandbox) -> Settings:  # noqa: F811
    forget_accounts()
    return Settings(
        rate_limit_per_minute=100_000,
        encryption_keys="the key of tests has thirty-two letters",
        sandbox_url=sandbox.url,
        allow_internal_hosts="127.0.0.1",
    )


async def always(database: Database, store_id: UUID, *vendors: str) -> None:
    for vendor in vendors:
        await database.pool.execute(
            "INSERT INTO vendor_accounts (store_id, vendor, policy, created_at, updated_at)"
            " VALUES ($1, $2, 'always', now(), now())",
            store_id, vendor,
        )  # fmt: skip


async def test_enrichment_by_hand_tells_what_came_of_each_question(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await place(database, store_id, order_body())
    customer_id = await database.pool.fetchval("SELECT id FROM customers WHERE store_id = $1", store_id)
    answer = await client.post(f"/api/customers/{customer_id}/enrich", headers={"Idempotency-Key": "once"})
    assert answer.status_code == 200
    result = answer.json()["result"]
    told = {outcome["lookup"]: outcome for outcome in result["lookups"]}
    assert told["ipqualityscore.ip"]["outcome"] == "answered"
    assert told["ipqualityscore.ip"]["made_up"] is True
    assert "fraud_score" in told["ipqualityscore.ip"]["fields"]
    assert told["peopledatalabs.person"]["outcome"] == "answered"
    assert "Mary" not in answer.text
    assert "example.com" not in answer.text
    profile = (await client.get(f"/api/customers/{customer_id}")).json()
    assert "ipqualityscore.ip" in profile["fraud_checks"]["vendors"]
    again = await client.post(f"/api/customers/{customer_id}/enrich", headers={"Idempotency-Key": "once"})
    assert again.json() == answer.json()


async def test_a_check_asks_vendors_and_names_them(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await database.pool.execute("UPDATE stores SET settings = '{\"check_deadline_ms\": 5000}' WHERE id = $1", store_id)
    await always(database, store_id, "ipqualityscore", "sendgrid")
    body = (await client.post("/api/orders/check", json=ORDER)).json()
    assert body["made_up"] is True
    full = (await client.get(f"/api/verdicts/{body['verdict_id']}")).json()
    assert {"ipqualityscore.ip", "ipqualityscore.email", "sendgrid.email"} <= full["facts"]["vendor"]["answered_at"].keys()


async def test_a_check_does_not_wait_longer_than_the_store_allows_and_says_who_was_missing(
    client: httpx.AsyncClient,
    database: Database,
    store_id: UUID,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await database.pool.execute("UPDATE stores SET settings = '{\"check_deadline_ms\": 300}' WHERE id = $1", store_id)
    await always(database, store_id, "ipqualityscore")
    await sandbox.mode("ipqualityscore", "hang")
    begun = time.monotonic()
    answer = await client.post("/api/orders/check", json=ORDER)
    assert time.monotonic() - begun < 3
    body = answer.json()
    assert answer.status_code == 200
    assert "IPQualityScore" in body["vendor_gaps"]["ipqualityscore.ip"]
    assert "ipqualityscore.ip" in {gap["missing"][0].removeprefix("vendor.") for gap in body["gaps"] if gap["why"]}
    await sandbox.mode("ipqualityscore", "ok")


async def test_checks_that_wait_for_a_vendor_that_hangs_do_not_hold_up_the_others(
    client: httpx.AsyncClient,
    database: Database,
    store_id: UUID,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await database.pool.execute("UPDATE stores SET settings = '{\"check_deadline_ms\": 2000}' WHERE id = $1", store_id)
    await always(database, store_id, "ipqualityscore")
    await sandbox.mode("ipqualityscore", "hang")
    orders = [{**ORDER, "order_id": n, "email": f"buyer{n}@example.com"} for n in range(30)]
    begun = time.monotonic()
    answers = await asyncio.gather(*(client.post("/api/orders/check", json=order) for order in orders))
    assert time.monotonic() - begun < 8
    assert {answer.status_code for answer in answers} == {200}
    assert all("ipqualityscore.ip" in answer.json()["vendor_gaps"] for answer in answers)
    await sandbox.mode("ipqualityscore", "ok")


async def test_a_check_of_a_store_that_allows_no_wait_asks_nobody(
    client: httpx.AsyncClient,
    database: Database,
    store_id: UUID,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await database.pool.execute("UPDATE stores SET settings = '{\"check_deadline_ms\": 0}' WHERE id = $1", store_id)
    await always(database, store_id, "ipqualityscore")
    assert (await client.post("/api/orders/check", json=ORDER)).status_code == 200
    assert await sandbox.log("ipqualityscore") == []


async def test_a_key_without_personal_data_sees_no_exact_places_of_vendors(
    client_for: ClientFor, database: Database, store_id: UUID
) -> None:
    await always(database, store_id, "ipqualityscore")
    await database.pool.execute("UPDATE stores SET settings = '{\"check_deadline_ms\": 5000}' WHERE id = $1", store_id)
    client = await client_for(["orders:check", "customers:read"])
    body = (await client.post("/api/orders/check", json=ORDER)).json()
    full = await client.get(f"/api/verdicts/{body['verdict_id']}")
    assert "latitude" not in full.text
    assert "jane.field" not in full.text
