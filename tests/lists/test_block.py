"""A block is felt at once: by the next order, by open cases, by orders not yet shipped, by the shop and by vendors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.list_entry import NewEntry
from shopwarden.steps.block_customer import Hand, block, unblock
from shopwarden.steps.change_lists import add_entry, take_off
from shopwarden.store.database import Database
from shopwarden.store.verdicts import latest_verdict
from tests.api.rows import add_customer
from tests.review.desk import REVIEW, Desk, rule


@pytest.fixture
def desk(database: Database, store_id: UUID) -> Desk:
    return Desk(database, store_id)


async def advice_of(desk: Desk, order_id: UUID) -> str | None:
    async with desk.database.pool.acquire() as connection:
        stored = await latest_verdict(connection, desk.store_id, "order", order_id)
    return None if stored is None else stored.verdict.advice


def by() -> Hand:
    return Hand("user:1", datetime.now(UTC))


async def test_orders_that_can_still_be_stopped_and_cases_are_judged_again(desk: Desk) -> None:
    customer = CustomerId(await add_customer(desk.database, desk.store_id, email="c@example.com", shopify_id="77"))
    young = await desk.order("1", customer_id=customer)
    shipped = await desk.order("2", customer_id=customer, fulfillment_status="fulfilled")
    old = await desk.order("3", customer_id=customer, created_at=datetime.now(UTC) - timedelta(days=40))
    decided = await desk.order("4", customer_id=customer, decision="approve")
    stranger = await desk.order("5")
    for order in (young, shipped, old, decided, stranger):
        await desk.judge(order)
    await desk.run_jobs()
    async with desk.database.transaction() as connection:
        assert await block(connection, desk.store_id, customer, "three chargebacks", by())
    await desk.run_jobs()
    assert [await advice_of(desk, one) for one in (young, shipped, old, decided, stranger)] == [
        "decline", "approve", "approve", "approve", "approve"
    ]  # fmt: skip
    async with desk.database.transaction() as connection:
        assert await unblock(connection, desk.store_id, customer, by())
    await desk.run_jobs()
    assert await advice_of(desk, young) == "approve"
    rows = await desk.database.pool.fetch(
        "SELECT action, actor, before, after FROM audit_log WHERE action LIKE 'customer.%'"
    )
    assert [(row["action"], row["actor"]) for row in rows] == [
        ("customer.blocked", "user:1"),
        ("customer.unblocked", "user:1"),
    ]
    assert "three chargebacks" not in str([dict(row) for row in rows])


async def test_blocking_twice_is_one_block_and_nobody_unknown_is_blocked(desk: Desk) -> None:
    customer = CustomerId(await add_customer(desk.database, desk.store_id, email="c@example.com", status="vip"))
    await desk.order("1", customer_id=customer)
    async with desk.database.transaction() as connection:
        for reason in ("a", "b"):
            assert await block(connection, desk.store_id, customer, reason, by())
        assert not await block(connection, desk.store_id, CustomerId(UUID(int=5)), "x", by())
    assert await desk.run_jobs() >= 1
    assert await desk.database.pool.fetchval("SELECT count(*) FROM verdicts WHERE subject = 'order'") == 1
    row = await desk.database.pool.fetchrow("SELECT status, blocked_reason FROM customers WHERE id = $1", customer)
    assert (row["status"], row["blocked_reason"]) == ("blocked", "b")
    async with desk.database.transaction() as connection:
        for _ in range(2):
            assert await unblock(connection, desk.store_id, customer, by())
    assert await desk.database.pool.fetchval("SELECT status FROM customers WHERE id = $1", customer) == "vip"


async def test_an_open_case_feels_an_entry_that_fits_it_and_its_removal(desk: Desk) -> None:
    await desk.rules(rule(REVIEW))
    case = await desk.reviewed("1", email="Ann.Smith@gmail.com", browser_ip="203.0.113.9")
    other = await desk.reviewed("2", browser_ip="198.51.100.1")
    before = await desk.database.pool.fetchval("SELECT count(*) FROM verdicts")
    async with desk.database.transaction() as connection:
        wanted = NewEntry(list="block", kind="ip", value="203.0.113.0/24")
        entry, _ = await add_entry(connection, desk.store_id, wanted, "user:1")
    await desk.run_jobs(even_later=True)
    assert (await advice_of(desk, case.subject_id), await advice_of(desk, other.subject_id)) == ("decline", "review")
    assert await desk.database.pool.fetchval("SELECT count(*) FROM verdicts") == before + 1
    renewed = await desk.case_of(case.subject_id)
    assert renewed is not None
    assert (renewed.id, renewed.advice) == (case.id, "decline")
    async with desk.database.transaction() as connection:
        assert await take_off(connection, desk.store_id, [entry.id], "user:1") == [entry.id]
    await desk.run_jobs(even_later=True)
    assert await advice_of(desk, case.subject_id) == "review"
    assert await desk.database.pool.fetchval("SELECT count(*) FROM verdicts") == before + 2


async def test_an_entry_of_another_store_is_felt_by_nobody_here(desk: Desk, database: Database) -> None:
    from shopwarden.store.stores import create_store

    await desk.rules(rule(REVIEW))
    case = await desk.reviewed("1", browser_ip="203.0.113.9")
    other = StoreId(await create_store(database, name="Other", shop_domain="other.example"))
    async with database.transaction() as connection:
        await add_entry(connection, other, NewEntry(list="block", kind="ip", value="203.0.113.9/32"), "user:1")
    await desk.run_jobs(even_later=True)
    stored = await desk.judge(case.subject_id)
    assert stored.facts.lists == ()
