"""How a person's browser is started and how a person uses it: moving, clicking, typing and going back."""

from __future__ import annotations

import asyncio
import os
import shutil

from playwright.async_api import Page

PERSON = ["--no-sandbox", "--disable-blink-features=AutomationControlled"]
PERSON_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
GLANCE = 0.1
"""Seconds before a click: nobody clicks before the page is there."""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def chromium_on_path() -> str | None:
    """The Chromium named in SHOPWARDEN_CHROMIUM, else the first on the PATH; None where there is none."""
    named = os.environ.get("SHOPWARDEN_CHROMIUM")
    return next((path for name in ([named] if named else PROGRAMS) if (path := shutil.which(name))), None)


async def click(page: Page, what: str) -> None:
    """Moves the mouse there and clicks. `what`: a selector."""
    await asyncio.sleep(GLANCE)
    await page.locator(what).first.click()


async def back(page: Page, url: str) -> None:
    await _travel(page, "back", url)


async def forward(page: Page, url: str) -> None:
    await _travel(page, "forward", url)


async def _travel(page: Page, way: str, url: str) -> None:
    # The browser's own way: the driver's asks a page for its history that may be going away just then.
    await page.evaluate(f"() => void setTimeout(() => history.{way}())")
    await page.wait_for_url(url, wait_until="commit")


async def fill(page: Page, what: str, words: str) -> None:
    """Clicks into a field and types."""
    await page.locator(what).first.click()
    await page.keyboard.type(words)
