"""A person's walk through the shop, from arriving to the order, and what it must leave behind, event by event."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Page

from tests.browser.people import click, fill
from tests.browser.product import Product
from tests.browser.shop.site import ShopSite

ARRIVAL = "/?utm_source=newsletter&utm_medium=email&utm_campaign=autumn"
GOOGLE = "https://www.google.com/"
LOOKED = 1.2
"""Seconds spent on the first product, with the page scrolled."""


async def arrive(page: Page, site: ShopSite) -> None:
    await page.goto(site.url + ARRIVAL, referer=GOOGLE)
    await page.mouse.move(200, 300)


async def to_product(page: Page) -> None:
    await click(page, "text=See the hats")
    await click(page, 'main a[href="/products/wool-hat"]')
    await page.get_by_role("heading", name="Wool hat").wait_for()


async def look(page: Page, seconds: float = LOOKED) -> None:
    """Reads down the page, remembers the product and comes back up."""
    await page.mouse.wheel(0, 600)
    await asyncio.sleep(seconds)
    await click(page, "#wish")


async def search(page: Page, words: str) -> None:
    await fill(page, "[name=q]", words)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name=f"for “{words}”").wait_for()


async def into_cart(page: Page, handle: str) -> None:
    await click(page, f'main a[href="/products/{handle}"]')
    await click(page, "#add")
    await page.get_by_role("heading", name="Your cart").wait_for()


async def try_to_pay(page: Page) -> None:
    for field, words in (("email", "ann@example.com"), ("name", "Ann Smith"), ("card", "4000000000000002")):
        await fill(page, f"[name={field}]", words)
    await click(page, "#pay")


async def check_out(page: Page) -> None:
    """Two cards are refused, the third is taken."""
    await click(page, "#checkout")
    await page.get_by_role("heading", name="Checkout").wait_for()
    for _ in range(2):
        await try_to_pay(page)
        await page.wait_for_function(
            "() => document.querySelector('[role=alert]') && !document.querySelector('[name=card]').value"
        )
    await try_to_pay(page)
    await page.locator("#order").wait_for()


async def whole_visit(page: Page, site: ShopSite, looked: float = 0.1) -> None:
    await arrive(page, site)
    await to_product(page)
    await look(page, looked)
    await search(page, "scarf")
    await into_cart(page, "long-scarf")
    await check_out(page)


def expected(checkout: str) -> list[tuple[str, str]]:
    """(activity, path) of the whole visit, leavings of pages apart."""
    hat, scarf, pay = "/products/wool-hat", "/products/long-scarf", f"/checkouts/{checkout}"
    return [
        ("page_view", "/"),
        ("page_view", "/collections/hats"), ("product_list_view", "/collections/hats"),
        ("page_view", hat), ("product_view", hat), ("wishlist_add", hat),
        ("page_view", "/search"), ("search", "/search"),
        ("page_view", scarf), ("product_view", scarf), ("add_to_cart", scarf),
        ("page_view", "/cart"), ("cart_view", "/cart"),
        ("page_view", pay), ("checkout_started", pay),
        ("page_view", pay), ("payment_failed", pay),
        ("page_view", pay), ("payment_failed", pay),
        ("page_view", f"{pay}/thank_you"), ("order_completed", f"{pay}/thank_you"),
    ]  # fmt: skip


WAY = "HCPSP+BKFKFK$"


def told(activities: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(activity, path) of what was stored, without the leavings of pages: those come when a page goes away."""
    return [(row["activity_type"], row["path"]) for row in activities if row["activity_type"] != "page_left"]


def left(activities: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(row["properties"]["path"], row["properties"]) for row in activities if row["activity_type"] == "page_left"]


async def stored_visit(product: Product, count: int) -> list[dict[str, Any]]:
    """Every stored event once all `count` that are not leavings of pages are there."""

    async def enough() -> bool:
        return len(told(await product.activities())) >= count

    await product.until(enough, f"{count} events beside leavings are stored")
    return await product.settled(count)


async def errors_of(page: Page) -> list[str]:
    """What the page's own listeners for errors and rejected promises have heard."""
    await page.wait_for_load_state("load")
    return list(await page.evaluate("window.shopErrors"))
