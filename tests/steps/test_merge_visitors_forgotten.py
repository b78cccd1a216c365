"""A person who is forgotten is forgotten in every visitor merged with theirs."""

from __future__ import annotations

from uuid import UUID

from shopwarden.steps.merge_visitors import Wanted, merge_visitors
from shopwarden.store.database import Database
from shopwarden.store.forgetting import forget
from shopwarden.store.privacy import Subject
from tests.api.rows import add_customer
from tests.ingest.sending import LOOKUP, collecting, page
from tests.steps.visitor_rows import at


async def test_what_was_merged_with_the_person_goes_too(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        for name, ip, minute in (("whole", "81.2.69.142", 0), ("theirs", "8.8.8.8", 5), ("stranger", "1.1.1.1", 6)):
            await sender.post("page", page(name, "/secret", timestamp=at(minute), context={"ip": ip}))
    rows = dict(await database.pool.fetch("SELECT anonymous_id, id FROM visitors"))
    jane = await add_customer(database, store_id, email="jane@example.com")
    await database.pool.execute("UPDATE visitors SET customer_id = $1 WHERE anonymous_id = 'theirs'", jane)
    wanted = Wanted(store_id=store_id, visitor_id=rows["whole"], other_id=rows["theirs"], reason=None, key_id=None)  # type: ignore[arg-type]
    await merge_visitors(database, wanted, LOOKUP)
    subject = Subject(customer_ids=(jane,), order_ids=(), texts=("jane@example.com",), shopify_ids=())  # type: ignore[arg-type]
    async with database.transaction() as connection:
        await forget(connection, store_id, subject)  # type: ignore[arg-type]
    kept = await database.pool.fetch("SELECT visitor_id FROM customer_activities")
    assert [row["visitor_id"] for row in kept] == [rows["stranger"]]
    assert [str(row["ip"]) for row in await database.pool.fetch("SELECT ip FROM visitor_ips")] == ["1.1.1.1"]
    assert await database.pool.fetchval("SELECT count(*) FROM visitors WHERE ip IS NOT NULL") == 1
    assert await database.pool.fetchval("SELECT count(*) FROM sessions WHERE entry_page IS NOT NULL") == 1
