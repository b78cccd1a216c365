"""What the shop tells becomes labels: disputes as they turn, cancellations and refunds for fraud, peace past the window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.steps.good_orders import label_all
from shopwarden.store.database import Database
from shopwarden.store.label_effects import mark_devices
from shopwarden.store.labels import put_labels, withdraw_label
from shopwarden.store.outcome_labels import settle_outcomes
from tests.api.rows import MARCH, add_customer, insert
from tests.labels.test_putting import told
from tests.store.test_fraud_sql import add_order


async def add_dispute(database: Database, store_id: UUID, **values: object) -> UUID:
    number = new_id()
    row = {"store_id": store_id, "id": number, "external_id": "77", "order_external_id": "1", "kind": "chargeback",
           "status": "needs_response", "reason": "fraudulent", "updated_at": MARCH, "version": "", **values}  # fmt: skip
    await insert(database, "disputes", row)
    return number


async def settled(database: Database, store_id: UUID, *orders: str) -> list[tuple[object, ...]]:
    """(source, label, known on day, withdrawn on day) of every label, twice settled."""
    async with database.transaction() as connection:
        for _ in range(2):
            await settle_outcomes(connection, StoreId(store_id), orders or ["1"])
        rows = await connection.fetch(
            "SELECT source, label, known_at, withdrawn_at FROM labels WHERE store_id = $1 ORDER BY known_at, source",
            store_id,
        )
    return [(*row[:2], *(None if day is None else (day - MARCH).days for day in row[2:])) for row in rows]


async def turn(database: Database, store_id: UUID, day: int, **values: object) -> None:
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 3))
    await database.pool.execute(
        f"UPDATE disputes SET updated_at = $2, {sets} WHERE store_id = $1",
        store_id, MARCH + timedelta(days=day), *values.values(),
    )  # fmt: skip


async def test_a_dispute_turns(database: Database, store_id: UUID) -> None:
    customer = await add_customer(database, store_id)
    await add_dispute(database, store_id, kind="inquiry", initiated_at=MARCH)
    assert await settled(database, store_id) == []
    await turn(database, store_id, 5, kind="chargeback")
    assert await settled(database, store_id) == [("dispute", "fraud", 5, None)], "known since it is no mere question"
    await turn(database, store_id, 7, status="under_review")
    assert await settled(database, store_id) == [("dispute", "fraud", 5, None)], "known as long as before"
    await turn(database, store_id, 30, status="won")
    won = [("dispute", "fraud", 5, 30), ("dispute", "legitimate", 30, None)]
    assert await settled(database, store_id) == won
    await turn(database, store_id, 40, status="lost")
    assert (await settled(database, store_id))[1:] == [
        ("dispute", "legitimate", 30, 40), ("dispute", "fraud", 40, None),
    ]  # fmt: skip
    order = await add_order(database, store_id, "1", customer_id=customer)
    await settled(database, store_id)
    row = await database.pool.fetchrow("SELECT DISTINCT order_id, customer_id FROM labels WHERE store_id = $1", store_id)
    assert tuple(row) == (order, customer), "a label told before its order finds it"


async def test_goods_that_did_not_come_are_no_fraud(database: Database, store_id: UUID) -> None:
    await add_dispute(database, store_id, reason="product_not_received", status="lost")
    assert await settled(database, store_id) == []


async def test_cancelled_and_paid_back_as_fraud(database: Database, store_id: UUID) -> None:
    await add_order(database, store_id, "1", cancel_reason="fraud", cancelled_at=MARCH + timedelta(days=1))
    await add_order(database, store_id, "2", cancel_reason="customer", cancelled_at=MARCH + timedelta(days=1))
    await add_order(database, store_id, "3", cancel_reason="fraud", cancelled_at=MARCH, is_test=True)
    for number, note in (("1", "Fraudulent order"), ("2", "too small")):
        refund = {"store_id": store_id, "id": new_id(), "external_id": number, "order_external_id": number, "note": note,
                  "created_at": MARCH + timedelta(days=2), "version": ""}  # fmt: skip
        await insert(database, "refunds", refund)
    found = await settled(database, store_id, "1", "2", "3")
    assert found == [("cancellation", "fraud", 1, None), ("refund", "fraud", 2, None)]


async def test_peace_past_the_window_confirms_an_order(database: Database, store_id: UUID) -> None:
    now = datetime.now(UTC)
    long_ago, lately = now - timedelta(days=130), now - timedelta(days=110)
    paid = {"financial_status": "paid", "created_at": long_ago}
    await add_order(database, store_id, "good", **paid)
    await add_order(database, store_id, "young", financial_status="paid", created_at=lately)
    await add_order(database, store_id, "unpaid", financial_status="pending", created_at=long_ago)
    await add_order(database, store_id, "cancelled", **paid, cancelled_at=now)
    await add_order(database, store_id, "test", **paid, is_test=True)
    await add_order(database, store_id, "asked", **paid, source="check")
    await add_order(database, store_id, "1", **paid)
    await add_dispute(database, store_id, reason="product_not_received")
    await add_order(database, store_id, "fraud", **paid)
    async with database.transaction() as connection:
        await put_labels(connection, StoreId(store_id), [told("x", order_external_id="fraud")])
    assert await label_all(database) == 1
    assert await label_all(database) == 0
    row = await database.pool.fetchrow(
        "SELECT order_external_id, label, known_at FROM labels WHERE store_id = $1 AND source = 'delivered'", store_id
    )
    assert tuple(row) == ("good", "legitimate", long_ago + timedelta(days=120))


async def test_a_strong_device_carries_the_mark_while_an_order_is_fraud(database: Database, store_id: UUID) -> None:
    device = new_id()
    await insert(database, "devices", {"store_id": store_id, "id": device, "fingerprint": "f", "is_strong": True,
                                       "first_seen": MARCH, "last_seen": MARCH})  # fmt: skip
    await add_order(database, store_id, "1", device_id=device)
    await add_order(database, store_id, "2", device_id=device)

    async def marked() -> bool:
        return bool(await database.pool.fetchval("SELECT seen_in_fraud FROM devices WHERE id = $1", device))

    async with database.transaction() as connection:
        first, second = await put_labels(
            connection, StoreId(store_id), [told("x", order_external_id="1"), told("y", order_external_id="2")]
        )
    assert await marked()
    async with database.transaction() as connection:
        await withdraw_label(connection, StoreId(store_id), first, "user:1")
        await mark_devices(connection, StoreId(store_id), ["1"])
    assert await marked(), "the other order is fraud still"
    async with database.transaction() as connection:
        await withdraw_label(connection, StoreId(store_id), second, "user:1")
    assert not await marked()
