"""Bulk import: a result for every row, no row that stops another, and long bodies in parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import msgspec
import pytest

from shopwarden.store.database import Database

ROWS: list[dict[str, object]] = [
    {"id": "7001", "email": "Jane@Example.com", "first_name": "Jane", "total_spent": "129.70", "orders_count": 3},
    {"email": "not an address"},
    {"first_name": "Nobody"},
    {"email": "tom@example.org", "phone": "+4930123456", "tags": "a, b", "colour": "red"},
    {"email": "jane@example.com", "last_name": "Roe"},
    {"email": "nul@example.org", "first_name": "a\x00b"},
    {"email": "long@example.org", "first_name": "x" * 10_000},
    {"email": "old@example.org", "created_at": "1899-01-01T00:00:00Z"},
    {"email": "far@example.org", "created_at": "2999-01-01T00:00:00Z"},
    {"email": "minus@example.org", "total_spent": "-5"},
    {"email": "last@example.org", "created_at": "2025-01-01T00:00:00Z",
     "addresses": [{"address1": "Street 1", "city": "Berlin", "country_code": "de", "zip": "10115"}]},
]  # fmt: skip
OUTCOMES = ["created", "rejected", "rejected", "created", "updated"] + ["rejected"] * 5 + ["created"]


def check(body: dict[str, object]) -> None:
    results = body["results"]
    assert isinstance(results, list)
    assert [result["outcome"] for result in results] == OUTCOMES
    assert [result["row"] for result in results] == list(range(1, 12))
    assert results[0]["id"] == results[4]["id"]
    wrong = [next(iter(result["errors"])) for result in results if result["errors"]]
    assert wrong == ["email", "row", "first_name", "first_name", "created_at", "created_at", "total_spent"]
    assert results[3]["ignored"] == ["colour"]
    assert {name: body[name] for name in ("received", "created", "updated", "rejected")} == {
        "received": 11, "created": 3, "updated": 1, "rejected": 7
    }  # fmt: skip


async def test_json_rows(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/customers/import", json={"source": "shopify", "data": ROWS})
    assert answer.status_code == 200, answer.text
    check(answer.json())
    jane = (await client.get(f"/api/customers/{answer.json()['results'][0]['id']}")).json()
    assert (jane["email"], jane["first_name"], jane["last_name"]) == ("jane@example.com", "Jane", "Roe")
    assert jane["external_ids"]["shopify_id"] == "7001"
    task = (await client.get(answer.headers["location"])).json()
    assert (task["state"], task["done"], task["total"]) == ("done", 11, 11)


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def test_ndjson_in_pieces(client: httpx.AsyncClient) -> None:
    body = b"\n".join(msgspec.json.encode(row) for row in ROWS)
    answer = await client.post(
        "/api/customers/import?source=shopify", content=in_pieces(body, 37), headers={"Content-Type": "application/x-ndjson"}
    )
    check(answer.json())


async def test_broken_lines_stop_nobody(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    lines = [b'{"email":"a@example.org"}', b"{", b"\xff\xfe", b"[" * 5000, b'{"x":"' + b"y" * 600_000 + b'"}', b"", b"null",
             b'{"email":"b@example.org"}']  # fmt: skip
    answer = await client.post(
        "/api/customers/import", content=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
    )
    body = answer.json()
    assert [result["outcome"] for result in body["results"]] == ["created"] + ["rejected"] * 5 + ["created"]
    assert await database.pool.fetchval("SELECT count(*) FROM customers WHERE store_id = $1", store_id) == 2


async def test_the_same_key_imports_once(client: httpx.AsyncClient) -> None:
    send = {"json": {"data": [{"email": "a@example.org"}]}, "headers": {"Idempotency-Key": "k1"}}
    first = (await client.post("/api/customers/import", **send)).json()  # type: ignore[arg-type]
    again = (await client.post("/api/customers/import", **send)).json()  # type: ignore[arg-type]
    assert again == {**first, "replayed": True, "results": []}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"data": {}}', "application/json", 400),
        (b'{"source": "ebay", "data": []}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"", "application/json", 400),
        (b"a,b", "text/csv", 415),
        (b'{"data": []}', "application/json", 200),
    ],
)
async def test_bodies_that_are_none(client: httpx.AsyncClient, body: bytes, kind: str, status: int) -> None:
    answer = await client.post("/api/customers/import", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
