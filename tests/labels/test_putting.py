"""Labels are kept once, find the order and the customer they are of, and count nowhere once withdrawn."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.label import NewLabel
from shopwarden.store.database import Database
from shopwarden.store.forgetting import forget
from shopwarden.store.labels import put_labels, withdraw_label
from shopwarden.store.privacy import Subject
from tests.api.rows import MARCH, add_customer
from tests.store.test_fraud_sql import add_order


def told(reference: str, **values: object) -> NewLabel:
    kept: dict[str, object] = {
        "label": "fraud", "source": "api", "reference": reference, "event_at": MARCH, "known_at": MARCH,
        "created_by": "key:1", **values,
    }  # fmt: skip
    return NewLabel(**kept)  # type: ignore[arg-type]


async def test_told_twice_it_is_kept_once(database: Database, store_id: UUID) -> None:
    async with database.transaction() as connection:
        store = StoreId(store_id)
        first = await put_labels(connection, store, [told("a"), told("b"), told("a", note="again")])
        second = await put_labels(connection, store, [told("c"), told("b", label="legitimate")])
        assert first[0] == first[2] != first[1] == second[1]
        assert len({*first, *second}) == 3
        rows = await connection.fetch("SELECT reference, label, note FROM labels WHERE store_id = $1", store_id)
        assert {tuple(row) for row in rows} == {("a", "fraud", None), ("b", "fraud", None), ("c", "fraud", None)}
        assert await put_labels(connection, store, []) == []


async def test_it_finds_the_order_and_whose_it_is(database: Database, store_id: UUID) -> None:
    customer = await add_customer(database, store_id)
    order = await add_order(database, store_id, "1001", customer_id=customer)
    await add_order(database, store_id, "1001", source="check")
    await add_order(database, new_id(), "1002")
    async with database.transaction() as connection:
        await put_labels(
            connection,
            StoreId(store_id),
            [told("by shop", order_external_id="1001", amount=Decimal("12.50")), told("by ours", order_id=order),
             told("theirs", order_external_id="1002")],
        )  # fmt: skip
        rows = await connection.fetch("SELECT * FROM labels WHERE store_id = $1 ORDER BY reference", store_id)
    ours, shops, theirs = rows
    for row in (ours, shops):
        assert (row["order_id"], row["order_external_id"], row["customer_id"]) == (order, "1001", customer)
    assert shops["amount"] == Decimal("12.50")
    assert (theirs["order_id"], theirs["order_external_id"], theirs["customer_id"]) == (None, "1002", None)


async def test_it_is_withdrawn_once(database: Database, store_id: UUID) -> None:
    async with database.transaction() as connection:
        (kept,) = await put_labels(connection, StoreId(store_id), [told("a")])
        assert not await withdraw_label(connection, StoreId(new_id()), kept, "user:1")
        assert await withdraw_label(connection, StoreId(store_id), kept, "user:1", MARCH + timedelta(days=1))
        assert not await withdraw_label(connection, StoreId(store_id), kept, "user:2")
        row = await connection.fetchrow("SELECT withdrawn_at, withdrawn_by FROM labels WHERE store_id = $1", store_id)
        assert tuple(row) == (MARCH + timedelta(days=1), "user:1")


async def test_a_forgotten_customer_is_in_no_label(database: Database, store_id: UUID) -> None:
    customer = await add_customer(database, store_id)
    await add_order(database, store_id, "1", customer_id=customer)
    async with database.transaction() as connection:
        labels = [told("a", order_external_id="1", note="Her son"), told("b", customer_id=customer, note="her sister")]
        await put_labels(connection, StoreId(store_id), labels)
        subject = Subject(customer_ids=(CustomerId(customer),), texts=(), shopify_ids=(), order_ids=("1",))
        counts = await forget(connection, StoreId(store_id), subject)
        rows = await connection.fetch("SELECT customer_id, note, label FROM labels WHERE store_id = $1", store_id)
    assert counts["labels"] == 2
    assert {tuple(row) for row in rows} == {(None, None, "fraud")}, "what the order was stays: it is the shop's account"
