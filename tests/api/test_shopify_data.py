"""Reading a shop and comparing it, by hand: what is answered while it goes on, and to whom."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.shop_checks import keep_check
from shopwarden.store.shop_tokens import Told, keep_shop
from tests.api.conftest import ClientFor


@pytest.fixture
async def with_shop(database: Database, store_id: UUID) -> UUID:
    async with database.transaction() as connection:
        await keep_shop(connection, StoreId(store_id), "demo.myshopify.com", b"sealed", Told(scopes=("read_orders",)))
    return store_id


async def test_a_second_wish_to_read_answers_the_same_task(client: httpx.AsyncClient, with_shop: UUID) -> None:
    at = f"/api/stores/{with_shop}/shopify/sync"
    first, second = [await client.post(at) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["location"] == second.headers["location"] == f"/api/tasks/{first.json()['task_id']}"
    task = (await client.get(first.headers["location"])).json()
    assert (task["kind"], task["state"], task["done"]) == ("shop_sync", "running", 0)
    shown = (await client.get(at)).json()
    assert [(one["kind"], one["state"], one["task_id"]) for one in shown["syncs"]] == [
        ("customers", "asked", task["id"]), ("orders", "asked", task["id"]),
    ]  # fmt: skip


async def test_checks_are_shown_newest_first(client: httpx.AsyncClient, database: Database, with_shop: UUID) -> None:
    async with database.transaction() as connection:
        await keep_check(connection, StoreId(with_shop), "orders", (10, 9, 1), {"gaps": ["1007"]})
        await keep_check(connection, StoreId(with_shop), "orders", (10, 10, 0), {})
    shown = (await client.get(f"/api/stores/{with_shop}/shopify/sync")).json()["checks"]
    assert [(one["kind"], one["theirs"], one["ours"], one["found"]) for one in shown] == [("orders", 10, 10, 1)]


async def test_a_comparison_is_queued(client: httpx.AsyncClient, database: Database, with_shop: UUID) -> None:
    answer = await client.post(f"/api/stores/{with_shop}/shopify/reconcile")
    assert (answer.status_code, answer.json()) == (202, {"queued": "reconcile"})
    assert (await database.pool.fetchval("SELECT payload FROM outbox"))["shop"] == "reconcile"


@pytest.mark.parametrize("what", ["sync", "reconcile"])
async def test_without_a_shop_it_is_refused(client: httpx.AsyncClient, store_id: UUID, what: str) -> None:
    answer = await client.post(f"/api/stores/{store_id}/shopify/{what}")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("not-connected")


async def test_only_admins(client_for: ClientFor, with_shop: UUID) -> None:
    reader = await client_for(["customers:read"])
    for method, what in (("GET", "sync"), ("POST", "sync"), ("POST", "reconcile")):
        assert (await reader.request(method, f"/api/stores/{with_shop}/shopify/{what}")).status_code == 403
