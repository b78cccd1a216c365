"""How a person's browser is started and how a person uses it: moving, clicking and typing, never by script."""

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


async def fill(page: Page, what: str, words: str) -> None:
    """Clicks into a field and types."""
    await page.locator(what).first.click()
    await page.keyboard.type(words)
