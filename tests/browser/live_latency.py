"""How long it takes from a click in a shop until the live feed shows it: a real browser, one click after another."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime

from playwright.async_api import Page

from tests.browser.live_stream import Viewer, Visitor
from tests.browser.people import GLANCE
from tests.browser.shop.goods import GOODS
from tests.browser.shop.site import ShopSite

SLOWEST = 5.0


@dataclass(frozen=True)
class Latency:
    """Seconds until the feed's viewer had it: from the mouse's click (the next page loads meanwhile), and from the event."""

    what: str
    from_click: float
    from_event: float


async def click_and_see(page: Page, viewer: Viewer, selector: str, activity: str, path: str) -> Latency:
    """Clicks, and waits until the feed shows the visitor doing `activity` (any, where it is "") at `path`."""
    await asyncio.sleep(GLANCE)
    since = time.time()

    def wanted(visitor: Visitor) -> bool:
        return visitor["page"] == path and activity in ("", visitor["activity"]) and _seconds(visitor["at"]) >= since - 0.05

    await page.locator(selector).first.click()
    at, visitor = await viewer.first(wanted, SLOWEST)
    return Latency(f"{activity or 'view'} {path}", at - since, at - _seconds(visitor["at"]))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


async def measure(page: Page, site: ShopSite, viewer: Viewer, rounds: int) -> list[Latency]:
    """Each round: to the collection, to a product, remembered, into the cart; four clicks, at a person's pace."""
    found = []
    await page.goto(site.url)
    for number in range(rounds):
        good = GOODS[number % len(GOODS)]
        path = f"/products/{good.handle}"
        for selector, activity, goal in (
            ('nav a[href="/collections/all"]', "", "/collections/all"),
            (f'main a[href="{path}"]', "", path),
            ("#wish", "wishlist_add", path),
            ("#add", "", "/cart"),
        ):
            found.append(await click_and_see(page, viewer, selector, activity, goal))
    return found


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1))]
