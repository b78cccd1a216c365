"""A real Chromium, the real product and a small shop for it to visit.

Without a Chromium these tests are skipped; SHOPWARDEN_BROWSER_TESTS=required makes them fail instead.
Everything here shares one event loop, because the browser lives as long as the session.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright, expect

from shopwarden.embedded.valkey import start_valkey
from shopwarden.store.database import Database
from tests.browser.people import PERSON, PERSON_AGENT, chromium_on_path
from tests.browser.product import Installation, Product, open_store, server_and_worker
from tests.browser.shop.site import ShopSite, serve_shop
from tests.conftest import TEMPLATE, run_sql, sibling, wait_in_thread

HERE = Path(__file__).parent
expect.set_options(timeout=30_000)
BUILT = HERE.parents[1] / "src" / "shopwarden" / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def _refuse(reason: str) -> None:
    if os.environ.get("SHOPWARDEN_BROWSER_TESTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    found = chromium_on_path()
    if found is None:
        _refuse("no Chromium on the PATH; install one or name it in SHOPWARDEN_CHROMIUM")
    return str(found)


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the browser files; they come from `make browser`."""
    if not (BUILT / "t.js").exists():
        pytest.fail("the browser files are not built: run `make browser`")
    return BUILT


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def driver(chromium_path: str) -> AsyncIterator[Playwright]:
    async with async_playwright() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(driver: Playwright, chromium_path: str) -> AsyncIterator[Browser]:
    """A browser as a person has it: nothing on its pages tells that it is driven."""
    browser = await driver.chromium.launch(
        executable_path=chromium_path, args=PERSON, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def headless_chromium(driver: Playwright, chromium_path: str) -> AsyncIterator[Browser]:
    """A browser as a script starts it, with every mark of that."""
    browser = await driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
    yield browser
    await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A person's fresh profile: no cookie, no storage."""
    opened = await chromium.new_context(
        user_agent=PERSON_AGENT, locale="en-GB", timezone_id="Europe/London", viewport={"width": 1280, "height": 800}
    )
    opened.set_default_timeout(30_000)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest.fixture(scope="session")
def browser_servers(postgres_url: str, migrated_url: str, servers_folder: Path) -> Iterator[tuple[str, str]]:
    """A database and a Valkey that stay for all browser tests of this process."""
    name = "browser"
    wait_in_thread(run_sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy"))
    folder = servers_folder / "browser"
    valkey = start_valkey(folder, durable=False)
    yield sibling(migrated_url, name), valkey.url
    valkey.stop()
    wait_in_thread(run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def installation(browser_servers: tuple[str, str], built: Path, chromium_path: str) -> AsyncIterator[Installation]:
    with server_and_worker(*browser_servers) as server:
        database = await Database.connect(browser_servers[0])
        yield Installation(server, database)
        await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def product(installation: Installation) -> Product:
    """A fresh store in the running product."""
    return await open_store(installation)


@pytest.fixture
def shop_site(product: Product) -> Iterator[ShopSite]:
    """The shop on an origin of its own, with the product's script on its pages."""
    with serve_shop(product.url, product.write_key) as site:
        yield site
