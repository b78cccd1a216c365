"""What an analyst decides goes before every verdict in the shop: holds let go or kept, tags, cancellations."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from shopwarden.domain.case import Decision, ReviewCase
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.cases import put_case
from shopwarden.store.shop_writes import WriteBack
from tests.shopify_app.conftest import Shop
from tests.shopify_data.test_write_back import BAD, GOOD, an_order, judged, wants, written


async def decided(tools: VendorTools, store_id: StoreId, order_id: UUID, decision: Decision, *, stands: bool = True) -> None:
    at = datetime.now(UTC)
    case = ReviewCase(
        id=new_id(), subject="order", subject_id=order_id, opened_by="advice", opened_at=at, updated_at=at, state="decided",
        decision=decision, reason_code="verified" if decision == "approve" else "stolen_card", decided_at=at,
        settled_at=at if stands else None,
    )  # fmt: skip
    async with tools.database.transaction() as connection:
        await put_case(connection, store_id, case)


async def kinds(shop: Shop, external_id: str) -> list[str]:
    writes = (await shop.ask("GET", "/writes", target=f"gid://shopify/Order/{external_id}"))["writes"]
    return [each["kind"] for each in writes]


async def test_an_approval_lets_the_order_go(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    await wants(tools, connected, WriteBack(hold="declined"))
    order_id, external_id = await an_order(tools, shop, connected)
    await judged(tools, connected, "order", order_id, BAD)
    await written(tools, connected, "order", order_id)
    assert "fulfillmentOrderHold" in await everything(shop)
    await decided(tools, connected, order_id, "approve")
    await written(tools, connected, "order", order_id)
    assert "fulfillmentOrderReleaseHold" in await everything(shop)
    assert "tagsRemove" in await kinds(shop, external_id)
    # A later verdict changes nothing of what a person decided.
    before = len(await everything(shop))
    await judged(tools, connected, "order", order_id, BAD)
    await written(tools, connected, "order", order_id)
    later = (await everything(shop))[before:]
    assert not {"fulfillmentOrderHold", "tagsAdd", "orderCancel"} & set(later)


async def everything(shop: Shop) -> list[str]:
    return [each["kind"] for each in (await shop.ask("GET", "/writes"))["writes"]]


async def test_a_decline_cancels_where_the_store_asks_for_it(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    await wants(tools, connected, WriteBack(cancel=True))
    order_id, external_id = await an_order(tools, shop, connected)
    await judged(tools, connected, "order", order_id, GOOD)
    await written(tools, connected, "order", order_id)
    assert "orderCancel" not in await kinds(shop, external_id)
    await decided(tools, connected, order_id, "decline")
    await written(tools, connected, "order", order_id)
    assert "orderCancel" in await kinds(shop, external_id)


async def test_a_decision_that_may_be_taken_back_is_not_written(tools: VendorTools, shop: Shop, connected: StoreId) -> None:
    await wants(tools, connected, WriteBack(cancel=True))
    order_id, external_id = await an_order(tools, shop, connected)
    await judged(tools, connected, "order", order_id, GOOD)
    await decided(tools, connected, order_id, "decline", stands=False)
    await written(tools, connected, "order", order_id)
    assert "orderCancel" not in await kinds(shop, external_id)
