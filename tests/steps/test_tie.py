"""Promises of identify: who a visitor says it is becomes a customer, tied to the visitor, its events and its addresses."""

from __future__ import annotations

from uuid import UUID

from shopwarden.contracts.job import WEBHOOK_PROCESSING
from shopwarden.store.database import Database
from shopwarden.work import drain, process_webhook
from tests.ingest.sending import activities, collecting, one_visitor, page, track

ANN = {"anonymousId": "anon-1", "userId": "7", "traits": {"email": " Ann@Example.com", "firstName": "Ann"}}


async def settle(database: Database) -> None:
    async def nothing(*_: object) -> None:
        """Scoring has tests of its own."""

    endings = await drain(database, {WEBHOOK_PROCESSING: process_webhook, "risk-analysis": nothing})
    assert endings
    assert set(endings) == {"done"}


async def test_a_visitor_who_says_who_it_is_becomes_a_customer_with_its_past(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("page", page(context={"ip": "81.2.69.142"}))
        await sender.post("identify", ANN)
        await settle(database)
        await sender.post("page", page(path="/after", context={"ip": "81.2.69.143"}))
    customer = await database.pool.fetchrow("SELECT * FROM customers")
    assert (customer["email"], customer["first_name"]) == ("ann@example.com", "Ann")
    assert (await one_visitor(database))["customer_id"] == customer["id"]
    assert {row["customer_id"] for row in await activities(database)} == {customer["id"]}
    addresses = await database.pool.fetch("SELECT ip_address, country_code, activity_count FROM customer_ips ORDER BY 1")
    used = {row["ip_address"]: row["country_code"] for row in addresses}
    assert used["81.2.69.142"] == used["81.2.69.143"] == "GB"


async def test_two_visitors_of_one_person_meet_in_one_customer(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("identify", ANN)
        await sender.post("identify", ANN | {"anonymousId": "phone"})
        await settle(database)
    assert await database.pool.fetchval("SELECT count(*) FROM customers") == 1
    owners = await database.pool.fetch("SELECT DISTINCT customer_id FROM visitors")
    assert len(owners) == 1


async def test_an_address_used_as_user_id_is_the_same_person_as_the_address(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("identify", {"anonymousId": "a", "userId": "ann@example.com"})
        await sender.post("track", track("Checkout Started", "b", properties={"email": "Ann@example.com"}))
        await settle(database)
    assert [row["email"] for row in await database.pool.fetch("SELECT email FROM customers")] == ["ann@example.com"]
    assert await database.pool.fetchval("SELECT count(*) FROM identities") == 2


async def test_a_claim_that_names_nobody_makes_nobody(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("track", track("Checkout Started", properties={"email": "not an address"}))
        await settle(database)
    assert await database.pool.fetchval("SELECT count(*) FROM customers") == 0
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_same_claim_on_every_page_view_is_looked_into_once(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        for _ in range(5):
            await sender.post("identify", ANN)
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 1
