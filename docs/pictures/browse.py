"""Photographs what only a browser shows: a visit beside the live widget, light and dark, its journey, and the store's flows.

Wants SHOPWARDEN_PORT and the file `shopwarden up` printed its keys to: `python docs/pictures/browse.py UP_LOG`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from playwright.async_api import Browser, Page, async_playwright

from tests.browser import people
from tests.browser.people import PERSON, PERSON_AGENT, chromium_on_path
from tests.browser.shop.site import ShopSite, serve_shop
from tests.browser.walk import arrive, into_cart, look, search, to_product, try_to_pay
from tests.browser.wire import wire_to

HERE = Path(__file__).parent
VIEW = {"width": 1000, "height": 720}
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
REFUSED = 4
PACE = 1.1
"""Seconds before each click: a person reads first."""
# Somebody else in the shop: address, browser, where from, pages seen one after another.
OTHERS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("91.10.20.30", PHONE, "https://www.instagram.com/", ("/", "/collections/hats", "/products/sun-hat")),
    ("90.1.2.3", FIREFOX, "https://www.google.fr/", ("/products/sea-cup", "/cart")),
    ("1.128.10.20", PHONE, "", ("/collections/scarves",)),
    ("98.97.10.20", PERSON_AGENT, "https://duckduckgo.com/", ("/", "/search", "/products/moss-beanie")),
)


class Place:
    """The running product, as `up` printed it."""

    def __init__(self, log: str) -> None:
        found = dict(re.findall(r"^\s*(\w[\w ]*?)\s{2,}(\S+)\s*$", log, re.MULTILINE))
        self.url = found["shopwarden is up"].rstrip("/")
        self.store, self.write_key, self.api_key = found["Store"], found["Write key"], found["API key"]
        self.headers = {"Authorization": f"Bearer {self.api_key}"}

    async def get(self, path: str, **parameters: str) -> Any:
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=30) as client:
            return (await client.get(path, params=parameters)).raise_for_status().json()

    async def viewer_key(self) -> str:
        body = {"name": "pictures", "scopes": ["live:read"]}
        headers = self.headers | {"X-Store-Id": self.store}
        async with httpx.AsyncClient(base_url=self.url, headers=headers) as client:
            return str((await client.post("/api/keys", json=body)).raise_for_status().json()["key"])


async def others(place: Place) -> None:
    now = datetime.now(UTC)
    batch = [
        {
            "type": "page", "anonymousId": f"other-{number}",
            "timestamp": (now - timedelta(seconds=20 * (len(pages) - step) + 9 * number)).isoformat(),
            "context": {"ip": ip, "userAgent": agent, "page": {"path": page, "referrer": referrer if not step else ""}},
        }
        for number, (ip, agent, referrer, pages) in enumerate(OTHERS)
        for step, page in enumerate(pages)
    ]  # fmt: skip
    async with httpx.AsyncClient(base_url=place.url, auth=(place.write_key, "")) as client:
        (await client.post("/v1/batch", json={"batch": batch})).raise_for_status()


class Admin:
    """An admin page with the widget on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taken: list[bytes] = []

    async def open_first(self) -> None:
        """Shows what is known of the visitor on top."""
        await self.page.locator("shopwarden-live [aria-expanded]").first.click()
        await self.page.mouse.move(0, 0)

    async def take(self) -> None:
        self.taken.append(await self.page.screenshot())


@contextmanager
def admin_site(place: Place, key: str) -> Iterator[str]:
    """The address of the admin page, on an origin of its own."""
    html = (HERE / "admin.html").read_text("utf-8")
    for word, value in (("URL", place.url), ("STORE", place.store), ("KEY", key)):
        html = html.replace(word, value)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://admin.localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


async def admin_page(browser: Browser, address: str, scheme: Any) -> Admin:
    context = await browser.new_context(viewport=VIEW, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(address)
    return Admin(page)


async def visit(page: Page, site: ShopSite, admins: list[Admin]) -> list[bytes]:
    """A visit that ends in a refused card; at two moments the shop and the admin pages are photographed."""
    taken = []
    people.GLANCE = PACE

    async def moment() -> None:
        await asyncio.sleep(1.2)
        taken.append(await page.screenshot())
        for admin in admins:
            await admin.take()

    await arrive(page, site)
    await to_product(page)
    await look(page)
    await search(page, "scarf")
    await into_cart(page, "long-scarf")
    await moment()
    await page.locator("#checkout").click()
    for _ in range(REFUSED):
        await try_to_pay(page)
        await page.get_by_role("alert").wait_for()
        await asyncio.sleep(people.GLANCE)
    for admin in admins:
        await admin.open_first()
    await moment()
    return taken


def image(taken: bytes) -> str:
    return f'<img src="data:image/png;base64,{base64.b64encode(taken).decode()}">'


async def draw(browser: Browser, template: str, name: str, **words: str) -> None:
    html = (HERE / template).read_text("utf-8")
    for word, value in words.items():
        html = html.replace(word, value)
    page = await browser.new_page(viewport={"width": 1600, "height": 600})
    await page.set_content(html, wait_until="load")
    await page.locator("body").screenshot(path=HERE / name)
    await page.close()


async def beside(browser: Browser, shop: list[bytes], admins: dict[str, Admin]) -> None:
    words = ("A scarf goes into the cart", f"The card is refused {REFUSED} times")
    for scheme, admin in admins.items():
        moments = "".join(
            f"<section><p>{said}</p><div>{image(left)}{image(right)}</div></section>"
            for said, left, right in zip(words, shop, admin.taken, strict=True)
        )
        ground, ink = ("#ffffff", "#1d2330") if scheme == "light" else ("#0d1117", "#e8ebf1")
        await draw(browser, "beside.html", f"live-{scheme}.png", GROUND=ground, INK=ink, MOMENTS=moments)


async def main(log: str) -> None:
    place = Place(log)
    await others(place)
    with (
        wire_to(place.url) as wire,
        serve_shop(wire.url, place.write_key) as site,
        admin_site(place, await place.viewer_key()) as admin,
    ):
        wire.adds["X-Forwarded-For"] = "81.2.69.142"
        site.refusals = REFUSED
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=chromium_on_path(), args=[*PERSON, "--hide-scrollbars"])
            await photograph(browser, place, site, admin)
            await browser.close()


async def photograph(browser: Browser, place: Place, site: ShopSite, admin: str) -> None:
    admins = {scheme: await admin_page(browser, admin, scheme) for scheme in ("light", "dark")}
    context = await browser.new_context(user_agent=PERSON_AGENT, viewport=VIEW)  # type: ignore[arg-type]
    page = await context.new_page()
    taken = await visit(page, site, list(admins.values()))
    (cookie,) = [one for one in await context.cookies() if one["name"] == "sw_id"]
    await beside(browser, taken, admins)
    found = await place.get(f"/api/stores/{place.store}/visitors", search=cookie["value"])
    journey = await place.get(f"/api/visitors/{found['visitors'][0]['visitorId']}/journey")
    await draw(browser, "journey.html", "journey.png", JOURNEY=json.dumps(journey))
    flows = await place.get(f"/api/stores/{place.store}/flows")
    await draw(browser, "flows.html", "flows.png", FLOWS=json.dumps(flows))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_text("utf-8")))
