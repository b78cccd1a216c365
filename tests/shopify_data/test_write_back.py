"""What a verdict sets off in the shop: each thing once, again only when it changed, holds and cancels only if asked for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shopwarden.domain.facts import CustomerFacts, DeviceFacts, Facts, IpFacts, OrderFacts, StoreFacts
from shopwarden.domain.ids import CustomerId, OrderId, StoreId, VerdictId, new_id
from shopwarden.domain.policy import DEFAULT_POLICY
from shopwarden.domain.verdict import Verdict, Weights
from shopwarden.errors import SkipError
from shopwarden.steps.judge import judge
from shopwarden.steps.shop_write import define, put_write, write
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.facts_rows import OrderLink
from shopwarden.store.shop_writes import WriteBack, keep_wanted
from shopwarden.store.verdict_writing import keep_customer_verdict, keep_order_verdict
from shopwarden.store.verdicts import NewVerdict, Subject
from tests.api.rows import add_customer, insert
from tests.shopify_app.conftest import Shop

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BAD = Facts(
    at=NOW,
    store=StoreFacts(),
    order=OrderFacts(total=Decimal(2500), currency="EUR"),
    customer=CustomerFacts(orders_count=0),
    ip=IpFacts(address="81.2.69.142", is_tor=True, is_hosting=True, recent_abuse=True),
    device=DeviceFacts(is_automated=True, seen_in_fraud=True),
)
GOOD = Facts(at=NOW, store=StoreFacts(), customer=CustomerFacts(seasoned_orders=9))


async def judged(tools: VendorTools, store_id: StoreId, subject: Subject, subject_id: UUID, facts: Facts) -> Verdict:
    """A verdict kept for the subject, as the pipeline keeps it."""
    verdict = judge(facts, Weights(review_at=20, decline_at=60))
    new = NewVerdict(
        id=VerdictId(new_id()), subject=subject, subject_id=subject_id, customer_id=None, trigger="webhook",
        event_key=str(new_id()), verdict=verdict, facts=facts, policy=DEFAULT_POLICY, created_at=datetime.now(UTC),
    )  # fmt: skip
    async with tools.database.transaction() as connection:
        if subject == "customer":
            new = msgspec.structs.replace(new, customer_id=CustomerId(subject_id))
            await keep_customer_verdict(connection, store_id, new)
        else:
            nowhere = OrderLink(
                order_id=OrderId(subject_id), visitor_id=None, session_id=None, device_id=None, joined_by=None
            )
            await keep_order_verdict(connection, store_id, new, nowhere)
    return verdict


async def written(tools: VendorTools, store_id: StoreId, subject: str, subject_id: UUID) -> None:
    async with tools.database.transaction() as connection:
        await write(tools, connection, store_id, {"shop": "write", "subject": subject, "id": str(subject_id)})


async def wants(tools: VendorTools, store_id: StoreId, wanted: WriteBack) -> None:
    async with tools.database.transaction() as connection:
        await keep_wanted(connection, store_id, wanted)


async def test_two_jobs_about_one_order_write_it_once(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    order_id, external_id = await an_order(tools, shop, connected)
    await judged(tools, connected, "order", order_id, BAD)
    await asyncio.gather(*(written(tools, connected, "order", order_id) for _ in range(3)))
    writes = (await shop.ask("GET", "/writes", target=f"gid://shopify/Order/{external_id}"))["writes"]
    assert sorted(each["kind"] for each in writes) == ["orderRiskAssessmentCreate", "tagsAdd"]


async def an_order(tools: VendorTools, shop: Shop, store_id: StoreId) -> tuple[UUID, str]:
    """An order the shop has and we know: our id and the shop's."""
    made = await shop.ask("POST", "/orders", order={}, webhooks=False)
    external_id = str(made["order"]["id"]).rsplit("/", 1)[-1]
    order_id = new_id()
    await insert(tools.database, "orders", {
        "store_id": store_id, "id": order_id, "external_id": external_id, "source": "shopify", "created_at": NOW,
        "updated_at": NOW, "version": "1",
    })  # fmt: skip
    return order_id, external_id


async def kinds(shop: Shop) -> list[str]:
    """What was written, in its order; several metafields of one call are one."""
    return [kind for kind, _ in groupby(one["kind"] for one in (await shop.ask("GET", "/writes"))["writes"])]


async def test_an_order_gets_its_assessment_and_tag_once(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    order_id, external_id = await an_order(tools, shop, connected)
    verdict = await judged(tools, connected, "order", order_id, BAD)
    assert verdict.advice == "decline"
    await written(tools, connected, "order", order_id)
    await written(tools, connected, "order", order_id)
    assert await kinds(shop) == ["orderRiskAssessmentCreate", "tagsAdd"]
    record: dict[str, Any] = await shop.ask("GET", f"/orders/{external_id}")
    assert "shopwarden: decline" in str(record)
    assert verdict.reasons[0].sentence in str(record)


async def test_a_changed_verdict_is_written_again_and_the_old_tag_goes(
    tools: VendorTools, shop: Shop, connected: StoreId
) -> None:
    order_id, external_id = await an_order(tools, shop, connected)
    await judged(tools, connected, "order", order_id, BAD)
    await written(tools, connected, "order", order_id)
    verdict = await judged(tools, connected, "order", order_id, GOOD)
    assert verdict.advice == "approve"
    await written(tools, connected, "order", order_id)
    assert (await kinds(shop))[2:] == ["orderRiskAssessmentCreate", "tagsRemove"]
    assert "shopwarden: decline" not in str((await shop.ask("GET", f"/orders/{external_id}"))["order"]["tags"])


async def test_an_order_is_held_and_let_go_only_where_the_store_asks(
    tools: VendorTools, shop: Shop, connected: StoreId
) -> None:
    order_id, external_id = await an_order(tools, shop, connected)
    only_holds = WriteBack(assessment=False, tags=False, hold="declined")
    await wants(tools, connected, only_holds)
    await judged(tools, connected, "order", order_id, BAD)
    await written(tools, connected, "order", order_id)
    assert await kinds(shop) == ["fulfillmentOrderHold"]
    assert "HIGH_RISK_OF_FRAUD" in str(await shop.ask("GET", f"/orders/{external_id}"))
    await judged(tools, connected, "order", order_id, GOOD)
    await written(tools, connected, "order", order_id)
    assert await kinds(shop) == ["fulfillmentOrderHold", "fulfillmentOrderReleaseHold"]
    assert "HIGH_RISK_OF_FRAUD" not in str(await shop.ask("GET", f"/orders/{external_id}"))


async def test_an_order_is_cancelled_only_where_the_store_asks(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    order_id, external_id = await an_order(tools, shop, connected)
    await judged(tools, connected, "order", order_id, BAD)
    await written(tools, connected, "order", order_id)
    assert "orderCancel" not in await kinds(shop)
    await wants(tools, connected, WriteBack(cancel=True))
    await written(tools, connected, "order", order_id)
    await written(tools, connected, "order", order_id)
    assert (await kinds(shop)).count("orderCancel") == 1
    record = (await shop.ask("GET", f"/orders/{external_id}"))["order"]
    assert record["cancelledAt"]


async def test_a_customer_gets_metafields_again_only_when_something_changed(
    tools: VendorTools, shop: Shop, connected: StoreId
) -> None:
    made = await shop.ask("POST", "/customers", customer={}, webhooks=False)
    shopify_id = str(made["customer"]["id"]).rsplit("/", 1)[-1]
    customer_id = await add_customer(tools.database, connected, shopify_id=shopify_id, lifetime_value=Decimal("123.45"))
    await judged(tools, connected, "customer", customer_id, BAD)
    for _ in range(2):
        await written(tools, connected, "customer", customer_id)
    assert await kinds(shop) == ["metafieldsSet", "tagsAdd"]
    record = str(await shop.ask("GET", f"/customers/{shopify_id}"))
    assert "fraud_analysis" in record
    assert "123.45" in record
    await judged(tools, connected, "customer", customer_id, GOOD)
    await written(tools, connected, "customer", customer_id)
    assert await kinds(shop) == ["metafieldsSet", "tagsAdd", "metafieldsSet", "tagsRemove"]


async def test_what_the_shop_refuses_is_kept_with_its_reason_and_not_asked_again(
    tools: VendorTools, shop: Shop, connected: StoreId
) -> None:
    order_id = new_id()
    await insert(tools.database, "orders", {
        "store_id": connected, "id": order_id, "external_id": "404404", "source": "shopify", "created_at": NOW,
        "updated_at": NOW, "version": "1",
    })  # fmt: skip
    await judged(tools, connected, "order", order_id, BAD)
    await written(tools, connected, "order", order_id)
    heard = await shop.calls("graphql")
    await written(tools, connected, "order", order_id)
    assert await shop.calls("graphql") == heard
    errors = await tools.database.pool.fetch("SELECT what, last_error FROM shop_writes ORDER BY what")
    assert [row["what"] for row in errors if row["last_error"]] == ["assessment", "tags"]


async def test_definitions_are_made_once_and_may_be_there_already(
    tools: VendorTools, shop: Shop, connected: StoreId
) -> None:
    async with tools.database.transaction() as connection:
        for _ in range(2):
            await define(tools, connection, connected, {"shop": "define"})
    assert len((await shop.ask("GET"))["definitions"]) == 3


async def test_without_a_shop_nothing_is_put_and_nothing_written(tools: VendorTools, store_id: UUID) -> None:
    async with tools.database.transaction() as connection:
        await put_write(connection, StoreId(store_id), "order", new_id())
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        with pytest.raises(SkipError):
            await write(tools, connection, StoreId(store_id), {"shop": "write", "subject": "order", "id": str(new_id())})
