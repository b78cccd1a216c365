"""Imported customers are judged too, patiently; what waits twice for one customer is judged once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from shopwarden.contracts.job import RISK_ANALYSIS
from shopwarden.errors import SkipError
from shopwarden.pipeline import assess
from shopwarden.steps.assess_listed import AT_ONCE, assess_listed
from shopwarden.steps.import_customers import import_batch
from shopwarden.store.database import Database
from shopwarden.store.outbox import put
from shopwarden.work import drain


def lines(many: int) -> list[tuple[int, bytes]]:
    return [(n, msgspec.json.encode({"email": f"buyer{n}@example.com", "first_name": "Jo"})) for n in range(1, many + 1)]


async def due_now(database: Database) -> None:
    await database.pool.execute("UPDATE outbox SET run_after = run_after - interval '1 minute'")


async def counted(database: Database, store_id: UUID) -> tuple[int, int]:
    row = await database.pool.fetchrow(
        "SELECT count(*) AS verdicts, count(DISTINCT subject_id) AS customers FROM verdicts WHERE store_id = $1", store_id
    )
    return row["verdicts"], row["customers"]


async def test_every_imported_customer_is_judged_once(database: Database, store_id: UUID) -> None:
    many = 2 * AT_ONCE + 3
    await import_batch(database, store_id, lines(many), "manual", datetime.now(UTC))
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 2
    await due_now(database)
    while await drain(database):
        await due_now(database)
    assert await counted(database, store_id) == (many, many)
    await import_batch(database, store_id, lines(1), "manual", datetime.now(UTC))
    await due_now(database)
    await drain(database)
    assert await counted(database, store_id) == (many + 1, many)


async def test_a_list_lets_what_just_happened_pass(database: Database, store_id: UUID) -> None:
    results = await import_batch(database, store_id, lines(2), "manual", datetime.now(UTC))
    ids = [str(result.id) for result in results]
    await database.pool.execute("DELETE FROM outbox")
    async with database.transaction() as connection:
        await put(connection, store_id, RISK_ANALYSIS, "order:1", "fresh", {"subject": "order", "id": ids[0]})
    async with database.transaction() as connection:
        payload: dict[str, object] = {"subject": "customers", "ids": ids, "event_key": "import:1", "trigger": "import"}
        await assess_listed(None, connection, store_id, payload)
    assert await counted(database, store_id) == (0, 0)
    row = await database.pool.fetchrow("SELECT payload, run_after FROM outbox WHERE subject = 'customers'")
    assert row["payload"]["ids"] == ids
    assert row["run_after"] > datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize("payload", [{}, {"ids": "x"}, {"ids": ["not an id"]}])
async def test_a_list_of_nobody_is_skipped(database: Database, store_id: UUID, payload: dict[str, object]) -> None:
    async with database.transaction() as connection:
        with pytest.raises(SkipError, match="ids"):
            await assess_listed(None, connection, store_id, payload)


async def test_a_customer_who_waits_twice_is_judged_by_the_later_job(database: Database, store_id: UUID) -> None:
    (result,) = await import_batch(database, store_id, lines(1), "manual", datetime.now(UTC))
    await database.pool.execute("DELETE FROM outbox")
    job: dict[str, object] = {"subject": "customer", "id": str(result.id), "trigger": "webhook"}
    async with database.transaction() as connection:
        await put(connection, store_id, RISK_ANALYSIS, f"customer:{result.id}", "b", {**job, "event_key": "b"})
    async with database.transaction() as connection:
        await assess(None, connection, store_id, {**job, "event_key": "a"})
    assert await counted(database, store_id) == (0, 0)
    await drain(database)
    assert await counted(database, store_id) == (1, 1)
