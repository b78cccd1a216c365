"""Around one customer: profile, activities, addresses used, tasks; and the figures over all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from shopwarden.store.tables.customers import customers
from tests.api.rows import MARCH, add_customer, insert, money

NOT_SHOWN = {"store_id"}


async def test_the_profile_has_every_column_and_what_hangs_on_it(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    person = new_id()
    jane = await add_customer(database, store_id, email="jane@example.com", person_id=person, total_spent=money("12.50"))
    twin = await add_customer(database, store_id, email="j@example.com", person_id=person, risk_level="high")
    for number in range(25):
        await insert(database, "orders", {
            "store_id": store_id, "id": new_id(), "external_id": str(number), "customer_id": jane, "total": money("1.10"),
            "created_at": MARCH + timedelta(hours=number), "updated_at": MARCH, "version": "",
        })  # fmt: skip
    profile = (await client.get(f"/api/customers/{jane}")).json()
    assert {column.name for column in customers.columns} - NOT_SHOWN <= set(profile)
    assert profile["total_spent"] == "12.50"
    assert [other["id"] for other in profile["linked_customers"]] == [str(twin)]
    assert [order["external_id"] for order in profile["latest_orders"]] == [str(n) for n in range(24, 4, -1)]
    assert profile["latest_orders"][0]["total"] == "1.10"


async def test_activities_walk_by_cursor_and_type(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    jane = await add_customer(database, store_id)
    for number in range(7):
        await insert(database, "customer_activities", {
            "store_id": store_id, "id": new_id(), "customer_id": jane,
            "created_at": MARCH + timedelta(days=20 * (number // 2)),
            "activity_type": "order" if number == 3 else "page_view", "activity_data": {"number": number},
        })  # fmt: skip
    path, walked, cursor = f"/api/customers/{jane}/activities", [], ""
    while cursor is not None:
        body = (await client.get(path, params={"limit": 2, "cursor": cursor})).json()
        walked += [activity["activity_data"]["number"] for activity in body["activities"]]
        cursor = body["next_cursor"]
    assert sorted(walked) == list(range(7))
    assert [n // 2 for n in walked] == [3, 2, 2, 1, 1, 0, 0]
    only = (await client.get(path, params={"type": "order,email_open"})).json()["activities"]
    assert [activity["activity_data"]["number"] for activity in only] == [3]


async def test_the_eight_figures(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    now = datetime.now(UTC)
    old, older = now - timedelta(days=45), now - timedelta(days=400)
    for values in (
        {"status": "active", "created_at": now, "total_spent": money("10.00"), "last_purchase_at": now},
        {"status": "active", "created_at": now, "lifetime_value": money("50.00"), "risk_level": "high"},
        {"status": "vip", "created_at": old, "risk_level": "critical", "last_purchase_at": older},
        {"status": "blocked", "created_at": older, "last_purchase_at": now - timedelta(days=10)},
        {"status": "active", "created_at": now, "deleted_at": now},
    ):
        await add_customer(database, store_id, **values)
    assert (await client.get("/api/customers/metrics")).json() == {
        "total_customers": 4, "active_customers": 2, "vip_customers": 1, "average_lifetime_value": "15.00",
        "high_risk_count": 2, "churn_rate": 0.3333, "growth_rate": 1.0, "new_customers_30d": 2,
    }  # fmt: skip


async def test_enrichment_is_a_task(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    jane = await add_customer(database, store_id)
    first = await client.post(f"/api/customers/{jane}/enrich", headers={"Idempotency-Key": "once"})
    assert first.status_code == 200
    again = await client.post(f"/api/customers/{jane}/enrich", headers={"Idempotency-Key": "once"})
    assert again.json()["id"] == first.json()["id"]
    task = (await client.get(first.headers["location"])).json()
    assert task["state"] == "done"
    assert task["result"]["message"] == "no provider configured"


async def test_webhook_status_by_source(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/customers/webhooks/status")).json()
    assert body["shopify"]["status"] == "never"
    assert body["shopify"]["last_received"] is None
