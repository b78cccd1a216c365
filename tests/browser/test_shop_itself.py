"""The shop of the browser stories works without the product: a purchase goes through after two refused cards."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.people import click, fill
from tests.browser.shop.site import serve_shop


async def test_a_purchase_goes_through_without_the_product(page: Page) -> None:
    with serve_shop("http://127.0.0.1:9", "swk_none") as site:
        await buy(page, site.url)
        assert site.the_cart().order


async def buy(page: Page, url: str) -> None:
    await page.goto(url)
    await click(page, "text=See the hats")
    await click(page, 'a[href="/products/wool-hat"] >> nth=0')
    await click(page, "#add")
    await click(page, "#checkout")
    for attempt in range(3):
        for field, words in (("email", "ann@example.com"), ("name", "Ann Smith"), ("card", "4000000000000002")):
            await fill(page, f"[name={field}]", words)
        await click(page, "#pay")
        if attempt < 2:
            await page.get_by_role("alert").wait_for()
    await page.locator("#order").wait_for()
