"""What every answer has in common: problem documents, clean input, headers, health, metrics and the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from shopwarden.api.document import METHODS
from shopwarden.settings import Settings
from shopwarden.web import Application, build_app, openapi_document
from tests.api.conftest import ClientFor


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/customers", 405),
        ("GET", "/api/customers/not-an-id", 404),
        ("GET", "/api/customers/%00", 400),
        ("GET", "/api/customers?search=a%00b", 400),
        ("GET", "/api/customers?search=%ff%fe", 400),
        ("GET", "/api/visitors/%ff", 400),
        ("GET", "/api/customers?store_id=zzz", 400),
        ("GET", "/health/live?x=1", 400),
    ],
)
async def test_wrong_paths_and_queries(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:shopwarden:problem:")
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"name": "a\\u0000b", "scopes": ["admin"]}',
        b'{"name": 1, "scopes": [1]}',
        b"[" * 100_000,
        b'{"name": "\\ud800", "scopes": ["admin"]}',
        b'{"name": "' + b"x" * 10_000 + b'", "scopes": ["admin"]}',
    ],
)
async def test_wrong_bodies(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/keys", content=body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_huge_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/keys", content=b" " * (5 * 1024 * 1024))
    assert answer.status_code == 413


async def test_headers_of_every_answer(client: httpx.AsyncClient) -> None:
    for path in ("/api/customers", "/nothing", "/health/live"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "content-security-policy" in headers
    own = await client.get("/health/live", headers={"X-Request-Id": "from-the-caller-1"})
    assert own.headers["x-request-id"] == "from-the-caller-1"
    bad = await client.get("/health/live", headers={"X-Request-Id": "a b\tc;d"})
    assert bad.headers["x-request-id"] != "a b\tc;d"


async def test_health(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/health/live")).json()["status"] == "ok"
    ready = await stranger.get("/health/ready")
    assert ready.json() == {"status": "ok", "checks": {"database": "ok", "redis": "not configured"}}


async def test_metrics_are_for_the_operator(
    application: Application, stranger: httpx.AsyncClient, client_for: ClientFor
) -> None:
    assert (await stranger.get("/metrics")).status_code == 401
    assert (await (await client_for(["customers:read"])).get("/metrics")).status_code == 403
    told = await (await client_for(["admin"])).get("/metrics")
    assert "shopwarden_http_requests_total" in told.text
    here = httpx.ASGITransport(application, client=("127.0.0.1", 5))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=here, base_url="http://x") as local:
        assert (await local.get("/metrics")).status_code == 200
        assert (await local.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 401


async def test_the_documentation_needs_nothing_from_elsewhere(stranger: httpx.AsyncClient) -> None:
    for path in ("/api/docs/", "/api/docs"):
        page = await stranger.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
    linked = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assets = [link for link in linked if not link.startswith("data:")]
    assert assets
    for link in assets:
        assert link.startswith("/"), f"{link} comes from elsewhere"
        assert (await stranger.get(link)).status_code == 200
    script = (await stranger.get("/api/docs/docs.js")).text
    assert not re.findall(r"https?://|innerHTML", script)
    for module in re.findall(r'from "\./([^"]+)"', script):
        assert (await stranger.get(f"/api/docs/{module}")).status_code == 200


def test_the_document_tells_every_endpoint_its_errors_and_its_key() -> None:
    document = json.loads(json.dumps(openapi_document()))
    for path in ("/api/customers", "/api/stores/{storeId}/visitors", "/api/visitors/{visitorId}", "/v1/batch", "/v1/track"):
        assert path in document["paths"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (path, method)
            assert operation["operationId"]
            if path.startswith("/api/") and not path.startswith("/api/auth/"):
                assert {"400", "401", "403", "404", "429"} <= set(operation["responses"]), (path, method)
                assert operation["security"] == [{"key": []}, {"session": []}]


class TestOrigins:
    @pytest.fixture
    async def application(self, database: object) -> AsyncIterator[Application]:
        app = build_app(Settings(cors_origins="https://admin.example"), database)  # type: ignore[arg-type]
        async with app.running():
            yield app

    @pytest.mark.parametrize(("origin", "allowed"), [("https://admin.example", True), ("https://evil.example", False)])
    async def test_only_named_origins_may_read(self, client: httpx.AsyncClient, origin: str, allowed: bool) -> None:
        answer = await client.get("/api/customers", headers={"Origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        before = await client.options("/api/customers", headers=asked)
        assert (before.headers.get("access-control-allow-origin") == origin) is allowed


def test_every_operation_is_under_one_heading_that_says_what_it_is_about() -> None:
    document = json.loads(json.dumps(openapi_document()))
    headings = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    operations = [one for path in document["paths"].values() for name, one in path.items() if name in METHODS]
    assert {len(one["tags"]) for one in operations} == {1}
    assert {tag for one in operations for tag in one["tags"] if not headings.get(tag)} == set()
    assert all(one["summary"] for one in operations)
