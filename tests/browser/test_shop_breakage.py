"""Whatever happens to the product or the way there, the shop's pages notice nothing; and what was sent is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Page

from tests.browser.people import click
from tests.browser.product import Product
from tests.browser.shop.site import ShopSite, serve_shop
from tests.browser.walk import (
    arrive,
    check_out,
    errors_of,
    expected,
    into_cart,
    look,
    search,
    stored_visit,
    to_product,
    told,
    whole_visit,
)
from tests.browser.wire import Wire, wire_to

How = Literal["script blocked", "everything blocked", "cut", "error", "slow"]


@pytest.fixture
def wire(product: Product) -> Iterator[Wire]:
    with wire_to(product.url) as opened:
        yield opened


@pytest.fixture
def frail_shop(wire: Wire, product: Product) -> Iterator[ShopSite]:
    with serve_shop(wire.url, product.write_key) as site:
        yield site


class Complaints:
    """What a page says is wrong: errors, rejected promises, console errors. The browser's own line about a request that
    failed is not ours to prevent."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.found.append(message.text)


async def break_it(how: How, wire: Wire, context: BrowserContext) -> None:
    if how == "script blocked":
        await context.route("**/t.js", lambda route: route.abort("blockedbyclient"))
    elif how == "everything blocked":
        await context.route(f"{wire.url}/**", lambda route: route.abort("blockedbyclient"))
    else:
        wire.state = how


@pytest.mark.parametrize("how", ["script blocked", "everything blocked", "cut", "error", "slow"])
async def test_nothing_breaks_on_the_page(
    page: Page, context: BrowserContext, wire: Wire, frail_shop: ShopSite, how: How
) -> None:
    await break_it(how, wire, context)
    complaints = Complaints(page)
    await whole_visit(page, frail_shop)
    assert frail_shop.the_cart().order
    assert complaints.found == []
    assert await errors_of(page) == []


@pytest.mark.parametrize("how", ["cut", "error"])
async def test_a_way_that_fails_for_a_while_loses_and_doubles_nothing(
    page: Page, context: BrowserContext, product: Product, wire: Wire, frail_shop: ShopSite, how: How
) -> None:
    complaints = Complaints(page)
    await arrive(page, frail_shop)
    await stored_visit(product, 1)
    wire.state = "cut" if how == "cut" else "error"
    await to_product(page)
    await look(page, 0.1)
    wire.state = "open"
    await search(page, "scarf")
    await into_cart(page, "long-scarf")
    await check_out(page)
    wanted = expected(frail_shop.the_cart().checkout)
    assert sorted(told(await stored_visit(product, len(wanted)))) == sorted(wanted)
    assert complaints.found == []


async def test_a_server_killed_in_the_middle_of_a_visit_loses_and_doubles_nothing(
    page: Page, product: Product, shop_site: ShopSite
) -> None:
    complaints = Complaints(page)
    await arrive(page, shop_site)
    await to_product(page)
    await look(page, 0.1)
    product.server.kill()
    try:
        await search(page, "scarf")
        await click(page, 'main a[href="/products/long-scarf"]')
        await page.get_by_role("heading", name="Long scarf").wait_for()
    finally:
        await asyncio.to_thread(product.server.start)
    await click(page, "#add")
    await check_out(page)
    wanted = expected(shop_site.the_cart().checkout)
    activities = await stored_visit(product, len(wanted))
    assert sorted(told(activities)) == sorted(wanted)
    assert len({row["session_id"] for row in activities}) == 1
    assert complaints.found == []
