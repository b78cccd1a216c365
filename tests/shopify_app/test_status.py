"""How a connection stands is shown without a token, put right on demand and ended; by the store's own keys alone."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.settings import Settings
from shopwarden.steps.shop_connection import Held, seal_held, shop_client
from shopwarden.steps.shop_jobs import run
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.shop_tokens import Told, read_shop, renew_shop
from shopwarden.store.stores import create_store
from tests.api.conftest import ClientFor, application, client, client_for
from tests.sandbox.running import Sandbox
from tests.shopify_app.conftest import ADDRESS, KEYS, SHOP, Shop

__all__ = ["application", "client", "client_for"]


@pytest.fixture
def settings(sandbox: Sandbox) -> Settings:
    return Settings(sandbox_url=sandbox.url, encryption_keys=KEYS, rate_limit_per_minute=100_000)


@pytest.fixture
async def repaired(tools: VendorTools, connected: StoreId) -> StoreId:
    async with tools.database.transaction() as connection:
        await run(tools, connection, connected, {"shop": "repair"})
    return connected


async def test_a_connected_shop_is_shown_with_rights_token_and_webhooks(
    client: httpx.AsyncClient, repaired: StoreId
) -> None:
    shown = (await client.get(f"/api/stores/{repaired}/shopify")).json()
    assert (shown["state"], shown["shop_domain"], shown["made_up"]) == ("active", SHOP, True)
    assert shown["scopes_missing"] == []
    assert (shown["api_version_asked"], shown["api_version_answered"]) == ("2026-10", "2026-10")
    assert shown["webhook_address"] == f"{ADDRESS}/webhooks/shopify"
    assert shown["token"]["renews"] is True
    states = {one["topic"]: one["state"] for one in shown["webhooks"]}
    assert states["orders/create"] == "there"
    assert states["customers/redact"] == "by_hand"
    assert shown["web_pixel"]["state"] == "there"
    assert shown["advice"] == []


async def test_no_token_is_in_what_is_shown(client: httpx.AsyncClient, tools: VendorTools, connected: StoreId) -> None:
    held = Held(access_token="shpat_secret", refresh_token="shprt_secret", address=ADDRESS)
    sealed = seal_held(tools.sealer, connected, held)
    await renew_shop(tools.database.pool, connected, sealed, Told())
    shown = (await client.get(f"/api/stores/{connected}/shopify")).text
    assert "secret" not in shown
    assert '"renews":true' in shown


async def test_a_store_without_a_shop_says_how_to_connect_one(client: httpx.AsyncClient, store_id: UUID) -> None:
    shown = (await client.get(f"/api/stores/{store_id}/shopify")).json()
    assert shown["state"] == "not_connected"
    assert "/shopify/install" in shown["advice"][0]
    assert (await client.post(f"/api/stores/{store_id}/shopify/repair")).status_code == 409


async def test_a_lost_right_and_an_old_version_are_advised_about(
    client: httpx.AsyncClient, database: Database, connected: StoreId
) -> None:
    await database.pool.execute("UPDATE shop_tokens SET scopes = '{read_orders}', api_version = '2027-01'")
    shown = (await client.get(f"/api/stores/{connected}/shopify")).json()
    assert "write_orders" in shown["scopes_missing"]
    assert len(shown["advice"]) == 2


async def test_a_round_is_queued_once(client: httpx.AsyncClient, database: Database, connected: StoreId) -> None:
    for _ in range(2):
        answer = await client.post(f"/api/stores/{connected}/shopify/repair")
        assert (answer.status_code, answer.json()) == (202, {"queued": "repair"})
    jobs = await database.pool.fetch("SELECT payload FROM outbox")
    assert [job["payload"] for job in jobs[:1]] == [{"shop": "repair"}]
    assert len(jobs) <= 2, "once a minute"


async def test_forgotten_tokens_are_gone(client: httpx.AsyncClient, database: Database, connected: StoreId) -> None:
    assert (await client.delete(f"/api/stores/{connected}/shopify")).status_code == 204
    row = await read_shop(database.pool, connected)
    assert row is not None
    assert (row.state, row.sealed) == ("uninstalled", b"")
    shown = (await client.get(f"/api/stores/{connected}/shopify")).json()
    assert (shown["state"], shown["token"]) == ("uninstalled", None)
    assert "install it again" in shown["advice"][0]
    assert (await client.delete(f"/api/stores/{connected}/shopify")).status_code == 204


async def test_other_stores_and_lesser_keys_see_nothing(
    client: httpx.AsyncClient, client_for: ClientFor, database: Database, connected: StoreId
) -> None:
    other = await create_store(database, name="Other", shop_domain="other.example")
    stranger = await client_for(store=other)
    lesser = await client_for(scopes=["customers:read"])
    for method, path in (("GET", ""), ("POST", "/repair"), ("DELETE", "")):
        where = f"/api/stores/{connected}/shopify{path}"
        assert (await stranger.request(method, where)).status_code == 404
        assert (await lesser.request(method, where)).status_code == 403


async def test_tokens_no_key_opens_are_told(
    client: httpx.AsyncClient, database: Database, connected: StoreId, shop: Shop
) -> None:
    await database.pool.execute("UPDATE shop_tokens SET sealed = '\\x01020304'")
    shown = (await client.get(f"/api/stores/{connected}/shopify")).json()
    assert shown["token"] is None
    assert "ENCRYPTION_KEYS" in shown["last_error"]
    assert "connect it again" in shown["advice"][0]


async def test_a_token_made_in_the_shops_admin_connects_after_it_was_proven(
    client: httpx.AsyncClient, database: Database, store_id: UUID, shop: Shop
) -> None:
    token = (await shop.ask("POST", "/token", scope="read_orders"))["access_token"]
    wanted = {"shop_domain": SHOP, "access_token": token}
    answer = await client.put(f"/api/stores/{store_id}/shopify", json=wanted)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["scopes_granted"]) == ("active", ["read_orders"])
    assert token not in answer.text
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 2


async def test_an_app_on_its_makers_own_shop_connects_by_its_credentials(
    client: httpx.AsyncClient, tools: VendorTools, store_id: UUID, shop: Shop
) -> None:
    answer = await client.put(f"/api/stores/{store_id}/shopify", json={"shop_domain": SHOP})
    assert answer.status_code == 200, answer.text
    assert answer.json()["token"]["renews"] is True
    await shop.ask("POST", "/tokens/expire")
    async with shop_client(tools, StoreId(store_id)) as opened:
        assert await opened.run("query { shop { name } }")


@pytest.mark.parametrize(
    ("wanted", "status", "field"),
    [
        ({"shop_domain": SHOP, "access_token": "shpat_of_nobody"}, 400, "access_token"),
        ({"shop_domain": SHOP, "access_token": "a b"}, 400, "access_token"),
        ({"shop_domain": "evil.example", "access_token": "x"}, 400, "shop_domain"),
        ({"access_token": "x"}, 400, "shop_domain"),
        ({"shop_domain": SHOP, "token": "x"}, 400, "token"),
    ],
)
async def test_what_does_not_connect_names_the_field(
    client: httpx.AsyncClient, store_id: UUID, shop: Shop, wanted: dict[str, str], status: int, field: str
) -> None:
    answer = await client.put(f"/api/stores/{store_id}/shopify", json=wanted)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


async def test_a_shop_of_another_store_is_not_taken_from_it(
    client: httpx.AsyncClient, database: Database, store_id: UUID, shop: Shop
) -> None:
    await create_store(database, name="Other", shop_domain=SHOP)
    answer = await client.put(f"/api/stores/{store_id}/shopify", json={"shop_domain": SHOP})
    assert answer.status_code == 409
    assert await database.pool.fetchval("SELECT count(*) FROM shop_tokens") == 0
