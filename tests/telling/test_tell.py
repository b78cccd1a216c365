"""Vendors that learn hear of what happens in the shop: once, in its order, and only where they are connected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.domain.answers import RiskAnswer, Unanswered
from shopwarden.domain.events import VendorDecided
from shopwarden.domain.ids import StoreId
from shopwarden.sources import find_sources
from shopwarden.steps import tell
from shopwarden.steps.ask_vendors import ask_vendors, known_answers
from shopwarden.steps.happening_rows import happening_of
from shopwarden.steps.remember import remember
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection, Database
from shopwarden.work import drain, process_webhook
from tests.ingest.sending import track
from tests.sandbox.running import Sandbox
from tests.sources.shopify_bodies import CAPTURED
from tests.telling.stage import Recorder, collector, tools_of

AT = datetime(2026, 3, 1, tzinfo=UTC)
BODY = {**CAPTURED["orders/create"][0], "browser_ip": "81.2.69.142"}
ORDER = str(BODY["id"])


@dataclass
class Shop:
    """A store whose webhooks are told to whoever wants to hear, and a worker that does it."""

    database: Database
    store_id: StoreId
    tools: VendorTools
    recorder: Recorder

    async def webhook(self, topic: str, body: dict[str, Any]) -> int:
        """As the pipeline does it: remembered and told in one transaction. Answers how many tellings were put."""
        events = find_sources()["shopify"].translate(topic, json.dumps(body).encode(), AT)
        async with self.database.transaction() as connection:
            await remember(connection, self.store_id, events)
            return await tell.put_tellings(self.tools, connection, self.store_id, events)

    async def work(self) -> list[str]:
        """Does the jobs that are due, all at once; answers how they ended."""

        async def run(connection: Connection, store_id: StoreId, payload: Payload) -> None:
            if "tell" in payload:
                await tell.run(self.tools, connection, store_id, payload)

        async def nothing(connection: Connection, store_id: StoreId, payload: Payload) -> None:
            pass

        endings = await drain(self.database, {CUSTOMER_ENRICHMENT: run, "risk-analysis": nothing})
        await asyncio.gather(*self.tools.running)
        return [str(ending) for ending in endings]

    def told(self, vendor: str) -> list[str]:
        """What a vendor took, by its own names, in the order in which it came."""
        asks = [ask for ask, status in self.recorder.sent if f"/{vendor}/" in ask.url and status in (200, 404)]
        return [ask.name.partition(" ")[2] for ask in asks]

    async def jobs(self) -> int:
        count: int = await self.database.pool.fetchval("SELECT count(*) FROM outbox WHERE payload ? 'tell'")
        return count


@asynccontextmanager
async def opened(database: Database, store_id: UUID, url: str) -> AsyncIterator[Shop]:
    async with tools_of(database, url) as (tools, recorder):
        yield Shop(database, StoreId(store_id), tools, recorder)


@pytest.fixture
async def shop(database: Database, store_id: UUID, sandbox: Sandbox) -> AsyncIterator[Shop]:
    async with opened(database, store_id, sandbox.url) as made:
        yield made


def changed(**changes: Any) -> dict[str, Any]:
    return {**BODY, "updated_at": "2026-02-02T10:00:00Z", **changes}


async def test_an_order_is_told_to_all_who_want_to_hear(shop: Shop) -> None:
    assert await shop.webhook("orders/create", BODY) > 0
    await shop.work()
    assert len(shop.told("sift")) == len(shop.told("riskified")) == 1
    assert await shop.jobs() == 0
    calls = await shop.database.pool.fetch("SELECT vendor, lookup, outcome, made_up FROM vendor_calls ORDER BY vendor")
    assert [tuple(row) for row in calls] == [
        ("riskified", "riskified.tell", "answered", True),
        ("sift", "sift.tell", "answered", True),
    ]


async def test_the_same_happening_is_told_once_however_often_it_comes(shop: Shop) -> None:
    for _ in range(3):
        await shop.webhook("orders/create", BODY)
        await shop.work()
    assert len(shop.told("sift")) == 1


async def test_an_order_s_tellings_leave_in_their_order(shop: Shop) -> None:
    await shop.webhook("orders/create", BODY)
    await shop.webhook("orders/updated", changed(note="left at the door"))
    await shop.webhook("orders/updated", changed(updated_at="2026-02-03T10:00:00Z", cancelled_at="2026-02-03T10:00:00Z"))
    for _ in range(4):
        await shop.work()
        await shop.database.pool.execute("UPDATE outbox SET run_after = now() WHERE state = 'pending'")
    assert shop.told("riskified")[-2:] == ["update", "cancel"]
    assert shop.told("sift")[-1] == "$order_status"
    assert await shop.jobs() == 0


async def test_without_a_teller_connected_no_job_is_made(database: Database, store_id: UUID) -> None:
    async with opened(database, store_id, "") as shop:
        assert await shop.webhook("orders/create", BODY) == 0
        assert await shop.jobs() == 0


async def test_what_a_vendor_cannot_take_now_is_told_later(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.mode("sift", "error")
    await shop.webhook("orders/create", BODY)
    assert "retry" in await shop.work()
    assert await shop.jobs() == 1
    await sandbox.mode("sift", "ok")
    await shop.database.pool.execute("UPDATE outbox SET run_after = now()")
    assert await shop.work() == ["done"]
    failed = await shop.database.pool.fetchval("SELECT count(*) FROM vendor_calls WHERE outcome = 'unavailable'")
    assert failed == 1


async def test_a_refused_key_waits_for_a_person(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.secret("riskified", "another")
    await shop.webhook("orders/create", BODY)
    assert "dead" in await shop.work()
    assert await shop.database.pool.fetchval("SELECT payload ->> 'tell' FROM outbox WHERE state = 'dead'") == "riskified"


async def test_an_order_a_vendor_was_asked_about_is_not_told_again(shop: Shop) -> None:
    await shop.webhook("orders/create", BODY)
    async with shop.database.transaction() as connection:
        happening = await happening_of(connection, shop.store_id, {"kind": "order_created", "order": ORDER})
    assert happening is not None
    await ask_vendors(shop.tools, shop.store_id, happening.inquiry, lookups=["sift.score", "riskified.decide"])
    asked = len(shop.recorder.sent)
    await shop.work()
    assert len(shop.recorder.sent) == asked


async def decided(shop: Shop, source: str, status: str, opinion: Any, at: datetime) -> None:
    answer = RiskAnswer(status=status, opinion=opinion, reference=ORDER)
    event = VendorDecided(version=f"{at}|{status}", at=at, source=source, subject="order", external_id=ORDER, answer=answer)
    async with shop.database.transaction() as connection:
        await remember(connection, shop.store_id, [event])
    await shop.work()


async def answer_of(shop: Shop, key: str) -> RiskAnswer | None:
    async with shop.database.transaction() as connection:
        happening = await happening_of(connection, shop.store_id, {"kind": "order_created", "order": ORDER})
        assert happening is not None
        settled = await known_answers(shop.tools, connection, shop.store_id, happening.inquiry)
    known = settled.answers.get(key)
    found = known.answers[0] if known is not None and known.answers else None
    assert found is None or isinstance(found, RiskAnswer)
    return found


async def test_a_notification_becomes_the_fresh_answer_and_a_judgement(shop: Shop, sandbox: Sandbox) -> None:
    await shop.webhook("orders/create", BODY)
    await shop.work()
    await decided(shop, "riskified", "declined", "decline", datetime(2026, 3, 2, tzinfo=UTC))
    answer = await answer_of(shop, "riskified.decide")
    assert answer is not None
    assert (answer.opinion, answer.status) == ("decline", "declined")
    await decided(shop, "riskified", "submitted", None, datetime(2026, 3, 3, tzinfo=UTC))
    await decided(shop, "riskified", "approved", "approve", datetime(2026, 3, 1, tzinfo=UTC))
    assert await answer_of(shop, "riskified.decide") == answer, "neither a step back nor an older word changes it"


async def test_a_decision_puts_a_judgement_of_its_order(shop: Shop) -> None:
    await shop.webhook("orders/create", BODY)
    await shop.work()
    order_id = await shop.database.pool.fetchval("SELECT id FROM orders")
    put: list[Payload] = []

    async def keep(connection: Connection, store_id: StoreId, payload: Payload) -> None:
        put.append(payload)

    async def run(connection: Connection, store_id: StoreId, payload: Payload) -> None:
        await tell.run(shop.tools, connection, store_id, payload)

    answer = RiskAnswer(status="block_order", opinion="decline", reference="block_order")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    event = VendorDecided(version="v", at=at, source="sift", subject="order", external_id=ORDER, answer=answer)
    async with shop.database.transaction() as connection:
        await remember(connection, shop.store_id, [event])
    await drain(shop.database, {CUSTOMER_ENRICHMENT: run, "risk-analysis": keep})
    assert [(one["subject"], one["id"]) for one in put] == [("order", str(order_id))]


async def test_an_order_not_decided_in_time_is_handed_in_again(shop: Shop) -> None:
    await shop.webhook("orders/create", BODY)
    await shop.work()
    missing = {
        "riskified.decide": Unanswered(kind="timeout", sentence="late"),
        "sift.score": Unanswered(kind="budget", sentence="no money"),
    }
    async with shop.database.transaction() as connection:
        assert await tell.put_undecided(shop.tools, connection, shop.store_id, ORDER, missing) == 1
    await shop.work()
    assert shop.told("riskified")[-1] == "submit"


async def test_tellings_of_many_orders_are_each_told_once_by_workers_at_once(shop: Shop, database_url: str) -> None:
    for number in range(12):
        await shop.webhook("orders/create", {**BODY, "id": 9_000 + number, "name": f"#{number}"})
    # As many connections as three workers have: each job holds one, and needs one more while it asks.
    roomy = await Database.connect(database_url, largest=60)
    shop.tools.database = shop.database = roomy
    await asyncio.gather(*(shop.work() for _ in range(3)))
    for _ in range(2):
        await roomy.pool.execute("UPDATE outbox SET run_after = now() WHERE state = 'pending'")
        await shop.work()
    await roomy.close()
    assert len(shop.told("sift")) == len(shop.told("riskified")) == 12


async def test_what_visitors_put_into_their_carts_is_told(database: Database, store_id: UUID, sandbox: Sandbox) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, recorder):
        shop = Shop(database, StoreId(store_id), tools, recorder)
        boots = {"product_id": "31", "name": "Boots", "price": 99.9, "quantity": 2, "currency": "GBP"}
        await sender.post("track", track("Product Added", properties=boots, messageId="m-1"))
        await sender.post("track", track("Product Added", properties=boots, messageId="m-1"))
        await sender.post("track", track("Coupon Applied", properties={"coupon_name": "WELCOME"}))
        await sender.post("track", track("Product Viewed", properties=boots))
        for _ in range(2):
            await shop.work()
            await database.pool.execute("UPDATE outbox SET run_after = now() WHERE state = 'pending'")
    assert shop.told("sift") == ["$add_item_to_cart", "$add_promotion"]
    item = json.loads(recorder.sent[0][0].body or b"{}")["$item"]
    assert item == {
        "$item_id": "31", "$product_title": "Boots", "$price": 99_900_000, "$currency_code": "GBP", "$quantity": 2,
    }  # fmt: skip


async def test_a_visitor_who_says_who_it_is_is_linked(database: Database, store_id: UUID, sandbox: Sandbox) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, recorder):
        await sender.post("identify", {"anonymousId": "anon-1", "traits": {"email": "ann@example.com"}})
        shop = Shop(database, StoreId(store_id), tools, recorder)
        await drain(database, {"webhook-processing": partial(process_webhook, tools=tools)})
        await database.pool.execute("UPDATE outbox SET run_after = now()")
        await shop.work()
    assert shop.told("sift") == ["$link_session_to_user"]
    session_id = await database.pool.fetchval("SELECT id FROM sessions")
    assert json.loads(recorder.sent[-1][0].body or b"{}")["$session_id"] == str(session_id)
