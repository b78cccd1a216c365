"""One purchase as the web pixel tells it: from Shopify's event objects through the pixel's own code into the tables."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.sources.segment.messages import Arrival, Tracked
from shopwarden.sources.segment.requests import read_request
from shopwarden.steps.assess import assess_order
from shopwarden.store.database import Database
from tests.ingest.sending import Sender, activities, collecting
from tests.sources.shopify_bodies import body_of
from tests.stories.shopify_shop import one, rows, send

PRINTS = Path(__file__).parents[2] / "tracker" / "web-pixel" / "test" / "print_purchase.ts"
CHECKOUT, CART = "5d1e9a77b3c24f0c8a6e2f9041d7be35", "hWN3xgQ8l2kq0zVh1Tb7nYcR"
CLIENT, SCRIPT = "3f2c8a4e-6f0b-4c57-9d55-0f4b3a1e9c71", "0e6f5d2a-1111-4222-8333-444455556666"

TOLD = [
    "page_view", "page_view", "product_list_view", "page_view", "search", "page_view", "product_view", "add_to_cart",
    "page_view", "cart_view", "page_view", "checkout_started", "checkout_step_completed", "checkout_step_completed",
    "checkout_step_completed", "payment_info_entered", "payment_failed", "payment_info_entered", "page_view",
    "order_completed",
]  # fmt: skip


def purchase(cookies: dict[str, str] | None = None) -> list[bytes]:
    """The bodies the pixel sends, one after the other."""
    node = Path(sys.executable).with_name("node")
    if not node.exists():
        pytest.skip("Node is not installed here: run `make browser`")
    ran = subprocess.run([node, PRINTS, json.dumps(cookies or {})], capture_output=True, check=True, timeout=60)
    sent: list[dict[str, str]] = json.loads(ran.stdout)
    assert {each["url"] for each in sent} == {"https://shopwarden.example.com/v1/batch"}
    return [each["body"].encode() for each in sent]


def read(bodies: list[bytes]) -> list[Tracked]:
    arrival = Arrival(received=time.time(), ip="198.51.100.7", user_agent="worker", from_browser=True)
    requests = [read_request("batch", body, None, arrival) for body in bodies]
    assert not [rejected for request in requests for rejected in request.rejected]
    return [event for request in requests for event in request.events]


async def deliver(sender: Sender, bodies: list[bytes]) -> None:
    for body in bodies:
        # Origin `null` and text/plain: what a request out of the sandbox looks like.
        reply = await sender.client.post(
            "/v1/batch",
            content=body.replace(b"sw_write", sender.key.encode()),
            headers={"Content-Type": "text/plain", "Origin": "null"},
        )
        assert reply.status_code == 200, reply.text
        assert reply.json() == {"success": True}


def test_every_event_is_read_as_the_activity_it_is() -> None:
    events = read(purchase())
    assert [event.activity for event in events] == TOLD
    assert not [event for event in events if b"unknown_event" in event.data or b"time_" in event.data]
    assert {event.anonymous_id for event in events} == {CLIENT}
    assert {event.screen for event in events} == {"1920x1080"}
    assert events[0].source == "spring"
    assert events[0].campaign.startswith("spring|email")
    assert {event.user_agent for event in events} != {"worker"}


def test_tokens_money_and_the_refused_payment_come_through() -> None:
    events = {event.activity: event for event in read(purchase({"cart": f"{CART}%3Fkey%3D1b"}))}
    assert events["checkout_started"].tokens == (("checkout", CHECKOUT), ("cart", CART))
    assert events["order_completed"].tokens == (("checkout", CHECKOUT), ("cart", CART))
    assert events["order_completed"].revenue == 54.15
    assert events["payment_failed"].payment == {"error_code": "payment_error", "value": "54.15", "currency": "USD"}
    assert events["checkout_started"].claim is not None
    assert events["checkout_started"].claim.email == "robin.fielding@example.com"
    assert events["checkout_started"].claim.kind == "checkout"
    assert CART not in events["checkout_started"].page, "whoever has a checkout's address can open it"


async def test_a_purchase_is_stored_once_with_its_way(database: Database, store_id: UUID) -> None:
    bodies = purchase()
    async with collecting(database, store_id) as sender:
        await deliver(sender, bodies)
        await deliver(sender, bodies)
    assert [row["activity_type"] for row in await activities(database)] == TOLD
    (session,) = await rows(database, StoreId(store_id), "sessions")
    # Home, collection, search, product, put in, basket, checkout, payment failed, checkout, ordered.
    assert session["path"] == "HCSP+BKFK$"
    (attempt,) = await rows(database, StoreId(store_id), "payment_attempts")
    assert attempt["checkout_token"] == CHECKOUT


async def test_pixel_and_script_together_are_one_visitor(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        landing: dict[str, Any] = {"type": "page", "anonymousId": SCRIPT, "properties": {"path": "/"}}
        assert (await sender.post("page", landing)).status_code == 200
        await deliver(sender, purchase({"sw_id": SCRIPT}))
    (visitor,) = await rows(database, StoreId(store_id), "visitors")
    assert visitor["anonymous_id"] == SCRIPT
    seen = [row["activity_type"] for row in await activities(database)]
    assert seen.count("page_view") == 1 + 2, "views in the theme are the script's, those in the checkout the pixel's"


async def test_the_order_of_the_same_checkout_is_this_visitor_s(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await deliver(sender, purchase())
    (visitor,) = await rows(database, StoreId(store_id), "visitors")
    placed = datetime.now(UTC).isoformat()
    tokens = {"checkout_token": CHECKOUT, "cart_token": None, "created_at": placed, "updated_at": placed}
    order = body_of("order_created_2026_07", **tokens)
    assert await send(database, StoreId(store_id), "orders/create", order) == "processed"
    (row,) = await rows(database, StoreId(store_id), "orders")
    async with database.transaction() as connection:
        await assess_order(connection, StoreId(store_id), row["id"], trigger="webhook", event_key="placed")
    joined = await one(database, StoreId(store_id), "orders")
    assert (joined["visitor_id"], joined["joined_by"]) == (visitor["id"], "checkout")
    assert joined["session_id"] is not None


async def test_two_pixels_at_once_are_stored_whole(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        other = [body.replace(CLIENT.encode(), b"client-2").replace(b'"shopify-', b'"two-') for body in purchase()]
        await asyncio.gather(deliver(sender, purchase()), deliver(sender, other))
    assert [session["path"] for session in await rows(database, StoreId(store_id), "sessions")] == ["HCSP+BKFK$"] * 2
