"""A signed delivery is kept once before it is answered; a wrong one leaves nothing but its count."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.store.database import Database
from tests.ingest.signed_source import BODY, DOMAIN, SECRET, SIGNATURE, SignedSettings, door, headers, sign

URL = "/webhooks/signed"


@pytest.fixture
async def shop(database: Database, store_id: UUID) -> UUID:
    await database.pool.execute("UPDATE stores SET shop_domain = $1", DOMAIN)
    return store_id


async def counts(database: Database) -> dict[str, int]:
    return {row["outcome"]: row["total"] for row in await database.pool.fetch("SELECT outcome, total FROM webhook_counts")}


async def rows(database: Database) -> tuple[int, int]:
    """How many deliveries, how many jobs."""
    pool = database.pool
    return await pool.fetchval("SELECT count(*) FROM inbox"), await pool.fetchval("SELECT count(*) FROM outbox")


async def test_a_good_delivery_is_kept_as_it_came_with_its_job(database: Database, shop: UUID) -> None:
    async with door(database) as client:
        answer = await client.post(URL, content=BODY, headers=headers(signed=SIGNATURE))
    assert (answer.status_code, answer.json()) == (200, {"outcome": "kept"})
    kept = await database.pool.fetchrow("SELECT * FROM inbox")
    assert (kept["store_id"], kept["body"], kept["topic"], kept["outcome"]) == (shop, BODY, "orders/create", "kept")
    job = await database.pool.fetchrow("SELECT * FROM outbox")
    assert (job["queue"], job["subject"], job["event"]) == ("webhook-processing", str(kept["id"]), "d-1")
    assert job["payload"] == {"inbox_id": str(kept["id"]), "source": "signed"}


async def test_deliveries_of_the_same_id_at_once_are_one(database: Database, shop: UUID) -> None:
    async with door(database) as client:
        answers = await asyncio.gather(*(client.post(URL, content=BODY, headers=headers()) for _ in range(8)))
    assert sorted(answer.json()["outcome"] for answer in answers) == ["duplicate"] * 7 + ["kept"]
    assert await rows(database) == (1, 1)
    assert await counts(database) == {"kept": 1, "duplicate": 7}


async def test_without_a_delivery_id_the_same_bytes_are_the_same_delivery(database: Database, shop: UUID) -> None:
    async with door(database) as client:
        outcomes = [
            (await client.post(URL, content=body, headers=headers(body, delivery=None))).json()["outcome"]
            for body in (BODY, BODY, b"{}")
        ]
    assert outcomes == ["kept", "duplicate", "kept"]


@pytest.mark.parametrize("wrong", [sign(BODY, "other"), sign(BODY + b" "), "", "é", "x" * 10_000, None])
async def test_a_wrong_signature_is_401_and_leaves_nothing(database: Database, shop: UUID, wrong: str | None) -> None:
    sent = {name.encode(): value.encode("latin-1") for name, value in headers(signed=wrong).items()}
    async with door(database) as client:
        answer = await client.post(URL, content=BODY, headers=list(sent.items()))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "X-Signed"
    assert await rows(database) == (0, 0)
    assert await counts(database) == {"bad_signature": 1}


async def test_unknown_topics_are_kept_and_counted_without_a_job(database: Database, shop: UUID) -> None:
    async with door(database) as client:
        answer = await client.post(URL, content=BODY, headers=headers(topic="themes/publish"))
    assert answer.json() == {"outcome": "unsupported_topic"}
    assert await rows(database) == (1, 0)
    assert await counts(database) == {"unsupported_topic": 1}


async def test_two_deliveries_of_one_event_are_both_kept_and_said(database: Database, shop: UUID) -> None:
    async with door(database) as client:
        for delivery in ("d-1", "d-2"):
            await client.post(URL, content=BODY, headers=headers(delivery=delivery))
    assert await rows(database) == (2, 2)
    assert await counts(database) == {"kept": 2, "repeated_event": 1}


async def test_old_and_own_secrets_count_too(database: Database, shop: UUID) -> None:
    await database.pool.execute("UPDATE stores SET settings = $1", {"webhook_secret": "own"})
    both = SignedSettings(signed_api_secret="new", signed_api_secret_previous="old")
    async with door(database, both) as client:
        for number, secret in enumerate(("new", "old", "own", "none")):
            sent = headers(delivery=str(number), signed=sign(BODY, secret))
            answer = await client.post(URL, content=BODY, headers=sent)
            assert answer.status_code == (401 if secret == "none" else 200)


async def test_without_any_secret_it_says_what_to_set(database: Database, shop: UUID) -> None:
    async with door(database, SignedSettings()) as client:
        answer = await client.post(URL, content=BODY, headers=headers(signed=sign(BODY, "")))
    assert answer.status_code == 401
    assert "SIGNED_API_SECRET" in answer.json()["detail"]


async def test_the_only_store_takes_the_domain_of_its_first_webhook(database: Database, store_id: UUID) -> None:
    async with door(database) as client:
        assert (await client.post(URL, content=BODY, headers=headers())).status_code == 200
        other = await client.post(URL, content=BODY, headers=headers(shop="other.example", delivery="d-2"))
    assert await database.pool.fetchval("SELECT shop_domain FROM stores") == DOMAIN
    assert other.status_code == 404
    assert await rows(database) == (1, 1)


async def test_a_configured_domain_keeps_others_out(database: Database, store_id: UUID) -> None:
    bound = SignedSettings(signed_api_secret=SECRET, signed_store_domain="mine.myshopify.com")
    async with door(database, bound) as client:
        assert (await client.post(URL, content=BODY, headers=headers())).status_code == 404
        mine = headers(shop="MINE.myshopify.com")
        assert (await client.post(URL, content=BODY, headers=mine)).json() == {"outcome": "kept"}


async def test_bad_requests_say_what_is_wrong(database: Database, shop: UUID) -> None:
    async with door(database) as client:
        unknown = await client.post("/webhooks/nobody", content=BODY, headers=headers())
        no_topic = await client.post(URL, content=BODY, headers=headers(topic=None))
        long = await client.post(URL, content=BODY, headers=headers(topic="x" * 300))
        huge = await client.post(URL, content=b"x" * (5 * 1024 * 1024 + 1), headers=headers())
    assert (unknown.status_code, no_topic.status_code, long.status_code, huge.status_code) == (404, 400, 400, 413)
    assert no_topic.json()["errors"][0]["field"] == "X-Topic"
    assert long.json()["errors"][0]["field"] == "topic"
    assert await rows(database) == (0, 0)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=300), topic=st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=300))
async def test_no_signed_bytes_break_it(database: Database, shop: UUID, body: bytes, topic: str) -> None:
    sent = {name: value.encode("latin-1") for name, value in headers(body, delivery=None).items()}
    sent["x-topic"] = topic.replace("\r", "").replace("\n", "").encode("latin-1")
    async with door(database) as client:
        answer = await client.post(URL, content=body, headers=list(sent.items()))
    assert answer.status_code in (200, 400)
