"""The built web pixel in a real worker, as Shopify's strict sandbox runs it, beside the script on the shop's page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.product import Product
from tests.browser.shop.site import ShopSite

PURCHASE = Path(__file__).parents[2] / "tracker" / "web-pixel" / "test" / "purchase.ts"
CHECKOUT = "5d1e9a77b3c24f0c8a6e2f9041d7be35"

# What Shopify puts around a pixel: subscriptions fed by messages, and cookies and storage asked of the page.
AROUND = """
const waiting = new Map(), listeners = new Map();
let asked = 0;
const ask = (what, ...given) => new Promise((done) => {
  waiting.set((asked += 1), done);
  postMessage({ asked, what, given });
});
onmessage = ({ data }) => {
  if (data.event) listeners.get(data.event.name)?.(data.event);
  else if (data.consent) consented({ customerPrivacy: data.consent });
  else waiting.get(data.asked)(data.answer);
};
let consented = () => {};
const analytics = { subscribe: (name, callback) => listeners.set(name, callback) };
const browser = {
  cookie: { get: (name) => ask("cookie", name) },
  sessionStorage: { getItem: (key) => ask("getItem", key), setItem: (key, value) => ask("setItem", key, value) },
};
const init = INIT;
const api = { customerPrivacy: { subscribe: (_, callback) => (consented = callback) } };
const shopwarden = SETTINGS;
"""

BEGIN = """(source) => {
  const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(name + "="))?.split("=")[1] ?? "";
  const answers = {
    cookie, getItem: (key) => sessionStorage.getItem(key), setItem: (key, value) => sessionStorage.setItem(key, value),
  };
  window.pixel = new Worker(URL.createObjectURL(new Blob([source])));
  window.pixel.onmessage = ({ data }) =>
    window.pixel.postMessage({ asked: data.asked, answer: answers[data.what](...data.given) });
}"""


@pytest.fixture(scope="module")
def purchase() -> list[dict[str, Any]]:
    """Shopify's events of one purchase, happening now."""
    code = f"import {{ purchase }} from {json.dumps(str(PURCHASE))};"
    code += "process.stdout.write(JSON.stringify(purchase(Date.now() - 100_000)))"
    node = Path(sys.executable).with_name("node")
    ran = subprocess.run([node, "--input-type=module", "-e", code], capture_output=True, check=True, timeout=60)
    events: list[dict[str, Any]] = json.loads(ran.stdout)
    return events


async def start_pixel(page: Page, product: Product, built: Path, *, allowed: bool = True) -> None:
    privacy = {"customerPrivacy": {"analyticsProcessingAllowed": allowed, "marketingAllowed": False}}
    settings = {"writeKey": product.write_key, "host": product.url}
    around = AROUND.replace("INIT", json.dumps(privacy)).replace("SETTINGS", json.dumps(settings))
    await page.evaluate(BEGIN, around + (built / "pixel.js").read_text("utf-8"))


async def tell(page: Page, events: list[dict[str, Any]]) -> None:
    await page.evaluate("(events) => events.forEach((event) => window.pixel.postMessage({ event }))", events)


async def test_script_and_pixel_see_one_visitor_through_to_the_order(
    page: Page, product: Product, shop_site: ShopSite, built: Path, purchase: list[dict[str, Any]]
) -> None:
    await page.goto(shop_site.url)
    await start_pixel(page, product, built)
    await tell(page, purchase)
    views_of_the_script, views_in_the_checkout = 1, 2
    others = [event for event in purchase if event["name"] != "page_viewed"]
    stored = await product.settled(views_of_the_script + views_in_the_checkout + len(others))
    kinds = [row["activity_type"] for row in stored]
    assert kinds.count("page_view") == views_of_the_script + views_in_the_checkout
    assert kinds.count("order_completed") == 1
    (visitor,) = await product.visitors()
    named = await page.evaluate("document.cookie.match(/sw_id=([^;]+)/)[1]")
    assert visitor["anonymous_id"] == named
    tokens = await product.rows("checkout_tokens", "kind, token")
    assert CHECKOUT in [row["token"] for row in tokens]
    failed = next(row for row in stored if row["activity_type"] == "payment_failed")
    assert failed["properties"]["checkout_token"] == CHECKOUT


async def test_without_consent_the_pixel_is_silent_until_it_is_given(
    page: Page, product: Product, shop_site: ShopSite, built: Path, purchase: list[dict[str, Any]]
) -> None:
    sent: list[str] = []
    await page.route("**/t.js", lambda route: route.abort())
    page.context.on("request", lambda request: sent.append(request.url))
    await page.goto(shop_site.url)
    await start_pixel(page, product, built, allowed=False)
    await tell(page, purchase[:12])
    await page.wait_for_timeout(1_500)
    assert not [url for url in sent if "/v1/" in url]
    assert await product.activities() == []
    allowed = {"analyticsProcessingAllowed": True, "marketingAllowed": False}
    await page.evaluate("(consent) => window.pixel.postMessage({ consent })", allowed)
    await tell(page, purchase[12:])
    stored = await product.settled(len(purchase) - 12)
    assert {row["activity_type"] for row in stored} >= {"checkout_step_completed", "payment_failed", "order_completed"}
    (visitor,) = await product.visitors()
    assert visitor["anonymous_id"] == purchase[0]["clientId"]
    assert "robin.fielding" not in json.dumps(stored, default=str), "an e-mail address needs consent to marketing"
