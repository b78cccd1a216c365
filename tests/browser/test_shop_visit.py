"""A whole visit in a real browser arrives exact to the click, where pages are loaded and where they are swapped."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser.people import GLANCE, back, click, forward
from tests.browser.product import Product
from tests.browser.shop.site import ShopSite
from tests.browser.walk import LOOKED, WAY, arrive, errors_of, expected, left, stored_visit, to_product, told, whole_visit


@pytest.mark.parametrize("single_page", [False, True], ids=["pages", "single page"])
async def test_every_click_arrives_once_and_in_order(
    page: Page, product: Product, shop_site: ShopSite, single_page: bool
) -> None:
    shop_site.single_page = single_page
    await whole_visit(page, shop_site, LOOKED)
    held = shop_site.the_cart()
    wanted = expected(held.checkout)
    activities = await stored_visit(product, len(wanted))
    assert told(activities) == wanted
    pages = [path for kind, path in wanted if kind == "page_view"]
    leavings = left(activities)
    assert [path for path, _ in leavings] == pages[:-1]
    await check_time_and_depth(leavings)
    await check_session(product, held.checkout, held.token, activities)
    assert await errors_of(page) == []


async def check_time_and_depth(leavings: list[tuple[str, dict[str, object]]]) -> None:
    looked = dict(leavings)["/products/wool-hat"]
    assert LOOKED <= float(str(looked["visible_seconds"])) <= LOOKED + 6
    assert 20 <= float(str(looked["scroll_depth"])) <= 100
    for _, properties in leavings:
        assert 0 <= float(str(properties["visible_seconds"])) <= 10
        assert int(str(properties["inputs"])) >= 1


async def check_session(product: Product, checkout: str, cart: str, activities: list[dict[str, object]]) -> None:
    (session,) = await product.sessions()
    assert {row["session_id"] for row in activities} == {session["id"]}
    assert session["path"] == WAY
    assert (session["page_views"], session["cart_adds"], session["failed_payments"], session["orders"]) == (10, 1, 2, 1)
    assert session["source"] == "newsletter"
    assert session["entry_page"] == "/"
    assert session["number"] == 1
    assert float(session["revenue"]) == 58.0
    assert session["inputs"] >= 9
    # The test clicks faster than people read.
    assert set(session["patterns"]) <= {"rapid_navigation"}
    assert (await product.visitors())[0]["is_bot"] is False
    tokens = {(row["kind"], row["token"]) for row in await product.rows("checkout_tokens", "token")}
    assert tokens >= {("checkout", checkout), ("cart", cart)}


async def test_the_basket_and_the_source_are_known_while_the_visit_runs(
    page: Page, product: Product, shop_site: ShopSite
) -> None:
    await page.goto(shop_site.url + "/collections/scarves", referer="https://www.google.com/")
    await click(page, 'main a[href="/products/dusk-scarf"]')
    await click(page, "#add")
    await page.get_by_role("heading", name="Your cart").wait_for()
    await back(page, shop_site.url + "/products/dusk-scarf")
    await click(page, "#add")
    await page.get_by_text("$124.00").wait_for()

    async def full() -> bool:
        sessions = await product.sessions()
        return bool(sessions) and float(sessions[0]["basket_value"]) == 124.0

    await product.until(full, "the basket is worth 124.00")
    (session,) = await product.sessions()
    assert session["source"] == "google"


async def test_a_second_tab_belongs_to_the_same_visit(
    context: BrowserContext, product: Product, shop_site: ShopSite
) -> None:
    first = await context.new_page()
    await arrive(first, shop_site)
    await stored_visit(product, 1)
    second = await context.new_page()
    await second.goto(shop_site.url + "/products/sea-cup")
    await click(second, "#add")
    await second.get_by_role("heading", name="Your cart").wait_for()
    await first.bring_to_front()
    await to_product(first)
    wanted = [
        ("page_view", "/"),
        ("page_view", "/products/sea-cup"), ("product_view", "/products/sea-cup"), ("add_to_cart", "/products/sea-cup"),
        ("page_view", "/cart"), ("cart_view", "/cart"),
        ("page_view", "/collections/hats"), ("product_list_view", "/collections/hats"),
        ("page_view", "/products/wool-hat"), ("product_view", "/products/wool-hat"),
    ]  # fmt: skip
    activities = await stored_visit(product, len(wanted))
    assert told(activities) == wanted
    assert len(await product.visitors()) == 1
    assert len(await product.sessions()) == 1


async def test_back_and_reload_are_views_of_their_own(page: Page, product: Product, shop_site: ShopSite) -> None:
    await arrive(page, shop_site)
    await to_product(page)
    await back(page, shop_site.url + "/collections/hats")
    await page.get_by_role("heading", name="Hats & beanies").wait_for()
    await asyncio.sleep(GLANCE)
    await page.reload()
    await asyncio.sleep(GLANCE)
    await forward(page, shop_site.url + "/products/wool-hat")
    await page.get_by_role("heading", name="Wool hat").wait_for()
    hats, hat = "/collections/hats", "/products/wool-hat"

    activities = await stored_visit(product, 9)
    # A page taken out of the browser's memory runs nothing of the theme's again: its view is ours alone.
    assert told(activities) == [
        ("page_view", "/"),
        ("page_view", hats), ("product_list_view", hats),
        ("page_view", hat), ("product_view", hat),
        ("page_view", hats),
        ("page_view", hats), ("product_list_view", hats),
        ("page_view", hat),
    ]  # fmt: skip
    assert [path for path, _ in left(activities)] == ["/", hats, hat, hats, hats]
    assert len(await product.visitors()) == 1


async def test_outbound_links_and_forms_are_noticed(page: Page, product: Product, shop_site: ShopSite) -> None:
    await page.goto(shop_site.url)
    await click(page, "[name=newsletter] input")
    await page.keyboard.type("ann@example.com")
    await click(page, "[name=newsletter] button")
    await page.get_by_text("Welcome!").wait_for()
    await page.goto(shop_site.url + "/products/clay-cup")
    await click(page, "#care")

    async def both() -> bool:
        return {"form_submitted", "outbound_click"} <= set(await product.kinds())

    await product.until(both, "the form and the link are stored")
    rows = {row["activity_type"]: row["properties"] for row in await product.activities()}
    assert rows["form_submitted"]["form"] == "newsletter"
    assert rows["outbound_click"]["url"] == "http://wool-care.localhost:9/washing"
    # What a person types into a form stays there.
    assert "ann@example.com" not in str([row["activity_data"] for row in await product.activities()])
