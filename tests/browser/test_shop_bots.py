"""A driven browser is caught: by what it says of itself, and where it hides that, by how it behaves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from shopwarden.domain.patterns import AUTOMATED_BROWSER, NO_INPUT, RAPID_NAVIGATION
from tests.browser.people import PERSON_AGENT, click
from tests.browser.product import Product
from tests.browser.shop.goods import GOODS
from tests.browser.shop.site import ShopSite
from tests.browser.walk import stored_visit

HIDE = "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})"


FOLLOW = """path => {
    const link = document.createElement("a");
    link.href = path;
    document.body.append(link);
    link.click();
}"""


async def scrape(page: Page, site: ShopSite, pages: int, seconds: float = 0.0) -> None:
    """Walks from product to product as a script does: links are followed by their `click()`, nobody touches anything."""
    await page.goto(site.url + "/collections/all")
    for good in GOODS[:pages]:
        await asyncio.sleep(seconds)
        await page.evaluate(FOLLOW, f"/products/{good.handle}")
        await page.get_by_role("heading", name=good.name).wait_for()


async def the_visitor(product: Product, pattern: str) -> dict[str, Any]:
    async def noticed() -> bool:
        return any(pattern in visitor["patterns"] for visitor in await product.visitors())

    await product.until(noticed, f"{pattern} is noticed")
    (visitor,) = await product.visitors()
    return visitor


async def test_a_browser_that_says_it_is_driven(headless_chromium: Browser, product: Product, shop_site: ShopSite) -> None:
    page = await headless_chromium.new_page()
    await scrape(page, shop_site, 2)
    visitor = await the_visitor(product, AUTOMATED_BROWSER)
    assert visitor["is_bot"] is True
    (device,) = await product.rows("devices", "id")
    assert device["is_automated"] is True
    await page.context.close()


async def test_a_driven_browser_with_an_honest_agent_is_marked_by_webdriver(
    headless_chromium: Browser, product: Product, shop_site: ShopSite
) -> None:
    context = await headless_chromium.new_context(user_agent=PERSON_AGENT)
    page = await context.new_page()
    await scrape(page, shop_site, 2)
    visitor = await the_visitor(product, AUTOMATED_BROWSER)
    assert visitor["user_agent"] == PERSON_AGENT
    await context.close()


@pytest.mark.parametrize(("pages", "seconds", "pattern"), [(4, 0.4, NO_INPUT), (8, 0.0, RAPID_NAVIGATION)])
async def test_a_browser_that_hides_it_is_caught_by_its_behaviour(
    headless_chromium: Browser, product: Product, shop_site: ShopSite, pages: int, seconds: float, pattern: str
) -> None:
    context = await headless_chromium.new_context(user_agent=PERSON_AGENT)
    await context.add_init_script(HIDE)
    page = await context.new_page()
    await scrape(page, shop_site, pages, seconds)
    visitor = await the_visitor(product, pattern)
    assert AUTOMATED_BROWSER not in visitor["patterns"]
    assert visitor["is_bot"] is False
    await context.close()


async def test_a_person_at_the_same_pages_is_not(page: Page, product: Product, shop_site: ShopSite) -> None:
    await page.goto(shop_site.url + "/collections/all")
    for good in GOODS[:4]:
        await click(page, f'main a[href="/products/{good.handle}"]')
        await click(page, 'nav a[href="/collections/all"]')
    await stored_visit(product, 18)
    (visitor,) = await product.visitors()
    assert not {AUTOMATED_BROWSER, NO_INPUT} & set(visitor["patterns"])
    assert visitor["is_bot"] is False
