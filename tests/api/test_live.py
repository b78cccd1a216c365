"""The live feed over HTTP: who may open it, from where, what it says, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from shopwarden.api.live_connection import OpenFeeds
from shopwarden.domain.ids import StoreId
from shopwarden.settings import Settings
from shopwarden.store.api_keys import create_key, revoke_key
from shopwarden.store.database import Database
from shopwarden.web import Application
from tests.api.rows import add_visitor
from tests.live.feeding import PATIENCE, Event, read_events

ORIGIN = "https://admin.example"


class Open:
    """One request in process, its answer read while it still goes on."""

    def __init__(self, application: Application, path: str, method: str, headers: dict[str, str]) -> None:
        self._came: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._gone = asyncio.Event()
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": raw,
            "client": ("203.0.113.9", 40_000), "server": ("shopwarden.test", 80), "state": {},
        }  # fmt: skip
        self.task = asyncio.create_task(application(scope, self._receive, self._came.put))  # type: ignore[arg-type]
        self._asked = False
        self.status = 0
        self.headers: dict[str, str] = {}

    async def _receive(self) -> dict[str, object]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def start(self) -> None:
        message = await asyncio.wait_for(self._came.get(), PATIENCE)
        self.status = int(message["status"])  # type: ignore[call-overload]
        self.headers = {name.decode(): value.decode() for name, value in message["headers"]}  # type: ignore[attr-defined]

    async def body(self) -> tuple[bytes, bool]:
        message = await asyncio.wait_for(self._came.get(), PATIENCE)
        return message.get("body", b""), bool(message.get("more_body"))  # type: ignore[return-value]

    async def event(self) -> Event:
        while True:
            text, more = await self.body()
            if events := read_events(text):
                return events[0]
            assert more, "the feed ended"

    async def close(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.task, PATIENCE)


@asynccontextmanager
async def opened(
    application: Application, store: object, key: str = "", method: str = "GET", **headers: str
) -> AsyncIterator[Open]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        named["Authorization"] = f"Bearer {key}"
    one = Open(application, f"/api/stores/{store}/live", method, named)
    await one.start()
    yield one
    await one.close()


async def key_of(database: Database, store_id: UUID, *scopes: str) -> str:
    return (await create_key(database, name="viewer", scopes=scopes, store_id=StoreId(store_id))).secret


@pytest.mark.parametrize("scope", ["live:read", "visitors:read", "admin"])
async def test_a_snapshot_comes_first(application: Application, database: Database, store_id: UUID, scope: str) -> None:
    async with opened(application, store_id, await key_of(database, store_id, scope)) as feed:
        assert (feed.status, feed.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert feed.headers["cache-control"] == "no-store"
        assert (await feed.body())[0] == b"retry: 2000\n\n"
        event = await feed.event()
        assert (event.name, event.data["visitors"], event.data["total"]) == ("snapshot", [], 0)
        assert event.id


async def test_a_page_view_arrives_while_the_feed_is_open(
    application: Application, database: Database, store_id: UUID
) -> None:
    import httpx

    write_key = await key_of(database, store_id, "ingest")
    async with opened(application, store_id, await key_of(database, store_id, "live:read")) as feed:
        begun = await feed.event()
        transport = httpx.ASGITransport(application, client=("203.0.113.50", 40_000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shopwarden.test", auth=(write_key, "")) as shop:
            await shop.post("/v1/page", json={"anonymousId": "a", "context": {"page": {"path": "/products/lamp"}}})
        event = await feed.event()
        assert (event.name, event.data["visitors"][0]["pageKind"]) == ("visitors", "product")
    resumed = opened(application, store_id, await key_of(database, store_id, "live:read"), last_event_id=begun.id)
    async with resumed as feed:
        assert (await feed.event()).name == "now"
        missed = await feed.event()
        assert (missed.name, missed.id, missed.pages) == ("visitors", event.id, event.pages)


@pytest.mark.parametrize("scopes", [["customers:read"], ["ingest"], ["orders:check", "pii:read"]])
async def test_other_keys_are_refused(
    application: Application, database: Database, store_id: UUID, scopes: list[str]
) -> None:
    async with opened(application, store_id, await key_of(database, store_id, *scopes), origin=ORIGIN) as answer:
        assert answer.status == 403
        assert answer.headers["access-control-allow-origin"] == "*", "a page can read why"


@pytest.mark.parametrize("key", ["", "sw_00000000_unknown", "nonsense"])
async def test_without_a_valid_key_nothing_opens(application: Application, store_id: UUID, key: str) -> None:
    async with opened(application, store_id, key, origin=ORIGIN) as answer:
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (401, "*")


async def test_another_store_is_not_there(
    application: Application, database: Database, store_id: UUID, other_store: UUID
) -> None:
    await add_visitor(database, other_store)
    key = await key_of(database, store_id, "live:read")
    for named in (other_store, "other.example", "00000000-0000-0000-0000-000000000000", "no-shop.example"):
        async with opened(application, named, key) as answer:
            assert answer.status == 404


async def test_a_viewers_only_key_opens_nothing_else(application: Application, database: Database, store_id: UUID) -> None:
    import httpx

    headers = {"Authorization": f"Bearer {await key_of(database, store_id, 'live:read')}"}
    transport = httpx.ASGITransport(application, client=("203.0.113.50", 40_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://shopwarden.test", headers=headers) as client:
        for path in (f"/api/stores/{store_id}/visitors", "/api/customers", "/api/keys"):
            assert (await client.get(path)).status_code == 403


async def test_a_key_has_so_many_feeds_and_no_more(application: Application, database: Database, store_id: UUID) -> None:
    application.framework.state["open_feeds"] = OpenFeeds(2)
    key, other = [await key_of(database, store_id, "live:read") for _ in range(2)]
    async with opened(application, store_id, key) as first, opened(application, store_id, key) as second:
        assert first.status == second.status == 200
        async with opened(application, store_id, key) as third, opened(application, store_id, other) as fourth:
            assert (third.status, fourth.status) == (429, 200)
            assert third.headers["retry-after"]
    async with opened(application, store_id, key) as again:
        assert again.status == 200


async def test_a_feed_ends_with_its_key(
    application: Application, database: Database, store_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopwarden.api.live_connection.BEAT_SECONDS", 0.2)
    made = await create_key(database, name="viewer", scopes=["live:read"], store_id=StoreId(store_id))
    async with opened(application, store_id, made.secret) as feed:
        assert (await feed.event()).name == "snapshot"
        assert (await feed.event()).name == "now"
        await revoke_key(database, made.key.id)
        application.framework.state["key_cache"].forget(made.key.id)
        while (await feed.body())[1]:
            pass
        await asyncio.wait_for(feed.task, PATIENCE)


async def test_a_server_told_to_stop_ends_every_feed(application: Application, database: Database, store_id: UUID) -> None:
    key = await key_of(database, store_id, "live:read")
    async with opened(application, store_id, key) as one, opened(application, store_id, key) as two:
        for feed in (one, two):
            await feed.event()
        application.framework.state["live"].end_feeds()
        for feed in (one, two):
            assert await feed.body() == (b"", False)
            await asyncio.wait_for(feed.task, PATIENCE)


class TestOrigins:
    """Pages of any origin may watch, also where the operator allows other origins for the rest of the API."""

    @pytest.fixture(params=["", "https://only.example"])
    def settings(self, request: pytest.FixtureRequest) -> Settings:
        return Settings(rate_limit_per_minute=100_000, cors_origins=request.param)

    async def test_the_preflight_allows_what_a_viewer_sends(self, application: Application, store_id: UUID) -> None:
        asked = {"access_control_request_method": "GET", "access_control_request_headers": "authorization,last-event-id"}
        async with opened(application, store_id, method="OPTIONS", origin=ORIGIN, **asked) as answer:
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")
            allowed = answer.headers["access-control-allow-headers"].lower()
            assert "authorization" in allowed
            assert "last-event-id" in allowed

    @pytest.mark.parametrize("origin", [ORIGIN, "https://only.example", "null"])
    async def test_the_answer_may_be_read(
        self, application: Application, database: Database, store_id: UUID, origin: str
    ) -> None:
        async with opened(application, store_id, await key_of(database, store_id, "live:read"), origin=origin) as feed:
            assert (feed.status, feed.headers["access-control-allow-origin"]) == (200, "*")
            assert "access-control-allow-credentials" not in feed.headers
