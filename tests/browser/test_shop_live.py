"""The live feed shows a visit while it runs: every step, with what the visitor's basket holds and where they come from."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.live_latency import SLOWEST, measure, percentile
from tests.browser.live_stream import watching
from tests.browser.product import Product
from tests.browser.shop.site import ShopSite
from tests.browser.walk import expected, stored_visit, whole_visit

PATIENCE = 2.0
"""Generous, since the machine may be busy; `measure_live` prints the real figures."""


async def test_each_click_is_shown_soon(page: Page, product: Product, shop_site: ShopSite) -> None:
    async with watching(product.url, product.store_id, product.viewer_key) as viewer:
        found = await measure(page, shop_site, viewer, 3)
    values = [each.from_click for each in found]
    print(f"click to feed: p50 {percentile(values, 0.5) * 1000:.0f} ms, p95 {percentile(values, 0.95) * 1000:.0f} ms")
    assert max(values) < SLOWEST
    assert percentile(values, 0.5) < PATIENCE


async def test_the_feed_tells_the_visit_as_it_goes(page: Page, product: Product, shop_site: ShopSite) -> None:
    async with watching(product.url, product.store_id, product.viewer_key) as viewer:
        await whole_visit(page, shop_site)
        await viewer.first(lambda visitor: visitor["orders"] == 1)
    await stored_visit(product, len(expected(shop_site.the_cart().checkout)))
    states = viewer.states()
    assert len({state["visitorId"] for state in states}) == 1
    shown: list[str] = []
    for state in states:
        if state["page"] not in shown:
            shown.append(state["page"])
    # The address of a checkout opens it, so it is not told.
    checkout = "/checkouts/***"
    assert shown == [
        "/", "/collections/hats", "/products/wool-hat", "/search", "/products/long-scarf", "/cart", checkout,
        f"{checkout}/thank_you",
    ]  # fmt: skip
    assert {state["source"] for state in states} == {"newsletter"}
    assert max(float(state["basketValue"] or 0) for state in states) == 58.0
    assert states[-1]["device"]["browser"] == "Chrome"
    assert states[-1]["isBot"] is False
    text = str(states)
    assert "127.0.0.1" not in text
    assert "ann@example.com" not in text
