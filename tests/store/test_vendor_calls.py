"""Money: set aside before a call, never more than the budget however many ask at once, given back on its own day."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.store.vendor_calls import (
    Budget,
    Ended,
    count_call,
    count_days,
    delete_old_calls,
    end_call,
    keep_breaker_answer,
    keep_breaker_fault,
    locked_breaker,
    take_probe,
    within_budget,
)

NOW = datetime.now(UTC)
PRICE = Decimal("0.03")


async def spend(database, store_id, budget: Budget, price: Decimal = PRICE) -> bool:
    async with database.transaction() as connection:
        if not await within_budget(connection, store_id, "acme", price, budget):
            return False
        await asyncio.sleep(0.002)
        await count_call(connection, store_id, "acme", "acme.ip", price)
        return True


async def spent(database, store_id) -> Decimal:
    return await database.pool.fetchval("SELECT coalesce(sum(cost), 0) FROM vendor_days WHERE store_id = $1", store_id)


@pytest.fixture
async def account(database, store_id):
    await database.pool.execute(
        "INSERT INTO vendor_accounts (store_id, vendor, created_at, updated_at) VALUES ($1, 'acme', now(), now())", store_id
    )


@pytest.mark.parametrize("budget", [Budget(daily=Decimal("0.20")), Budget(monthly=Decimal("0.20"))])
async def test_calls_at_once_never_overspend(database, store_id, account, budget):
    done = await asyncio.gather(*(spend(database, store_id, budget) for _ in range(25)))
    assert sum(done) == 6
    assert await spent(database, store_id) == Decimal("0.18")


async def test_yesterday_counts_for_the_month_only(database, store_id, account):
    await spend(database, store_id, Budget())
    await database.pool.execute(
        "UPDATE vendor_days SET day = CASE WHEN extract(day FROM day) > 1 THEN day - 1 ELSE day + 1 END"
    )
    assert await spend(database, store_id, Budget(daily=PRICE))
    assert not await spend(database, store_id, Budget(monthly=2 * PRICE))


async def test_last_month_counts_for_nothing(database, store_id, account):
    await spend(database, store_id, Budget())
    await database.pool.execute("UPDATE vendor_days SET day = date_trunc('month', day)::date - 1")
    assert await spend(database, store_id, Budget(daily=PRICE, monthly=PRICE))


async def test_what_costs_nothing_is_never_over_budget(database, store_id, account):
    assert await spend(database, store_id, Budget(daily=Decimal(0)), Decimal(0))
    assert not await spend(database, store_id, Budget(daily=Decimal(0)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(st.tuples(st.integers(1, 50), st.booleans()), max_size=12), limit=st.integers(0, 200))
async def test_what_is_kept_is_the_price_of_what_was_charged(database, store_id, account, calls, limit):
    await database.pool.execute("DELETE FROM vendor_days")
    budget, charged = Budget(daily=Decimal(limit) / 100), Decimal(0)
    for cents, is_charged in calls:
        price = Decimal(cents) / 100
        async with database.transaction() as connection:
            fits = await within_budget(connection, store_id, "acme", price, budget)
            assert fits == (charged + price <= Decimal(limit) / 100)
            if not fits:
                continue
            day = await count_call(connection, store_id, "acme", "acme.ip", price)
            cost = price if is_charged else Decimal(0)
            ended = Ended("acme", "acme.ip", day, "answered" if is_charged else "auth", 5, cost, price - cost)
            await end_call(connection, store_id, ended)
        charged += cost
    assert await spent(database, store_id) == charged


async def test_counters_and_the_log_say_how_calls_ended(database, store_id):
    async with database.pool.acquire() as connection:
        day = await count_call(connection, store_id, "acme", "acme.ip", PRICE)
        await count_call(connection, store_id, "acme", "acme.ip", PRICE)
        await end_call(connection, store_id, Ended("acme", "acme.ip", day, "answered", 12, PRICE, status=200))
        await end_call(
            connection, store_id, Ended("acme", "acme.ip", day, "quota", 7, Decimal(0), PRICE, detail="no\0 more")
        )
        await count_days(connection, store_id, "from_store", [("acme", "acme.ip"), ("acme", "acme.email")])
        with pytest.raises(ValueError, match="drop"):
            await count_days(connection, store_id, "drop", [("acme", "acme.ip")])
        row = await connection.fetchrow("SELECT * FROM vendor_days WHERE lookup = 'acme.ip'")
        assert (row["calls"], row["answered"], row["faults"], row["from_store"], row["cost"]) == (2, 1, 1, 1, PRICE)
        log = await connection.fetch("SELECT outcome, status, milliseconds, detail FROM vendor_calls ORDER BY milliseconds")
        assert [tuple(each) for each in log] == [("quota", None, 7, "no more"), ("answered", 200, 12, None)]
    assert await delete_old_calls(database, NOW - timedelta(days=1)) == 0
    assert await delete_old_calls(database, NOW + timedelta(days=1)) == 2


async def test_every_process_sees_the_breaker_and_only_one_tries_the_vendor(database, store_id):
    until = NOW - timedelta(seconds=1)
    async with database.transaction() as connection:
        row = await locked_breaker(connection, store_id, "acme")
        assert (row.faults, row.open_until) == (0, None)
        opened = type(row)(faults=5, open_until=until)
        await keep_breaker_fault(connection, store_id, "acme", opened, ("timeout", "did not answer"))

    async def try_it() -> bool:
        async with database.pool.acquire() as connection:
            return await take_probe(connection, store_id, "acme", until, NOW + timedelta(seconds=30))

    assert sum(await asyncio.gather(*(try_it() for _ in range(10)))) == 1
    async with database.pool.acquire() as connection:
        await keep_breaker_answer(connection, store_id, "acme")
        row = await locked_breaker(connection, store_id, "acme")
    assert (row.faults, row.open_until) == (0, None)


async def test_faults_at_once_are_all_counted(database, store_id):
    async def fail() -> None:
        async with database.transaction() as connection:
            row = await locked_breaker(connection, store_id, "acme")
            after = type(row)(faults=row.faults + 1)
            await keep_breaker_fault(connection, store_id, "acme", after, ("timeout", "x"))

    await asyncio.gather(*(fail() for _ in range(12)))
    assert await database.pool.fetchval("SELECT faults FROM vendor_accounts") == 12
