"""Refusals and chargebacks that vendors tell of become labels; an approval takes a refusal back and labels nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import UUID

from shopwarden.domain.answers import Opinion, RiskAnswer
from shopwarden.domain.events import VendorDecided
from shopwarden.domain.ids import StoreId
from shopwarden.steps.vendor_labels import keep_decisions
from shopwarden.store.database import Database
from tests.api.rows import MARCH, add_customer


def decided(
    opinion: Opinion | None, *, source: str = "sift", status: str | None = None, day: int = 0,
    subject: Literal["order", "user"] = "order", whose: str = "1",
) -> VendorDecided:  # fmt: skip
    at = MARCH + timedelta(days=day)
    answer = RiskAnswer(opinion=opinion, status=status)
    return VendorDecided(version=f"{day}:{opinion}", at=at, source=source, subject=subject, external_id=whose, answer=answer)


async def labels_after(database: Database, store_id: UUID, *events: VendorDecided) -> set[tuple[object, ...]]:
    async with database.transaction() as connection:
        await keep_decisions(connection, StoreId(store_id), events)
        await keep_decisions(connection, StoreId(store_id), events)
        rows = await connection.fetch("SELECT source, label, withdrawn_at FROM labels WHERE store_id = $1", store_id)
    return {tuple(row) for row in rows}


async def test_a_refusal_labels_and_an_approval_takes_it_back(database: Database, store_id: UUID) -> None:
    assert await labels_after(database, store_id, decided("approve"), decided("review"), decided(None)) == set()
    refused = decided("decline", status="bad_order", day=1)
    assert await labels_after(database, store_id, refused) == {("sift", "fraud", None)}
    assert await labels_after(database, store_id, decided("approve", source="riskified", day=2)) == {
        ("sift", "fraud", None)
    }, "another vendor's approval takes nothing back"
    back = MARCH + timedelta(days=3)
    assert await labels_after(database, store_id, decided("approve", day=3)) == {("sift", "fraud", back)}


async def test_a_chargeback_is_a_dispute(database: Database, store_id: UUID) -> None:
    told = decided("decline", source="riskified", status="chargeback", day=40)
    approved = decided("approve", source="riskified", day=41)
    assert await labels_after(database, store_id, told, approved) == {("dispute", "fraud", None)}


async def test_a_decision_on_a_user_is_of_the_customer(database: Database, store_id: UUID) -> None:
    customer = await add_customer(database, store_id)
    refused = decided("decline", subject="user", whose=str(customer))
    assert await labels_after(database, store_id, refused, decided("decline", subject="user", whose="nobody")) == {
        ("sift", "fraud", None)
    }
    assert await database.pool.fetchval("SELECT customer_id FROM labels WHERE store_id = $1", store_id) == customer
