"""A list as a file: taken in whole, wrong lines named and counted, sent twice without doubling, given out again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.api import list_files
from shopwarden.store.database import Database

CSV = {"content-type": "text/csv"}


async def send(client: httpx.AsyncClient, store_id: UUID, text: str | bytes, key: str = "", **params: str) -> httpx.Response:
    headers = CSV | ({"Idempotency-Key": key} if key else {})
    return await client.post(f"/api/stores/{store_id}/lists/import", content=text, headers=headers, params=params)


async def count(database: Database, store_id: UUID) -> int:
    found: int = await database.pool.fetchval("SELECT count(*) FROM list_entries WHERE store_id = $1", store_id)
    return found


async def test_good_lines_are_kept_and_bad_ones_named_and_counted(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    lines = ["list,kind,value,reason,expires_at", 'block,email,a@example.com,"rings, and more",2030-01-01']
    lines += [f"watch,ip,203.0.113.{n}/32,," for n in range(200)] + ["block,ip,nonsense,,"] * 150
    lines += ["allow,phone,+49 151 12345678,,", "block,card,4111111111111111,,", "watch,ip,203.0.113.5,,"]
    answer = await send(client, store_id, "\r\n".join(lines))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["received"], told["created"], told["unchanged"], told["rejected"]) == (354, 202, 1, 151)
    assert len(told["errors"]) == 100
    assert told["errors"][0] == {
        "line": 203,
        "field": "value",
        "error": "is not an IP address or a network like 203.0.113.0/24",
    }
    assert await count(database, store_id) == 202
    task = (await client.get(answer.headers["location"])).json()
    assert (task["state"], task["done"], task["result"]["rejected"]) == ("done", 354, 151)
    assert task["result"]["bytes_done"] == task["result"]["bytes_total"]
    audit = await database.pool.fetchrow("SELECT action, after FROM audit_log WHERE store_id = $1", store_id)
    assert (audit["action"], audit["after"]["created"]) == ("lists.imported", 202)


async def test_sent_twice_nothing_is_doubled_and_what_is_new_is_told(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    first = "value,reason\n203.0.113.0/24,a\n198.51.100.7,b\n"
    params = {"list": "block", "kind": "ip"}
    assert (await send(client, store_id, first, "one", **params)).json()["created"] == 2
    replayed = (await send(client, store_id, first, "one", **params)).json()
    assert (replayed["replayed"], replayed["created"]) == (True, 2)
    again = (await send(client, store_id, "value,reason\n203.0.113.9/24,changed\n198.51.100.7,\n", **params)).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 1, 1)
    assert await count(database, store_id) == 2
    bare = (await send(client, store_id, "203.0.113.77\n2001:db8::/32", **params)).json()
    assert (bare["received"], bare["created"]) == (2, 2)


async def test_an_import_that_breaks_off_goes_through_with_the_same_key(
    client: httpx.AsyncClient, database: Database, store_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "value\n" + "\n".join(f"10.{n >> 8}.{n & 255}.1" for n in range(5_000))

    async def broken(request: Any) -> AsyncIterator[bytes]:
        yield text[:40_000].encode()
        raise ConnectionError("the sender is gone")

    real = list_files.import_list

    async def half(database: Database, wanted: Any, chunks: Any, figures: Any) -> None:
        await real(database, wanted, broken(None), figures)

    monkeypatch.setattr(list_files, "import_list", half)
    params = {"list": "block", "kind": "ip"}
    assert (await send(client, store_id, text, "k", **params)).status_code == 503
    kept = await count(database, store_id)
    assert 0 < kept < 5_000
    (task,) = (await client.get(f"/api/stores/{store_id}/lists/imports")).json()["imports"]
    assert (task["state"], task["done"]) == ("failed", kept)
    monkeypatch.setattr(list_files, "import_list", real)
    told = (await send(client, store_id, text, "k", **params)).json()
    assert (told["task_id"], told["received"], told["created"]) == (task["id"], 5_000, 5_000 - kept)
    assert told["unchanged"] == kept
    assert await count(database, store_id) == 5_000


async def test_an_import_that_runs_is_not_begun_twice(client: httpx.AsyncClient, store_id: UUID) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"value\n203.0.113.1\n"
        begun.set()
        await may_end.wait()
        yield b"203.0.113.2\n"

    params, headers = {"list": "block", "kind": "ip"}, CSV | {"Idempotency-Key": "x"}
    path = f"/api/stores/{store_id}/lists/import"
    running = asyncio.create_task(client.post(path, content=slow(), headers=headers, params=params))
    await begun.wait()
    (task,) = (await client.get(f"/api/stores/{store_id}/lists/imports")).json()["imports"]
    assert task["state"] == "running"
    refused = await send(client, store_id, "value\n203.0.113.1\n", "x", **params)
    assert refused.status_code == 409
    may_end.set()
    assert (await running).json()["created"] == 2


@pytest.mark.parametrize(
    ("text", "field"), [("", "body"), ("a,b\n1,2\n", "header"), ("value\nx\n", "list"), (b"\xff\xfe", "header")]
)
async def test_a_file_of_no_use_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, text: str | bytes, field: str
) -> None:
    answer = await send(client, store_id, text)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == field
    other = await client.post(f"/api/stores/{store_id}/lists/import", json={})
    assert other.status_code == 415


async def test_what_is_exported_is_imported_as_it_was(
    client: httpx.AsyncClient, database: Database, store_id: UUID, other_store: UUID
) -> None:
    lines = [
        "block,email,Ann.Smith+x@gmail.com,=1+1,2031-05-06T07:08:09Z", 'allow,ip,2001:db8::/32,"two\nlines",',
        "watch,card,411111-1111,,", "block,address,US|10118|350 Fifth Ave,,", "block,device,fp-Abc123,,",
        "allow,customer,7001,,", "block,domain,example.com,,", "watch,phone,+4915112345678,,",
    ]  # fmt: skip
    sent = await send(client, store_id, "list,kind,value,reason,expires_at\n" + "\n".join(lines))
    assert sent.json()["created"] == 8, sent.text
    exported = await client.get(f"/api/stores/{store_id}/lists/export")
    assert exported.headers["content-type"].startswith("text/csv")
    columns = "list, kind, value, shown, reason, expires_at"
    before = await database.pool.fetch(f"SELECT {columns} FROM list_entries ORDER BY kind, value")
    await database.pool.execute("DELETE FROM list_entries")
    again = (await send(client, store_id, exported.content)).json()
    assert (again["created"], again["rejected"]) == (8, 0)
    after = await database.pool.fetch(f"SELECT {columns} FROM list_entries ORDER BY kind, value")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]
    only = await client.get(f"/api/stores/{store_id}/lists/export", params={"list": "watch"})
    assert len(only.text.splitlines()) == 3
