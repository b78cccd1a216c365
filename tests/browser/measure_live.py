"""Prints how fast the live feed shows what a real browser does: `python -m tests.browser.measure_live [rounds]`.

Starts everything itself: database, Valkey, server, worker, shop, Chromium. Needs the browser files (`make browser`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.valkey import start_valkey
from shopwarden.store.database import Database
from shopwarden.store.migrate import migrate
from tests.browser.live_latency import Latency, measure, percentile
from tests.browser.live_stream import watching
from tests.browser.people import PERSON, PERSON_AGENT, chromium_on_path
from tests.browser.product import Installation, Product, open_store, server_and_worker
from tests.browser.shop.site import serve_shop

ROUNDS = 30


async def visit(product: Product, rounds: int, single_page: bool) -> list[Latency]:
    with serve_shop(product.url, product.write_key) as site:
        site.single_page = single_page
        async with async_playwright() as driver, watching(product.url, product.store_id, product.viewer_key) as viewer:
            browser = await driver.chromium.launch(executable_path=chromium_on_path(), args=PERSON)
            context = await browser.new_context(user_agent=PERSON_AGENT)
            found = await measure(await context.new_page(), site, viewer, rounds)
            await browser.close()
            return found


def show(name: str, found: list[Latency]) -> None:
    for what, values in (
        ("click to feed", [each.from_click for each in found]),
        ("event to feed", [each.from_event for each in found]),
    ):
        p50, p95, most = (percentile(values, share) * 1000 for share in (0.5, 0.95, 1.0))
        print(f"{name:12} {what:14} n={len(values)} p50 {p50:4.0f} ms  p95 {p95:4.0f} ms  most {most:4.0f} ms")


async def run(database_url: str, redis_url: str, rounds: int) -> None:
    with server_and_worker(database_url, redis_url) as server:
        database = await Database.connect(database_url)
        for name, single_page in (("pages", False), ("single page", True)):
            product = await open_store(Installation(server, database), name)
            show(name, await visit(product, rounds, single_page))
        await database.close()


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-live-", dir="/tmp"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    postgres = start_postgres(folder)
    valkey = start_valkey(folder)
    try:
        migrate(postgres.url)
        asyncio.run(run(postgres.url, valkey.url, int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
