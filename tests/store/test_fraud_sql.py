"""The SQL of the fraud label against the rule it repeats, over every combination that matters, in a real database."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import UUID

from shopwarden.domain.fraud_label import Dispute, label_of
from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import fraud_sessions, labelled_orders
from tests.api.rows import MARCH, insert

KINDS = ("chargeback", "inquiry", None)
STATUSES = ("won", "lost", "needs_response", None)
REASONS = ("fraudulent", "unrecognized", "product_not_received", None)
SINGLE = [Dispute(*told) for told in product(KINDS, STATUSES, REASONS)]
DISPUTES = [(), *((one,) for one in SINGLE), (SINGLE[0], SINGLE[4]), (SINGLE[0], SINGLE[0]), (SINGLE[4], SINGLE[18])]
SCORED = [(None, None), ("approve", "low"), ("decline", None), ("review", "critical"), ("decline", "critical")]
CASES = list(product(DISPUTES, (None, "fraud", "customer"), SCORED))
EVERY = labelled_orders("$2", "$3")


async def add_order(database: Database, store_id: UUID, external_id: str, **values: object) -> UUID:
    order_id = new_id()
    row = {"store_id": store_id, "id": order_id, "external_id": external_id, "created_at": MARCH, "updated_at": MARCH,
           "version": "", **values}  # fmt: skip
    await insert(database, "orders", row)
    return order_id


async def add_dispute(database: Database, store_id: UUID, external_id: str, told: Dispute) -> None:
    number = new_id()
    row = {"store_id": store_id, "id": number, "external_id": str(number), "order_external_id": external_id,
           "kind": told.kind, "status": told.status, "reason": told.reason, "updated_at": MARCH, "version": ""}  # fmt: skip
    await insert(database, "disputes", row)


async def test_both_say_the_same(database: Database, store_id: UUID) -> None:
    expected = {}
    for place, (disputes, cancelled, (advice, level)) in enumerate(CASES):
        number = str(place)
        await add_order(database, store_id, number, cancel_reason=cancelled, advice=advice, risk_level=level)
        for told in disputes:
            await add_dispute(database, store_id, number, told)
        expected[number] = str(label_of(disputes, cancelled, advice, level))
    rows = await database.pool.fetch(EVERY, store_id, MARCH, MARCH + timedelta(days=1))
    assert {row["external_id"]: row["label"] for row in rows} == expected
    assert all(row["is_fraud"] == (row["label"] != "legitimate") for row in rows)
    assert set(expected.values()) == {"confirmed", "suspected", "legitimate"}


async def test_tests_questions_and_other_stores_are_no_orders(database: Database, store_id: UUID) -> None:
    await add_order(database, store_id, "real")
    await add_order(database, store_id, "test", is_test=True)
    await add_order(database, store_id, "asked", source="check")
    await add_order(database, store_id, "later", created_at=MARCH + timedelta(days=1))
    await add_order(database, new_id(), "theirs")
    await add_dispute(database, new_id(), "real", SINGLE[4])
    rows = await database.pool.fetch(EVERY, store_id, MARCH, MARCH + timedelta(days=1))
    assert [(row["external_id"], row["label"]) for row in rows] == [("real", "legitimate")]


async def test_one_fraudulent_order_is_enough_for_a_session(database: Database, store_id: UUID) -> None:
    calm, mixed = new_id(), new_id()
    await add_order(database, store_id, "1", session_id=calm)
    await add_order(database, store_id, "2", session_id=mixed)
    await add_order(database, store_id, "3", session_id=mixed, cancel_reason="fraud")
    await add_order(database, store_id, "4", cancel_reason="fraud")
    rows = await database.pool.fetch(fraud_sessions("$2", "$3"), store_id, MARCH, MARCH + timedelta(days=1))
    assert {row["session_id"]: row["is_fraud"] for row in rows} == {calm: False, mixed: True}
