"""A store's Klaviyo over the API: status, settings, reading at once, audiences, and a customer's consent and engagement."""

from __future__ import annotations

import httpx
import pytest

from shopwarden.settings import Settings
from shopwarden.store.stores import create_store
from tests.api.conftest import ClientFor, application, client, client_for, other_store
from tests.klaviyo.conftest import PROFILES, Account, Shop
from tests.sandbox.running import Sandbox

__all__ = ["application", "client", "client_for", "other_store"]


@pytest.fixture
def settings(sandbox: Sandbox) -> Settings:
    return Settings(
        rate_limit_per_minute=100_000,
        encryption_keys="the key of tests has thirty-two letters",
        sandbox_url=sandbox.url,
    )


async def test_the_status_tells_how_far_reading_came(account: Account, shop: Shop, client: httpx.AsyncClient) -> None:
    path = f"/api/stores/{shop.store_id}/klaviyo"
    before = (await client.get(path)).json()
    assert (before["connected"], before["made_up"], before["streams"]) == (True, True, [])
    assert (before["push"], before["forget"], before["webhooks"]) == (False, False, "not looked into yet")
    await shop.read("profiles")
    await shop.run("webhooks")
    await account.ask("POST", key="pk_other")
    await shop.run("sync", stream="events")
    after = (await client.get(path)).json()
    assert "it is polled" in after["webhooks"]
    streams = {each["stream"]: each for each in after["streams"]}
    assert (streams["profiles"]["read"], streams["profiles"]["under_way"]) == (PROFILES, False)
    assert streams["profiles"]["newest"] is not None
    assert "HTTP 401" in streams["events"]["last_error"]


async def test_settings_are_kept_and_what_is_unknown_is_refused(shop: Shop, client: httpx.AsyncClient) -> None:
    path = f"/api/stores/{shop.store_id}/klaviyo"
    changed = await client.put(path, json={"push": True})
    assert (changed.status_code, changed.json()["push"], changed.json()["forget"]) == (200, True, False)
    assert (await client.get(path)).json()["push"] is True
    wrong = await client.put(path, json={"pusch": True})
    assert wrong.status_code in (400, 422)
    assert "pusch" in wrong.text
    assert (await client.put(path, json={})).json()["push"] is False


async def test_reading_is_begun_at_once_and_once(shop: Shop, client: httpx.AsyncClient) -> None:
    path = f"/api/stores/{shop.store_id}/klaviyo/sync"
    begun = await client.post(path)
    assert (begun.status_code, begun.json()["work"][0]) == (202, "profiles")
    await client.post(path)
    jobs = await shop.rows("SELECT payload FROM outbox WHERE store_id = $1 AND payload ? 'klaviyo'")
    assert len(jobs) == len(begun.json()["work"]) == 5


async def test_lists_and_segments_are_shown(account: Account, shop: Shop, client: httpx.AsyncClient) -> None:
    await shop.read("lists", "segments", "metrics")
    found = (await client.get(f"/api/stores/{shop.store_id}/audiences")).json()["audiences"]
    assert ("list", "Newsletter") in {(each["kind"], each["name"]) for each in found}


async def test_a_customers_engagement_is_shown(account: Account, shop: Shop, client: httpx.AsyncClient) -> None:
    mail = {"consent": "SUBSCRIBED", "can_receive_email_marketing": True, "method": "FORM"}
    identity = await account.profile(email="ann@example.com", subscriptions={"email": {"marketing": mail}})
    for metric in ("Received Email", "Received Email", "Opened Email"):
        await account.event(metric, identity, webhooks=False)
    await shop.read("profiles", "events")
    (row,) = await shop.rows("SELECT id FROM customers WHERE store_id = $1 AND email = 'ann@example.com'")
    shown = (await client.get(f"/api/customers/{row['id']}/engagement")).json()
    (email,) = shown["engagement"]
    assert (email["channel"], email["open_rate"], email["click_rate"]) == ("email", 0.5, 0.0)
    assert email["counts"]["received"] == 2
    assert [(each["channel"], each["consent"]) for each in shown["consents"]] == [("email", "subscribed")]
    profile = (await client.get(f"/api/customers/{row['id']}")).json()
    assert "email_engagement_score" in str(profile)
    rows = await shop.rows("SELECT email_engagement_score FROM customers WHERE store_id = $1 AND id = $2", row["id"])
    assert 0 < rows[0]["email_engagement_score"] < 1


async def test_other_stores_are_not_there(account: Account, shop: Shop, client_for: ClientFor) -> None:
    await shop.read("profiles")
    other = await create_store(shop.database, name="Other shop", shop_domain="other.example")
    stranger = await client_for(store=other)
    (row,) = await shop.rows("SELECT id FROM customers WHERE store_id = $1 LIMIT 1")
    for method, path in (
        ("GET", f"/api/stores/{shop.store_id}/klaviyo"),
        ("POST", f"/api/stores/{shop.store_id}/klaviyo/sync"),
        ("GET", f"/api/stores/{shop.store_id}/audiences"),
        ("GET", f"/api/customers/{row['id']}/engagement"),
    ):
        assert (await stranger.request(method, path)).status_code == 404
    put = await stranger.put(f"/api/stores/{shop.store_id}/klaviyo", json={"push": True})
    assert put.status_code == 404


async def test_rights_are_asked_for(shop: Shop, client_for: ClientFor) -> None:
    reader = await client_for(scopes=["customers:read"])
    assert (await reader.get(f"/api/stores/{shop.store_id}/klaviyo")).status_code == 403
    assert (await reader.get(f"/api/stores/{shop.store_id}/audiences")).status_code == 200
