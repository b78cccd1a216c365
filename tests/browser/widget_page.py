"""Somebody's admin page with the live widget on it, visitors for it to show, and a line to the product that can be cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from playwright.async_api import Locator, Page

from tests.browser.people import PERSON_AGENT
from tests.browser.product import Product

GERMAN, FRENCH = "91.10.20.30", "90.1.2.3"


def widget(product: Product, key: str | None = None, **attributes: str) -> str:
    """The two lines a merchant pastes."""
    given = {"store": str(product.store_id), "key": key or product.viewer_key} | attributes
    shown = " ".join(f'{name}="{escape(value)}"' for name, value in given.items())
    return f'<script src="{product.url}/live.js" defer></script><shopwarden-live {shown}></shopwarden-live>'


@contextmanager
def admin_page(html: str) -> Iterator[str]:
    """The address of a page on an origin of its own, with the strict policy an admin may have."""
    policy = "<meta http-equiv='Content-Security-Policy' content=\"style-src 'self'; script-src *; connect-src *\">"
    page = f"<!doctype html><meta charset=utf-8>{policy}<title>Admin</title><body>{html}</body>".encode()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


async def visit(product: Product, visitor: str, *events: dict[str, Any], ip: str = GERMAN, referrer: str = "") -> None:
    """What a shop's own server passes on of a visitor: pages as {"page": path}, all else as {"event": name, ...}."""
    batch = []
    now = datetime.now(UTC)
    for number, event in enumerate(events):
        path = event.get("page", "/checkout")
        context = {"ip": ip, "userAgent": PERSON_AGENT, "page": {"path": path, "referrer": referrer}}
        kind = {"type": "page"} if "page" in event else {"type": "track", "event": event["event"]}
        about = {name: value for name, value in event.items() if name not in ("page", "event")}
        at = (now + timedelta(milliseconds=number - len(events))).isoformat()
        kind |= {"timestamp": at}
        batch.append({**kind, "anonymousId": visitor, "messageId": str(uuid4()), "context": context, "properties": about})
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"{product.url}/v1/batch", json={"batch": batch}, auth=(product.write_key, ""))
        assert reply.status_code == 200, reply.text


def line_of(page: Page, path: str) -> Locator:
    """The visitor's line with this page in it."""
    return page.locator("shopwarden-live .row", has=page.get_by_text(path, exact=True))


class Line:
    """A line that can be cut and mended; `requests` are the heads that went through it."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.requests: list[str] = []
        self.url = ""
        self.is_cut = False
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        self.is_cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def mend(self) -> None:
        self.is_cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self.target.hostname, self.target.port)
        self._open |= {writer, far_writer}
        await asyncio.gather(
            self._pass(reader, far_writer, self.requests), self._pass(far_reader, writer, []), return_exceptions=True
        )
        self._open -= {writer, far_writer}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: list[str]) -> None:
        try:
            while piece := await reader.read(65_536):
                kept.append(piece.decode("latin-1"))
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def line_to(product: Product) -> AsyncIterator[Line]:
    line = Line(product.url)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield line
    line.cut()
    server.close()
