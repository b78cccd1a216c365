"""Visitors from an outside Tracker: a real HTTP server that speaks the contract, and what happens when it does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from shopwarden.errors import StopError
from shopwarden.outbound.send import Sender
from shopwarden.settings import Settings
from shopwarden.vendors.tracker import ask_visitor
from tests.api.conftest import ClientFor

VISITOR = {
    "visitorId": "v-1", "ip": "203.0.113.7", "sessions": 3, "firstSeen": "2026-03-01T00:00:00Z",
    "lastSeen": "2026-03-02T00:00:00Z", "pageViews": 9, "avgSessionDuration": 61.5, "deviceFingerprint": "f00d",
    "location": {"country": "DE", "city": "Berlin"},
}  # fmt: skip
DETAIL = {
    "visitorId": "v-1",
    "behavior": {"bounceRate": 0.5, "conversionRate": 0.25, "cartAbandonment": 2, "averageOrderValue": 19.9},
    "riskIndicators": {"multipleDevices": True, "vpnDetected": False, "rapidActivity": False},
}


class Tracker:
    """Speaks the contract for one store and one key, and can be made to misbehave."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status, self.body = 200, ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        self.asked.append(path)
        status, body = self.answer(path, "Bearer tracker-secret" in head)
        raw = body.encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\nRetry-After: 7\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(raw)
        await writer.drain()
        writer.close()

    def answer(self, path: str, knows: bool) -> tuple[int, str]:
        if not knows:
            return 401, "{}"
        if self.status != 200 or self.body:
            return self.status, self.body
        answers = {"/api/stores/s-9/visitors": {"visitors": [VISITOR]}, "/api/visitors/v-1": DETAIL}
        found = answers.get(urlsplit(path).path)
        return (200, json.dumps(found)) if found else (404, "{}")


@pytest.fixture
async def tracker() -> AsyncIterator[tuple[Tracker, str]]:
    spoken = Tracker()
    server = await asyncio.start_server(spoken.serve, "127.0.0.1", 0)
    async with server:
        yield spoken, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def settings(tracker: tuple[Tracker, str]) -> Settings:
    return Settings(tracker_url=tracker[1], tracker_api_key="tracker-secret", allow_internal_hosts="127.0.0.1")


@pytest.fixture
async def path(database: object, store_id: UUID) -> str:
    await database.pool.execute(  # type: ignore[attr-defined]
        "UPDATE stores SET settings = $2 WHERE id = $1", store_id, {"tracker_store_id": "s-9"}
    )
    return f"/api/stores/{store_id}/visitors"


async def test_both_answers_come_from_the_tracker(
    client: httpx.AsyncClient, tracker: tuple[Tracker, str], path: str
) -> None:
    page = (await client.get(path)).json()
    assert {name: page["visitors"][0][name] for name in VISITOR} == VISITOR
    detail = (await client.get("/api/visitors/v-1")).json()
    assert {name: detail[name] for name in DETAIL} == DETAIL
    assert tracker[0].asked == ["/api/stores/s-9/visitors", "/api/visitors/v-1"]
    await client.get(path)
    assert len(tracker[0].asked) == 2, "asked again within seconds"


async def test_addresses_from_outside_are_masked_too(client_for: ClientFor, path: str) -> None:
    client = await client_for(["visitors:read"])
    assert (await client.get(path)).json()["visitors"][0]["ip"] == "203.0.113.x"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [(404, "{}", 404), (500, "", 503), (429, "", 503), (401, "", 502), (200, '{"visitors": 5}', 502), (200, "<html>", 502),
     (302, "", 502)],
)  # fmt: skip
async def test_its_errors_are_told_as_ours(
    client: httpx.AsyncClient, tracker: tuple[Tracker, str], path: str, status: int, body: str, told: int
) -> None:
    tracker[0].status, tracker[0].body = status, body
    answer = await client.get(path)
    assert answer.status_code == told
    assert answer.headers["content-type"] == "application/problem+json"
    assert "tracker-secret" not in answer.text
    if told == 503:
        assert int(answer.headers["retry-after"]) > 0


async def test_a_strange_id_stays_one_part_of_the_path(client: httpx.AsyncClient, tracker: tuple[Tracker, str]) -> None:
    assert (await client.get("/api/visitors/..%2F..%2Fadmin")).status_code == 404
    assert all(asked.count("/") == 3 for asked in tracker[0].asked)


async def test_one_store_of_several_does_not_read_anybodys_visitor(
    client: httpx.AsyncClient, client_for: ClientFor, other_store: UUID
) -> None:
    assert (await client.get("/api/visitors/v-1")).status_code == 403


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://10.0.0.1/"])
async def test_internal_addresses_are_not_asked(url: str) -> None:
    sender = Sender([urlsplit(url).hostname or ""])
    with pytest.raises(StopError, match="internal"):
        await sender.send(ask_visitor(url, "key", "v"))
    await sender.close()


async def test_other_hosts_are_not_asked() -> None:
    sender = Sender(["tracker.example"])
    with pytest.raises(StopError, match="may be asked"):
        await sender.send(ask_visitor("http://evil.example", "key", "v"))
    await sender.close()
