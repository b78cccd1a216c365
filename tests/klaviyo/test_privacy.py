"""What the law asks for reaches what is known from Klaviyo, and Klaviyo itself where the store wants that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from shopwarden.domain.events import PrivacyRequested
from shopwarden.domain.observation import CustomerObservation
from shopwarden.steps.identify import identify_customers
from shopwarden.steps.privacy import answer_privacy
from shopwarden.store.klaviyo_settings import KlaviyoSettings, keep_klaviyo_settings
from tests.klaviyo.conftest import PROFILES, Account, Shop

MAIL = "ann@example.com"


async def request(shop: Shop, kind: Literal["data_request", "customer_redact"]) -> None:
    now = datetime.now(UTC)
    asked = PrivacyRequested(version=now.isoformat(), at=now, kind=kind, email=MAIL)
    async with shop.database.transaction() as connection:
        await answer_privacy(connection, shop.store_id, asked, "job")


@pytest.fixture
async def ann(account: Account, shop: Shop) -> str:
    """Somebody with consent and events, read."""
    identity = await account.profile(
        email=MAIL, subscriptions={"email": {"marketing": {"consent": "SUBSCRIBED", "method": "FORM"}}}
    )
    await account.event("Received Email", identity, webhooks=False)
    await account.event("Opened Email", identity, webhooks=False)
    await shop.read("profiles", "events")
    return identity


async def traces(shop: Shop, identity: str) -> list[str]:
    """Tables that still name the profile or the address."""
    tables = await shop.database.pool.fetch(
        "SELECT table_name AS name FROM information_schema.columns"
        " WHERE column_name = 'store_id' AND table_schema = 'public'"
    )
    found = []
    for table in tables:
        query = f"SELECT count(*) FROM {table['name']} t WHERE t::text LIKE $1 OR t::text LIKE $2"
        if await shop.database.pool.fetchval(query, f"%{identity}%", f"%{MAIL}%"):
            found.append(str(table["name"]))
    return found


async def test_an_export_has_consent_and_engagement(account: Account, shop: Shop, ann: str) -> None:
    await request(shop, "data_request")
    (task,) = await shop.rows("SELECT result FROM tasks WHERE store_id = $1")
    told = task["result"]
    assert [(row["profile_id"], row["consent"]) for row in told["consents"] if row["channel"] == "email"] == [
        (ann, "subscribed")
    ]
    assert [(row["profile_id"], row["received"], row["opened"]) for row in told["engagements"]] == [(ann, 1, 1)]


async def test_who_is_forgotten_leaves_nothing_here_and_stays_forgotten(account: Account, shop: Shop, ann: str) -> None:
    await shop.run("push")
    assert await traces(shop, ann)
    await request(shop, "customer_redact")
    assert await traces(shop, ann) == []
    # Klaviyo still has the person, and tells of them again.
    await account.event("Opened Email", ann, webhooks=False)
    await account.profile(ann, title="Baker")
    await shop.read("profiles", "events")
    assert await traces(shop, ann) == []
    assert not [call for call in (await account.ask("GET"))["deleted"] if call]
    (people,) = await shop.rows("SELECT count(*) FROM customers WHERE store_id = $1")
    assert people["count"] == PROFILES


async def test_who_comes_back_to_the_shop_is_known_to_klaviyo_again(account: Account, shop: Shop, ann: str) -> None:
    await request(shop, "customer_redact")
    now = datetime.now(UTC)
    said = CustomerObservation(version=now.isoformat(), at=now, source="shopify", shopify_id="9", email=MAIL)
    async with shop.database.transaction() as connection:
        await identify_customers(connection, shop.store_id, [said])
    await account.profile(ann, title="Baker")
    await shop.read("profiles")
    (person,) = await shop.rows("SELECT occupation FROM customers WHERE store_id = $1 AND email = $2", MAIL)
    assert person["occupation"] == "Baker"


async def test_klaviyo_is_asked_to_forget_too_where_the_store_wants_it(account: Account, shop: Shop, ann: str) -> None:
    async with shop.database.transaction() as connection:
        await keep_klaviyo_settings(connection, shop.store_id, KlaviyoSettings(forget=True))
    await request(shop, "customer_redact")
    (job,) = await shop.rows("SELECT payload FROM outbox WHERE store_id = $1 AND payload ->> 'klaviyo' = 'forget'")
    await shop.run("forget", profile_id=job["payload"]["profile_id"])
    assert [call["id"] for call in (await account.ask("GET"))["deleted"]] == [ann]
