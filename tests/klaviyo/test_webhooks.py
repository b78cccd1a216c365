"""Webhooks of Klaviyo: made where the account may have them, put right when they changed, and taken in once each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.datastructures import State

from shopwarden.api.problems import EXCEPTION_HANDLERS
from shopwarden.domain.signing import hmac_hex
from shopwarden.ingest.webhooks import HANDLERS
from shopwarden.pipeline import process_webhook
from shopwarden.settings import Settings
from tests.klaviyo.conftest import Account, Shop

SECRET = "klaviyo_secret_0123"
STATUS = "SELECT detail, last_error FROM sync_cursors WHERE store_id = $1 AND stream = 'webhooks'"


@pytest.fixture
async def hooked(shop: Shop) -> Shop:
    shop.tools.public_url = "https://shopwarden.example"
    shop.tools.defaults = {"klaviyo": {"private_key": "pk_one", "webhook_secret": SECRET}}
    return shop


@pytest.fixture
async def door(hooked: Shop) -> AsyncIterator[httpx.AsyncClient]:
    state = State({"database": hooked.database, "settings": Settings(), "vendor_tools": hooked.tools})
    app = Litestar(HANDLERS, state=state, exception_handlers=EXCEPTION_HANDLERS, openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client


async def send(door: httpx.AsyncClient, shop: Shop, topic: str, events: list[dict[str, Any]]) -> httpx.Response:
    """Delivered and processed."""
    data = [{"external_id": each["id"], "topic": f"event:klaviyo.{topic}", "payload": {"data": each}} for each in events]
    body = msgspec.json.encode({"data": data, "meta": {"klaviyo_webhook_id": "w1"}})
    stamp = format_datetime(datetime.now(UTC), usegmt=True)
    signed = hmac_hex(SECRET, body + stamp.encode())
    headers = {"klaviyo-timestamp": stamp, "klaviyo-signature": signed, "klaviyo-webhook-id": "w1"}
    answer = await door.post(f"/webhooks/klaviyo/{shop.store_id}", content=body, headers=headers)
    for row in await shop.rows("SELECT id FROM inbox WHERE store_id = $1 ORDER BY id"):
        async with shop.database.transaction() as connection:
            await process_webhook(connection, shop.store_id, UUID(str(row["id"])))
    return answer


async def told(shop: Shop) -> str:
    (row,) = await shop.rows(STATUS)
    return str(row["last_error"] or row["detail"]["told"])


async def test_webhooks_are_made_once_and_put_right_when_the_secret_changed(account: Account, hooked: Shop) -> None:
    await hooked.run("webhooks")
    (made,) = (await account.ask("GET"))["webhooks"]
    assert made["url"] == f"https://shopwarden.example/webhooks/klaviyo/{hooked.store_id}"
    assert "event:klaviyo.opened_email" in made["topics"]
    assert "were made for" in await told(hooked)
    await hooked.run("webhooks")
    assert "are there" in await told(hooked)
    assert len(await account.calls("/api/webhooks", "PATCH")) == 0
    hooked.tools.defaults = {"klaviyo": {"private_key": "pk_one", "webhook_secret": SECRET + "4"}}
    await hooked.run("webhooks")
    assert "put right" in await told(hooked)
    assert len((await account.ask("GET"))["webhooks"]) == 1


async def test_an_account_without_webhooks_is_polled_and_says_so(account: Account, hooked: Shop) -> None:
    await account.ask("POST", webhooks=False)
    await hooked.run("webhooks")
    assert "it is polled" in await told(hooked)


async def test_a_refused_key_is_not_taken_for_a_small_plan(account: Account, hooked: Shop) -> None:
    await account.ask("POST", key="pk_other")
    await hooked.run("webhooks")
    assert await told(hooked) == "Klaviyo refuses the credentials (HTTP 401, not_authenticated)"


async def test_without_a_public_address_none_are_made(account: Account, hooked: Shop) -> None:
    hooked.tools.public_url = ""
    await hooked.run("webhooks")
    assert "public https address" in await told(hooked)
    assert await account.calls("/api/webhooks") == []


async def test_an_event_counts_once_by_webhook_and_by_polling(
    account: Account, hooked: Shop, door: httpx.AsyncClient
) -> None:
    identity = await account.profile(email="twice@example.com")
    event = (await account.ask("POST", "/events", metric="Opened Email", profile=identity, webhooks=False))["event"]
    answer = await send(door, hooked, "opened_email", [event])
    assert (answer.status_code, answer.json()) == (200, {"outcome": "kept"})
    await hooked.read("events", "profiles")
    await send(door, hooked, "opened_email", [event])
    (row,) = [row for row in await hooked.engagements() if row["profile_id"] == identity]
    assert row["opened"] == 1
    activities = await hooked.rows(
        "SELECT c.email FROM customer_activities a JOIN customers c ON c.store_id = $1 AND c.id = a.customer_id"
        " WHERE a.store_id = $1 AND activity_type = 'email_open' AND activity_data ->> 'profile_id' = $2",
        identity,
    )
    assert [row["email"] for row in activities] == ["twice@example.com"]


async def test_a_webhook_of_consent_outdoes_only_what_is_older(
    account: Account, hooked: Shop, door: httpx.AsyncClient
) -> None:
    identity = await account.profile(
        email="left@example.com",
        subscriptions={"email": {"marketing": {"consent": "SUBSCRIBED", "can_receive_email_marketing": True}}},
    )
    await hooked.read("profiles")
    left = {"metric": "Unsubscribed from Email Marketing", "profile": identity, "webhooks": False}
    event = (await account.ask("POST", "/events", **left))["event"]
    await send(door, hooked, "unsubscribed_from_email_marketing", [event])
    consent = "SELECT consent, can_receive FROM consents WHERE store_id = $1 AND profile_id = $2 AND channel = 'email'"
    assert await hooked.rows(consent, identity) == [{"consent": "unsubscribed", "can_receive": False}]
    earlier = {"metric": "Subscribed to Email Marketing", "profile": identity, "webhooks": False}
    old = (await account.ask("POST", "/events", at="2026-11-01T00:00:00+00:00", **earlier))["event"]
    await send(door, hooked, "subscribed_to_email_marketing", [old])
    assert await hooked.rows(consent, identity) == [{"consent": "unsubscribed", "can_receive": False}]


async def test_a_wrong_signature_is_refused(account: Account, hooked: Shop, door: httpx.AsyncClient) -> None:
    headers = {"klaviyo-timestamp": format_datetime(datetime.now(UTC), usegmt=True), "klaviyo-signature": "00"}
    answer = await door.post(f"/webhooks/klaviyo/{hooked.store_id}", content=b"{}", headers=headers)
    assert answer.status_code == 401
    assert await hooked.rows("SELECT 1 FROM inbox WHERE store_id = $1") == []
