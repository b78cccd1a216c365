"""Metrics of decisions from rows: the first advice, outcomes as known at a time, and who is recognised by what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import httpx

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.database import Database
from shopwarden.store.labels import put_labels
from tests.api.rows import MARCH, add_customer, insert
from tests.labels.test_putting import told
from tests.store.test_fraud_sql import add_order

ASKED = {"from": "2026-03-01", "to": "2026-03-20"}


async def add_verdict(database: Database, store_id: UUID, order: UUID, advice: str, days: float) -> None:
    await insert(database, "verdicts", {
        "store_id": store_id, "id": new_id(), "subject": "order", "subject_id": order, "trigger": "webhook",
        "event_key": str(new_id()), "score": 1, "points": 0.0, "level": "low", "advice": advice, "code_version": "1",
        "created_at": MARCH + timedelta(days=days),
    })  # fmt: skip


async def a_shop(database: Database, store_id: UUID) -> None:
    """Ann comes back to her device and address, ben from nowhere he was before; cat is new and a thief."""
    ann, ben, cat = [await add_customer(database, store_id) for _ in range(3)]
    device = new_id()
    earlier = {"created_at": MARCH - timedelta(days=40)}
    await add_order(database, store_id, "a0", customer_id=ann, device_id=device, shipping_key="x", **earlier)
    await add_order(database, store_id, "b0", customer_id=ben, browser_ip="203.0.113.1", **earlier)
    orders = {
        "a1": {"customer_id": ann, "device_id": device, "shipping_key": "x"},
        "b1": {"customer_id": ben, "browser_ip": "203.0.113.2"},
        "c1": {"customer_id": cat},
        "c2": {"customer_id": cat, "created_at": MARCH + timedelta(days=1)},
    }
    for place, (number, values) in enumerate(orders.items()):
        order = await add_order(database, store_id, number, total=Decimal("50"), currency="USD", **values)
        await add_verdict(database, store_id, order, ("approve", "review", "decline", "approve")[place], 0)
        await add_verdict(database, store_id, order, "decline", 5)
    known = [(0, "a1", "legitimate"), (3, "c1", "fraud"), (12, "c2", "fraud")]
    async with database.transaction() as connection:
        labels = [
            told(order, order_external_id=order, label=label, known_at=MARCH + timedelta(days=day))
            for day, order, label in known
        ]
        await put_labels(connection, StoreId(store_id), labels)


async def test_quality_as_known_at_a_time(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await a_shop(database, store_id)
    path = f"/api/stores/{store_id}/metrics/decisions"
    answer = await client.get(path, params=ASKED)
    assert answer.status_code == 200, answer.text
    now = answer.json()["quality"]
    assert (now["orders"], now["fraud"]["refused"], now["fraud"]["approved"], now["good"]["approved"]) == (4, 1, 1, 1)
    assert (now["recall"]["rate"], now["precision"]["rate"]) == (0.5, 1.0)
    assert (now["fraudStopped"], now["fraudLetThrough"], now["currency"]) == ("50.00", "50.00", "USD")
    before = (await client.get(path, params={**ASKED, "known_at": "2026-03-08"})).json()["quality"]
    assert before["recall"] == {**now["recall"], "of": 1, "rate": 1.0, "low": before["recall"]["low"],
                                "high": before["recall"]["high"]}  # fmt: skip
    assert before["unknown"]["approved"] == 1, "nobody knew of the second fraud then"


async def test_a_label_known_later_changes_nothing_before(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await a_shop(database, store_id)
    answers = []
    for known in (9, 10):
        for name in ("decisions", "recognition"):
            # Asked for the first time after each change, so that no shared answer hides one.
            at = (MARCH + timedelta(days=9, minutes=len(answers) // 2)).isoformat()
            answers.append(
                (await client.get(f"/api/stores/{store_id}/metrics/{name}", params={**ASKED, "known_at": at})).json()
            )
        async with database.transaction() as connection:
            later = [
                told(f"{order}{known}", order_external_id=order, known_at=MARCH + timedelta(days=11))
                for order in ("a1", "b1")
            ]
            await put_labels(connection, StoreId(store_id), later)
    assert answers[0]["quality"] == answers[2]["quality"]
    assert answers[1]["recognition"] == answers[3]["recognition"]


async def test_who_came_back_is_known_by_what(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await a_shop(database, store_id)
    found = (await client.get(f"/api/stores/{store_id}/metrics/recognition", params=ASKED)).json()["recognition"]
    assert (found["recognised"]["hits"], found["recognised"]["of"]) == (1, 4)
    assert found["byMark"] == {"device": 1, "address": 1, "ip": 0}
    shares = {each["standing"]: each["share"]["hits"] for each in found["byStanding"]}
    # The thief's second order has an earlier one, and nothing else.
    assert shares == {"recognised": 1, "returning": 2, "new": 1}
    assert [point["orders"] for point in found["overTime"]] == [3, 1]
    assert (await client.get(f"/api/stores/{store_id}/metrics/recognition", params={"from": "x"})).status_code == 400
