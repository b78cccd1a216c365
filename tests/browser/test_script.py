"""The tracking script in a real browser: early calls, a way that comes back, leaving, marks and the fingerprint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.people import PERSON_AGENT, click
from tests.browser.product import Product
from tests.browser.shop.site import ShopSite, serve_shop
from tests.browser.walk import left, stored_visit, told
from tests.browser.wire import Wire, wire_to

EARLY = (
    "<script>window.shopwarden=window.shopwarden||[];shopwarden.push(['track','Early Event',{n:1}]);"
    "shopwarden.push(['identify','7001',{plan:'gold'}]);</script>"
)

MARKED = (
    '<button data-sw-track="Product Added" data-sw-product-id="p-7" data-sw-price="19.90"><i id="i">add</i></button>'
    '<form data-sw-search action="#" onsubmit="return false">'
    '<input type="search" value="felt hat"><button id="s">go</button></form>'
)


@pytest.fixture
def wire(product: Product) -> Iterator[Wire]:
    with wire_to(product.url) as opened:
        yield opened


@pytest.fixture
def watched(wire: Wire, product: Product) -> Iterator[ShopSite]:
    with serve_shop(wire.url, product.write_key) as site:
        yield site


def messages(wire: Wire) -> list[dict[str, Any]]:
    """Every message the browser sent, each once, in the order it was first sent."""
    found: dict[str, dict[str, Any]] = {}
    for sent in wire.posts():
        for message in json.loads(sent.body).get("batch", []):
            found.setdefault(message["messageId"], message)
    return list(found.values())


async def kept_back(page: Page, last: int) -> list[dict[str, Any]]:
    """What waits in the browser, once the event numbered `last` waits there too."""
    waits = "last => JSON.parse(localStorage.sw_q ?? '[]').some(one => JSON.parse(one.s).properties?.n === last)"
    await page.wait_for_function(waits, arg=last)
    found: list[dict[str, Any]] = json.loads(await page.evaluate("localStorage.sw_q"))
    return found


async def test_calls_made_before_the_script_is_there_are_not_lost(page: Page, product: Product, shop_site: ShopSite) -> None:
    shop_site.head = EARLY
    await page.goto(shop_site.url)
    kinds = [row["activity_type"] for row in await stored_visit(product, 3)]
    assert kinds == ["page_view", "early_event", "identify"]


async def test_every_method_of_the_tracking_api_arrives(page: Page, product: Product, shop_site: ShopSite) -> None:
    await page.goto(shop_site.url)
    await stored_visit(product, 1)
    calls = (
        "track('Product Shared',{via:'mail'})", "identify('7001',{plan:'gold'})", "identify({plan:'iron'})",
        "group('g-1',{name:'Wholesale'})", "alias('7001','old')", "page('Shop','Hats',{season:'autumn'})",
    )  # fmt: skip
    for call in calls:
        await page.evaluate(f"window.shopwarden.{call}")
    kinds = [row["activity_type"] for row in await stored_visit(product, 7)]
    assert kinds == ["page_view", "product_share", "identify", "identify", "group", "alias", "page_view"]
    assert await page.evaluate("new Promise(done => window.shopwarden.ready(() => done('ready')))") == "ready"


async def test_no_request_is_asked_for_before_it_is_sent(
    page: Page, wire: Wire, product: Product, watched: ShopSite
) -> None:
    await page.goto(watched.url)
    await stored_visit(product, 1)
    assert [sent.path for sent in wire.sent if sent.method == "OPTIONS"] == []
    assert {"cookie", "authorization"} & {name.lower() for sent in wire.posts() for name in sent.headers} == set()


async def test_what_happens_offline_is_stored_once_when_the_way_is_back(
    page: Page, context: BrowserContext, product: Product, shop_site: ShopSite
) -> None:
    await page.goto(shop_site.url)
    await stored_visit(product, 1)
    await context.set_offline(True)
    for number in range(5):
        await page.evaluate(f"window.shopwarden.track('Offline Event', {{n: {number}}})")
    kept = await kept_back(page, 4)
    assert len(kept) == 5
    await context.set_offline(False)
    activities = await stored_visit(product, 6)
    assert [row["properties"]["n"] for row in activities if row["activity_type"] == "offline_event"] == [0, 1, 2, 3, 4]
    assert await page.evaluate("localStorage.sw_q") is None
    assert await page.evaluate("window.shopErrors") == []


async def test_what_waits_is_bounded_and_dropped_after_a_day(page: Page, product: Product, shop_site: ShopSite) -> None:
    old = "[{i:'old',t:Date.now()-864e5-1e3,s:'{}'}]"
    await page.add_init_script(f"localStorage.sw_q ??= JSON.stringify({old})")
    await page.goto(shop_site.url)
    assert told(await stored_visit(product, 1)) == [("page_view", "/")]
    await page.context.set_offline(True)
    await page.evaluate("for (let n = 0; n < 500; n++) shopwarden.track('Flood', {n})")
    kept = await kept_back(page, 499)
    assert len(kept) == 100
    assert json.loads(kept[-1]["s"])["properties"]["n"] == 499


async def test_a_busy_server_is_given_the_time_it_asks_for(page: Page, product: Product, shop_site: ShopSite) -> None:
    times: list[float] = []
    clock = asyncio.get_running_loop().time

    async def busy_once(route: Any) -> None:
        times.append(clock())
        if len(times) > 1:
            await route.continue_()
            return
        headers = {"Retry-After": "2", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
        await route.fulfill(status=429, headers=headers, body="{}")

    await page.route("**/v1/batch", busy_once)
    await page.goto(shop_site.url)
    await stored_visit(product, 1)
    assert len(times) == 2
    # Up to a quarter less, so that not all come back in the same moment.
    assert 1.4 < times[1] - times[0] < 4


async def test_leaving_a_page_is_told_by_a_beacon(page: Page, wire: Wire, product: Product, watched: ShopSite) -> None:
    await page.goto(watched.url)
    await stored_visit(product, 1)
    await page.mouse.move(30, 400)
    await page.mouse.down()
    await page.mouse.up()
    await asyncio.sleep(0.6)
    await page.close(run_before_unload=False)

    async def gone() -> bool:
        return "page_left" in await product.kinds()

    await product.until(gone, "the leaving is stored")
    # A tab that closes may be hidden first: each leaving tells what came since the one before.
    told_left = left(await product.activities())
    assert {path for path, _ in told_left} == {"/"}
    assert 0.5 <= sum(properties["visible_seconds"] for _, properties in told_left) < 10
    assert sum(properties["inputs"] for _, properties in told_left) >= 1
    assert all(0 < properties["scroll_depth"] <= 100 for _, properties in told_left)


async def test_data_attributes_tell_events_without_a_line_of_script(
    page: Page, product: Product, shop_site: ShopSite
) -> None:
    await page.goto(shop_site.url)
    await page.evaluate("html => document.querySelector('main').insertAdjacentHTML('afterbegin', html)", MARKED)
    await click(page, "#i")
    await click(page, "#s")
    rows = {row["activity_type"]: row["properties"] for row in await stored_visit(product, 3)}
    assert rows["add_to_cart"] == {"product_id": "p-7", "price": "19.90"}
    assert rows["search"] == {"query": "felt hat"}


async def test_a_click_id_names_the_source(page: Page, product: Product, shop_site: ShopSite) -> None:
    await page.goto(shop_site.url + "/collections/hats?gclid=Cj0KCQ")
    await stored_visit(product, 2)
    assert (await product.sessions())[0]["source"] == "google"


@pytest.mark.parametrize("turned_on", [True, False])
async def test_the_fingerprint_is_taken_only_where_the_store_turned_it_on(
    page: Page, wire: Wire, product: Product, watched: ShopSite, turned_on: bool
) -> None:
    await product.put("/tracker", {"fingerprint": turned_on, "consent": "assumed"})
    await page.goto(watched.url)
    await click(page, "text=See the hats")
    await stored_visit(product, 3)
    prints = {message["context"]["device"].get("fingerprint") for message in messages(wire)}
    loaded = [sent.path for sent in wire.sent if sent.path.startswith("/fp.js")]
    assert bool(loaded) is turned_on
    devices = await product.rows("devices", "id")
    assert [device["is_strong"] for device in devices] == [turned_on]
    assert len(prints) == 1
    assert (prints == {None}) is not turned_on
    assert (await product.visitors())[0]["device_changes"] == 0


async def test_a_fingerprint_that_fails_harms_nothing(page: Page, product: Product, shop_site: ShopSite) -> None:
    await product.put("/tracker", {"fingerprint": True, "consent": "assumed"})
    await page.route(
        "**/fp.js", lambda route: route.fulfill(body="throw new Error('broken')", content_type="text/javascript")
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(shop_site.url)
    assert told(await stored_visit(product, 1)) == [("page_view", "/")]
    # The part's own error is the browser's to tell; the script and the page go on.
    assert all("broken" in error for error in errors)
    await page.evaluate("window.shopwarden.track('Product Shared')")
    await stored_visit(product, 2)


async def test_where_consent_is_required_nothing_is_told_until_the_page_says_so(
    page: Page, context: BrowserContext, wire: Wire, product: Product, watched: ShopSite
) -> None:
    await product.put("/tracker", {"consent": "required"})
    await page.goto(watched.url)

    async def counted() -> bool:
        return sum(row["views"] for row in await product.counted()) == 1

    await product.until(counted, "the view is counted")
    assert await product.kinds() == []
    await page.evaluate("window.shopwarden.consent(true)")
    assert told(await stored_visit(product, 1)) == [("page_view", "/")]
    # Once given, it holds on the next page without being given again.
    await click(page, "text=See the hats")
    await stored_visit(product, 3)
    await page.evaluate("window.shopwarden.consent(false)")
    assert "sw_id" not in {cookie["name"] for cookie in await context.cookies()}
    assert await page.evaluate("[localStorage.sw_id, localStorage.sw_q]") == [None, None]


async def test_what_marks_a_driven_browser_is_told_in_fixed_words(
    headless_chromium: Browser, wire: Wire, product: Product, watched: ShopSite
) -> None:
    context = await headless_chromium.new_context()
    page = await context.new_page()
    await page.goto(watched.url)
    await stored_visit(product, 1)
    device = messages(wire)[0]["context"]["device"]
    assert device["automated"] is True
    assert {"webdriver", "headless_agent"} <= set(device["marks"])
    await context.close()


async def test_a_person_has_no_mark(page: Page, wire: Wire, product: Product, watched: ShopSite) -> None:
    await page.goto(watched.url)
    await stored_visit(product, 1)
    first = messages(wire)[0]
    assert first["context"]["device"] == {"automated": False, "marks": []}
    assert first["context"]["userAgent"] == PERSON_AGENT
    assert first["context"]["screen"] == {"width": 1280, "height": 800}
    assert first["context"]["timezone"] == "Europe/London"


async def test_a_page_without_storage_and_without_cookies_is_still_told(
    page: Page, product: Product, shop_site: ShopSite
) -> None:
    await page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new DOMException('denied') }});"
        "Object.defineProperty(Document.prototype, 'cookie', {get() { throw new DOMException('denied') },"
        " set() { throw new DOMException('denied') }})"
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(shop_site.url)
    assert told(await stored_visit(product, 1)) == [("page_view", "/")]
    assert [error for error in errors if "t.js" in error] == []
