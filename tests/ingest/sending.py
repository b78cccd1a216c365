"""Sends to the collect endpoints as a browser or a server would, and reads back what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx

from shopwarden.ingest.collect import CollectApp
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.vendors.offline.ip import IpLookup

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1"
)
PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
)

LOOKUP = IpLookup()


class Sender:
    def __init__(self, client: httpx.AsyncClient, key: str, app: CollectApp) -> None:
        self.client, self.key, self.app = client, key, app

    async def post(self, kind: str, body: object, **more: Any) -> httpx.Response:
        return await self.client.post(f"/v1/{kind}", json=body, auth=(self.key, ""), **more)

    async def raw(self, kind: str, body: bytes, **more: Any) -> httpx.Response:
        return await self.client.post(f"/v1/{kind}", content=body, auth=(self.key, ""), **more)


@asynccontextmanager
async def collecting(database: Database, store_id: UUID, *, trusted: Any = (), per_minute: int = 0) -> AsyncIterator[Sender]:
    key = await create_key(database, name="script", scopes=["ingest"], store_id=store_id)  # type: ignore[arg-type]
    app = CollectApp(database, LOOKUP, trusted, per_minute)
    await app.start()
    transport = httpx.ASGITransport(app=app, client=("198.51.100.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://collect.test") as client:
        yield Sender(client, key.secret, app)
    await app.stop()


def track(event: str, anonymous: str = "anon-1", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "anonymousId": anonymous, **more}


def page(anonymous: str = "anon-1", path: str = "/", **more: Any) -> dict[str, Any]:
    context = {"page": {"path": path}, "userAgent": CHROME, **more.pop("context", {})}
    return {"type": "page", "anonymousId": anonymous, "context": context, **more}


async def one_visitor(database: Database, anonymous: str = "anon-1") -> dict[str, Any]:
    row = await database.pool.fetchrow("SELECT * FROM visitors WHERE anonymous_id = $1", anonymous)
    assert row is not None
    return dict(row)


async def activities(database: Database) -> list[dict[str, Any]]:
    return [dict(row) for row in await database.pool.fetch("SELECT * FROM customer_activities ORDER BY created_at, id")]
