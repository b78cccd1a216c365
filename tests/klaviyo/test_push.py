"""Telling Klaviyo of risk and value: only where the store asks for it, once for each change, and never in a circle."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shopwarden.domain.observation import CustomerObservation
from shopwarden.errors import RetryError
from shopwarden.steps.identify import identify_customers
from shopwarden.steps.klaviyo_jobs import put_regular_work
from shopwarden.store.klaviyo_settings import KlaviyoSettings, keep_klaviyo_settings
from tests.klaviyo.conftest import PROFILES, Account, Shop

WAITING = "SELECT payload FROM outbox WHERE store_id = $1 AND payload ->> 'klaviyo' = 'push'"
CHANGE = "UPDATE customers SET risk_level = 'high', risk_score = 71 WHERE email = $1"


async def written(account: Account) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await account.ask("GET", "/writes"))["writes"]
    return found


async def test_nothing_is_told_unless_asked_for(account: Account, shop: Shop) -> None:
    await put_regular_work(shop.tools)
    assert await shop.rows(WAITING) == []
    async with shop.database.transaction() as connection:
        await keep_klaviyo_settings(connection, shop.store_id, KlaviyoSettings(push=True))
    await put_regular_work(shop.tools)
    assert len(await shop.rows(WAITING)) == 1


async def test_each_change_is_told_once(account: Account, shop: Shop) -> None:
    await shop.read("profiles")
    await shop.run("push")
    assert len(await written(account)) == PROFILES
    await shop.run("push")
    assert len(await written(account)) == PROFILES
    identity = await account.profile(email="risky@example.com")
    await shop.read("profiles")
    await shop.database.pool.execute(CHANGE, "risky@example.com")
    await shop.run("push")
    assert len(await written(account)) == PROFILES + 1
    told = (await account.shown(identity))["properties"]
    assert (told["shopwarden_risk_level"], told["shopwarden_risk_score"]) == ("high", 71)


async def test_what_we_told_is_not_heard_as_a_change(account: Account, shop: Shop) -> None:
    await shop.read("profiles")
    await shop.run("push")
    await shop.database.pool.execute("DELETE FROM outbox")
    await shop.read("profiles")
    assert await shop.rows("SELECT 1 FROM outbox WHERE store_id = $1") == []
    await shop.run("push")
    assert len(await written(account)) == PROFILES
    (kept,) = await shop.rows(
        "SELECT count(*) FROM customers WHERE store_id = $1 AND custom_attributes::text LIKE '%warden%'"
    )
    assert kept["count"] == 0


async def test_a_customer_with_two_profiles_is_told_of_in_both_once(account: Account, shop: Shop) -> None:
    now = datetime.now(UTC)
    said = CustomerObservation(version=now.isoformat(), at=now, source="shopify", shopify_id="9", email="two@example.com")
    async with shop.database.transaction() as connection:
        await identify_customers(connection, shop.store_id, [said])
    await account.profile(email="two@example.com", phone_number="+447700900555")
    await account.profile(email="two@example.com", first_name="Twin")
    await shop.read("profiles")
    owners = await shop.rows(
        "SELECT customer_id, count(*) FROM customer_identifiers WHERE store_id = $1 AND kind = 'klaviyo' GROUP BY 1"
    )
    assert max(row["count"] for row in owners) == 2
    for _ in range(3):
        await shop.run("push")
    assert len(await written(account)) == PROFILES + 2


async def test_a_profile_that_is_refused_costs_its_neighbours_nothing(account: Account, shop: Shop) -> None:
    gone = await account.profile(email="gone@example.com")
    await shop.read("profiles")
    await account.ask("DELETE", f"/profiles/{gone}")
    await shop.run("push")
    await shop.run("push")
    assert len(await account.calls(f"/api/profiles/{gone}", "PATCH")) == 1
    assert len(await written(account)) == PROFILES
    (row,) = await shop.rows("SELECT last_error FROM shop_writes WHERE store_id = $1 AND what = $2", f"klaviyo:{gone}")
    assert "404" in row["last_error"]


async def test_a_vendor_that_fails_is_told_later(account: Account, shop: Shop) -> None:
    await shop.read("profiles")
    await account.sandbox.mode("klaviyo", "error")
    with pytest.raises(RetryError):
        await shop.run("push")
    await account.sandbox.mode("klaviyo", "ok")
    await shop.run("push")
    assert len(await written(account)) == PROFILES
