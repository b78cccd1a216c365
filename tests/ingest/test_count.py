"""Promises of views without consent: counted exactly, and nothing kept that could point at a person."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, RetryError
from shopwarden.ingest.count import CAPACITY, ViewCounter
from shopwarden.steps.count import MOST_SOURCES, OTHER, is_plain, read_view
from shopwarden.store.database import Database
from shopwarden.store.page_counts import Counted
from tests.ingest.sending import CHROME, IPHONE, Sender, collecting

BRITISH = {"X-Forwarded-For": "81.2.69.142"}


async def count(sender: Sender, **more: Any) -> int:
    headers = {"User-Agent": CHROME, "Content-Type": "text/plain", **more.pop("headers", {})}
    body = {"writeKey": sender.key, "path": "/", "referrer": "", "source": "", **more}
    return (await sender.client.post("/v1/count", content=json.dumps(body), headers=headers)).status_code


async def rows(database: Database) -> list[tuple[Any, ...]]:
    found = await database.pool.fetch(
        "SELECT page_kind, source, country_code, device_kind, views FROM page_counts ORDER BY 1, 2, 3, 4"
    )
    return [tuple(row) for row in found]


async def test_views_are_counted_by_kind_and_nothing_else_of_them_is_kept(database: Database, store_id: UUID) -> None:
    from ipaddress import ip_network

    async with collecting(database, store_id, trusted=[ip_network("198.51.100.0/24")]) as sender:
        for path in ("/products/red-lamp?customer=ann@example.com", "/products/blue-lamp", "/products/red-lamp"):
            assert await count(sender, path=path, referrer="www.google.co.uk", headers=BRITISH) == 204
        assert await count(sender, path="/cart", source="Newsletter", headers={"User-Agent": IPHONE}) == 204
    assert await rows(database) == [("cart", "newsletter", "", "mobile", 1), ("product", "google", "GB", "desktop", 3)]
    assert await database.pool.fetchval("SELECT day FROM page_counts LIMIT 1") == datetime.now(UTC).date()
    for table in ("visitors", "sessions", "devices", "visitor_ips", "customer_activities", "identities", "checkout_tokens"):
        assert await database.pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table


@pytest.mark.parametrize(
    "source", ["ann@example.com", "u=4711882", "+4915112345678", "3f2c6a1e-0b1d-4e7f-9c55", "x" * 60, "Jürgen;drop"]
)
async def test_a_source_that_could_point_at_a_person_is_not_kept(database: Database, store_id: UUID, source: str) -> None:
    async with collecting(database, store_id) as sender:
        assert await count(sender, source=source) == 204
    assert [row[1] for row in await rows(database)] == [OTHER]


@given(some.text(max_size=80))
def test_what_counts_as_plain_is_short_and_nearly_without_digits(source: str) -> None:
    if is_plain(source):
        assert len(source) <= 40
        assert sum(letter.isdigit() for letter in source) <= 4
        assert "@" not in source


async def test_a_flood_is_counted_exactly_in_few_statements(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        statements = 0
        write = sender.app._views._write

        async def noted(views: Any) -> None:
            nonlocal statements
            statements += 1
            await write(views)

        sender.app._views._write = noted
        statuses = await asyncio.gather(*(count(sender, path=f"/products/{n}") for n in range(600)))
    assert set(statuses) == {204}
    assert await rows(database) == [("product", "direct", "", "desktop", 600)]
    assert statements < 60


async def test_made_up_sources_cannot_fill_the_table(database: Database, store_id: UUID) -> None:
    def name(number: int) -> str:
        return "".join(chr(97 + (number // 26**place) % 26) for place in range(3))

    async with collecting(database, store_id) as sender:
        await asyncio.gather(*(count(sender, source=name(number)) for number in range(MOST_SOURCES + 100)))
    found = await rows(database)
    assert len(found) == MOST_SOURCES + 1
    assert sum(row[4] for row in found) == MOST_SOURCES + 100
    assert {row[1]: row[4] for row in found}[OTHER] == 100


async def test_the_answer_comes_after_the_commit_and_outlives_a_moment_without_a_database() -> None:
    written: list[int] = []
    failures = 2

    async def write(views: Any) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise RetryError("away")
        written.append(sum(views.values()))

    counter = ViewCounter(write)
    view = Counted(StoreId(UUID(int=1)), datetime.now(UTC).date(), "home", "direct", "", "desktop")
    await asyncio.gather(*(counter.add(view) for _ in range(5)))
    assert sum(written) == 5


async def test_who_hangs_up_does_not_take_the_others_along_and_too_many_are_refused() -> None:
    gate = asyncio.Event()
    written = 0

    async def write(views: Any) -> None:
        nonlocal written
        await gate.wait()
        written += sum(views.values())

    counter = ViewCounter(write)
    view = Counted(StoreId(UUID(int=1)), datetime.now(UTC).date(), "home", "direct", "", "desktop")
    waiting = [asyncio.create_task(counter.add(view)) for _ in range(CAPACITY)]
    await asyncio.sleep(0)
    with pytest.raises(RefuseError) as refused:
        await counter.add(view)
    assert refused.value.status == 503
    waiting[0].cancel()
    gate.set()
    await asyncio.gather(*waiting[1:])
    assert written == CAPACITY


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"[]", 400, "body"),
        (b"{}", 400, "body"),
        (b'{"writeKey": 7}', 400, "writeKey"),
        (b'{"writeKey": "swk_x", "path": {}}', 400, "path"),
        (b'{"writeKey": "\xff"}', 400, None),
        (b'{"writeKey": "swk_nobody"}', 401, None),
        (b'{"writeKey": "' + b"x" * 5_000 + b'"}', 413, None),
    ],
)
def test_bad_views_are_refused_by_name(body: bytes, status: int, field: str | None) -> None:
    if status == 401:
        assert read_view(body).path == ""
        return
    with pytest.raises(RefuseError) as refused:
        read_view(body)
    assert refused.value.status == status
    assert field is None or field in refused.value.fields


async def test_keys_origins_methods_and_limits_hold_for_views_too(database: Database, store_id: UUID) -> None:
    await database.pool.execute("UPDATE stores SET allowed_origins = '{https://shop.example}'")
    async with collecting(database, store_id, per_minute=3) as sender:
        assert await count(sender, headers={"Origin": "https://elsewhere.example"}) == 403
        assert await count(sender, headers={"Origin": "https://shop.example"}) == 204
        assert await count(sender, writeKey="swk_nobody") == 401
        assert await count(sender) == 429
        assert (await sender.client.get("/v1/count")).status_code == 405
    assert [row[4] for row in await rows(database)] == [1]
