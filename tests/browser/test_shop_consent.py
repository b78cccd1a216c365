"""Without consent nothing that identifies leaves the browser, read on the wire; views are counted, and that is all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.people import PERSON_AGENT, click
from tests.browser.product import Product
from tests.browser.shop.site import ShopSite, serve_shop
from tests.browser.walk import errors_of, stored_visit, told, whole_visit
from tests.browser.wire import Wire, wire_to

IDENTIFIER = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
KEPT = "() => [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join(' ')"
ALLOWED_WORDS = {"writeKey", "path", "referrer", "source"}


@pytest.fixture
def wire(product: Product) -> Iterator[Wire]:
    with wire_to(product.url) as opened:
        yield opened


@pytest.fixture
def watched_shop(wire: Wire, product: Product) -> Iterator[ShopSite]:
    with serve_shop(wire.url, product.write_key) as site:
        yield site


async def nothing_identifying(wire: Wire, page: Page, context: BrowserContext, write_key: str) -> None:
    for sent in wire.sent:
        text = sent.everything().replace(write_key, "")
        assert not IDENTIFIER.search(text), text
        assert "cookie" not in {name.lower() for name in sent.headers}, text
        # Pages may be told apart by nothing but the shop's own address: no path in a header, no person's data anywhere.
        for word in ("anonymousId", "messageId", "fingerprint", "screen", "timezone", "ann@example.com", "Ann Smith"):
            assert word not in text, text
        assert not sent.path.startswith("/fp.js"), "the fingerprint part was loaded"
    for sent in wire.posts():
        assert sent.path == "/v1/count"
        assert set(json.loads(sent.body)) <= ALLOWED_WORDS, sent.body
    assert wire.cookies_set == []
    kept = await page.evaluate(KEPT)
    assert "sw_" not in kept, kept
    assert not IDENTIFIER.search(kept), kept
    assert {cookie["name"] for cookie in await context.cookies()} <= {"cart", "consent"}


async def counted_views(product: Product, count: int) -> None:
    async def enough() -> bool:
        return sum(row["views"] for row in await product.counted()) >= count

    await product.until(enough, f"{count} views are counted")
    assert sum(row["views"] for row in await product.counted()) == count
    assert await product.kinds() == []
    assert await product.visitors() == []
    assert await product.rows("devices", "id") == []
    assert await product.rows("checkout_tokens", "token") == []


@pytest.mark.parametrize("single_page", [False, True], ids=["pages", "single page"])
async def test_a_denied_visit_is_only_counted(
    page: Page, context: BrowserContext, product: Product, wire: Wire, watched_shop: ShopSite, single_page: bool
) -> None:
    watched_shop.shopify_privacy = True
    watched_shop.single_page = single_page
    await page.goto(watched_shop.url)
    await click(page, "#deny")
    await whole_visit(page, watched_shop)
    await counted_views(product, 11)
    await nothing_identifying(wire, page, context, product.write_key)
    by_kind = {row["page_kind"]: 0 for row in await product.counted()}
    for row in await product.counted():
        by_kind[row["page_kind"]] += row["views"]
    assert by_kind == {"home": 2, "collection": 1, "product": 2, "search": 1, "cart": 1, "checkout": 4}
    assert await errors_of(page) == []


@pytest.mark.parametrize("signal", ["globalPrivacyControl", "doNotTrack"])
async def test_a_privacy_signal_of_the_browser_counts_as_no(
    chromium: Browser, product: Product, wire: Wire, watched_shop: ShopSite, signal: str
) -> None:
    header = {"globalPrivacyControl": {"Sec-GPC": "1"}, "doNotTrack": {"DNT": "1"}}[signal]
    value = {"globalPrivacyControl": "true", "doNotTrack": "'1'"}[signal]
    context = await chromium.new_context(user_agent=PERSON_AGENT, extra_http_headers=header)
    await context.add_init_script(f"Object.defineProperty(Navigator.prototype, '{signal}', {{get: () => {value}}})")
    page = await context.new_page()
    await page.goto(watched_shop.url)
    await click(page, "text=See the hats")
    await click(page, 'main a[href="/products/wool-hat"]')
    await counted_views(product, 3)
    await nothing_identifying(wire, page, context, product.write_key)
    await context.close()


async def test_consent_given_later_begins_the_visit_then(
    page: Page, context: BrowserContext, product: Product, wire: Wire, watched_shop: ShopSite
) -> None:
    watched_shop.shopify_privacy = True
    await page.goto(watched_shop.url + "/collections/hats")
    await counted_views(product, 1)
    await nothing_identifying(wire, page, context, product.write_key)
    await click(page, "#agree")
    await click(page, 'main a[href="/products/wool-hat"]')
    await page.get_by_role("heading", name="Wool hat").wait_for()
    hat = "/products/wool-hat"

    async def begun() -> bool:
        return ("product_view", hat) in told(await product.activities())

    await product.until(begun, "the product view is stored")
    activities = await stored_visit(product, 2)
    assert ("page_view", hat) in told(activities)
    assert len(await product.visitors()) == 1
    cookies = {cookie["name"]: cookie for cookie in await context.cookies()}
    assert cookies["sw_id"]["value"] == (await product.visitors())[0]["anonymous_id"]
    assert cookies["sw_id"]["sameSite"] == "Lax"


async def test_consent_withdrawn_ends_the_visit_and_takes_the_id_away(
    page: Page, context: BrowserContext, product: Product, wire: Wire, watched_shop: ShopSite
) -> None:
    await page.goto(watched_shop.url)
    await stored_visit(product, 1)
    await page.evaluate("window.shopwarden.consent(false)")
    assert "sw_id" not in {cookie["name"] for cookie in await context.cookies()}
    wire.sent.clear()
    wire.cookies_set.clear()
    await click(page, "text=See the hats")
    await click(page, 'main a[href="/products/wool-hat"]')

    async def counted() -> bool:
        return sum(row["views"] for row in await product.counted()) == 2

    await product.until(counted, "two views are counted")
    await nothing_identifying(wire, page, context, product.write_key)
    assert told(await product.activities()) == [("page_view", "/")]
