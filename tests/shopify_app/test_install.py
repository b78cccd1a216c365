"""An installation from the shop's page to the store: tokens sealed, jobs waiting, each state good once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.settings import Settings
from shopwarden.steps.shop_connection import open_held
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.privacy import set_uninstalled
from shopwarden.store.shop_tokens import read_shop
from shopwarden.store.stores import find_store, list_stores
from shopwarden.web import Application, build_app
from tests.sandbox.running import Sandbox
from tests.shopify_app.conftest import ADDRESS, KEYS, SHOP, Shop
from tests.shopify_app.installing import agree, install_shop

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def application(database: Database, sandbox: Sandbox) -> AsyncIterator[Application]:
    made = build_app(Settings(sandbox_url=sandbox.url, encryption_keys=KEYS, rate_limit_per_minute=100_000), database)
    async with made.running():
        yield made


@pytest.fixture
async def browser(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=BROWSER) as client:
        yield client


async def way_back(browser: httpx.AsyncClient, answer: str = "install") -> str:
    """Begins an installation and presses a button in the shop; path and query of the way back."""
    begun = await browser.get(f"/shopify/install?shop={SHOP}")
    assert begun.status_code == 302, begun.text
    parts = urlsplit(await agree(begun.headers["location"], answer))
    return f"{parts.path}?{parts.query}"


async def test_a_merchant_who_agrees_has_a_store_with_tokens_and_jobs(
    browser: httpx.AsyncClient, shop: Shop, database: Database, tools: VendorTools
) -> None:
    landed = await browser.get(await way_back(browser))
    assert landed.status_code == 200, landed.text
    assert f"{SHOP} is connected" in landed.text
    stores = await list_stores(database)
    assert [store.shop_domain for store in stores] == [SHOP]
    row = await read_shop(database.pool, stores[0].id)
    assert row is not None
    assert row.state == "active"
    assert row.expires_at is not None
    assert open_held(tools.sealer, row).refresh_token is not None
    jobs = await database.pool.fetch("SELECT queue, payload FROM outbox ORDER BY id")
    assert [(job["queue"], job["payload"]) for job in jobs] == [
        ("customer-enrichment", {"shop": "repair"}),
        ("customer-enrichment", {"shop": "define"}),
        ("customer-enrichment", {"shop": "sync"}),
    ]


async def test_a_way_back_is_good_once(browser: httpx.AsyncClient, shop: Shop, database: Database) -> None:
    back = await way_back(browser)
    kept = dict(browser.cookies)
    assert (await browser.get(back)).status_code == 200
    browser.cookies.update(kept)
    again = await browser.get(back)
    assert again.status_code == 400
    assert "not begun here" in again.text
    assert len(await list_stores(database)) == 1


async def test_a_forged_way_back_does_not_use_the_state_up(browser: httpx.AsyncClient, shop: Shop) -> None:
    back = await way_back(browser)
    assert (await browser.get(back.replace("code=", "code=0"))).status_code == 401
    assert (await browser.get(back)).status_code == 200


async def test_a_merchant_who_cancels_keeps_nothing_here(browser: httpx.AsyncClient, shop: Shop, database: Database) -> None:
    landed = await browser.get(await way_back(browser, "cancel"))
    assert landed.status_code == 403
    assert "nothing was installed" in landed.text
    assert await list_stores(database) == []


async def test_installing_again_is_the_same_store_with_new_tokens(
    browser: httpx.AsyncClient, shop: Shop, database: Database
) -> None:
    await browser.get(await way_back(browser))
    (store,) = await list_stores(database)
    first = await read_shop(database.pool, store.id)
    await browser.get(await way_back(browser))
    second = await read_shop(database.pool, store.id)
    assert [one.id for one in await list_stores(database)] == [store.id]
    assert first is not None
    assert second is not None
    assert first.sealed != second.sealed


async def test_a_lone_store_without_a_shop_takes_the_shop(
    browser: httpx.AsyncClient, shop: Shop, database: Database, store_id: StoreId
) -> None:
    await browser.get(await way_back(browser))
    assert [(store.id, store.shop_domain) for store in await list_stores(database)] == [(store_id, SHOP)]


async def test_a_shop_that_gives_no_token_is_told_kindly(
    browser: httpx.AsyncClient, shop: Shop, sandbox: Sandbox, database: Database
) -> None:
    back = await way_back(browser)
    await sandbox.mode("shopify", "down", path="*access_token*", times=9)
    landed = await browser.get(back)
    assert landed.status_code == 503
    assert "Try again" in landed.text
    assert await list_stores(database) == []


async def test_the_app_opened_in_a_connected_shop_says_so(browser: httpx.AsyncClient, shop: Shop) -> None:
    await browser.get(await way_back(browser))
    opened = await shop.ask("GET", "/launch", client_id="sandbox", app_url=f"{ADDRESS}/shopify")
    parts = urlsplit(opened["url"])
    landed = await browser.get(f"{parts.path}?{parts.query}")
    assert landed.status_code == 200, landed.text
    assert "Nothing is left to do" in landed.text


async def test_an_embedded_app_connects_by_its_session_token(
    browser: httpx.AsyncClient, shop: Shop, database: Database
) -> None:
    token = (await shop.ask("POST", "/session-token", client_id="sandbox"))["session_token"]
    answer = await browser.post("/shopify/token-exchange", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    (store,) = await list_stores(database)
    assert answer.json()["store_id"] == str(store.id)
    assert answer.json()["shop"] == SHOP
    # The page is opened again and again: that is no new installation.
    asked = await shop.calls("access_token")
    again = await browser.post("/shopify/token-exchange", headers={"authorization": f"Bearer {token}"})
    assert again.json()["store_id"] == str(store.id)
    assert again.json()["missing_scopes"] == answer.json()["missing_scopes"]
    assert await shop.calls("access_token") == asked


async def test_no_token_reaches_log_or_page(
    browser: httpx.AsyncClient, shop: Shop, database: Database, tools: VendorTools, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        landed = await browser.get(await way_back(browser))
    (store,) = await list_stores(database)
    row = await read_shop(database.pool, store.id)
    assert row is not None
    held = open_held(tools.sealer, row)
    written = landed.text + caplog.text + "".join(capsys.readouterr())
    assert held.refresh_token is not None
    assert held.access_token not in written
    assert held.refresh_token not in written


async def test_taken_out_of_the_shop_the_tokens_are_gone(tools: VendorTools, shop: Shop, database: Database) -> None:
    store_id = await install_shop(tools, shop)
    row = await read_shop(database.pool, store_id)
    assert row is not None
    async with database.transaction() as connection:
        await set_uninstalled(connection, store_id, row.installed_at)
    after = await read_shop(database.pool, store_id)
    assert after is not None
    assert (after.state, after.sealed, after.expires_at) == ("uninstalled", b"", None)


async def test_told_late_of_a_shop_installed_again_nothing_is_taken(
    tools: VendorTools, shop: Shop, database: Database
) -> None:
    store_id = await install_shop(tools, shop)
    await database.pool.execute("UPDATE shop_tokens SET installed_at = installed_at + interval '1 minute'")
    row = await read_shop(database.pool, store_id)
    assert row is not None
    async with database.transaction() as connection:
        await set_uninstalled(connection, store_id, row.updated_at)
    after = await read_shop(database.pool, store_id)
    assert after is not None
    assert after.state == "active"
    store = await find_store(database, store_id)
    assert store is not None
    assert store.uninstalled_at is None
