"""Readings that are cut short, slowed down, refused or doubled: nothing is lost and nothing counts twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shopwarden.contracts.vendor import VendorFault
from shopwarden.errors import RetryError
from shopwarden.steps.klaviyo_jobs import put_due, put_regular_work, regular_work
from shopwarden.steps.klaviyo_streams import STREAMS
from shopwarden.store.klaviyo import SOURCE
from shopwarden.store.stores import create_store
from shopwarden.store.sync_cursors import Cursor, read_cursor, save_cursor
from tests.klaviyo.conftest import PROFILES, Account, Shop

LATELY = (datetime.now(UTC) + timedelta(days=250)).isoformat()
"""Most of what people did lies in the last year, if this is when the account's story ends."""
ROOT = Path(__file__).resolve().parents[2]
WAITING = (
    "SELECT subject, payload FROM outbox WHERE store_id = $1 AND queue = 'customer-enrichment' AND subject LIKE 'klav%'"
)


async def cursor_of(shop: Shop, stream: str) -> Cursor:
    async with shop.database.pool.acquire() as connection:
        return await read_cursor(connection, shop.store_id, SOURCE, stream)


async def test_a_large_account_is_read_by_several_jobs(account: Account, shop: Shop) -> None:
    await account.ask("POST", profiles=450, seed="large")
    pieces = 0
    while not await shop.read_some("profiles", 0.0):
        pieces += 1
        assert pieces < 20
    assert pieces == 4
    (found,) = await shop.rows("SELECT count(*) FROM customers WHERE store_id = $1")
    assert (found["count"], (await cursor_of(shop, "profiles")).read) == (450, 450)


async def test_a_job_puts_the_next_piece(account: Account, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await account.ask("POST", profiles=150, seed="two pages")
    monkeypatch.setattr("shopwarden.steps.klaviyo_jobs.SECONDS_A_PIECE", 0.0)
    await shop.run("sync", stream="profiles")
    (again,) = await shop.rows(WAITING)
    assert again["payload"] == {"klaviyo": "sync", "stream": "profiles"}
    # What is due meanwhile is the same work.
    async with shop.database.transaction() as connection:
        await put_due(connection, shop.store_id, regular_work(pushes=False))
    assert len(await shop.rows(WAITING)) == len(STREAMS)
    await shop.run("sync", stream="profiles")
    assert (await cursor_of(shop, "profiles")).detail == {}


async def test_a_worker_killed_between_pages_repeats_nothing(account: Account, shop: Shop, database_url: str) -> None:
    await account.ask("POST", profiles=150, seed="killed", until=LATELY)
    arguments = [database_url, str(shop.store_id), account.sandbox.url]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.klaviyo.reading_child", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    while (await child.stdout.readline()) != b"page\n":
        assert child.returncode is None
    child.kill()
    assert await child.wait() == -signal.SIGKILL
    half = (await cursor_of(shop, "events")).read
    await shop.read("events", "profiles")
    unharmed = Shop(shop.tools, await create_store(shop.database, name="Unharmed shop"))
    await unharmed.read("events", "profiles")
    assert 0 < half < (await cursor_of(shop, "events")).read == (await cursor_of(unharmed, "events")).read
    assert await shop.engagements() == await unharmed.engagements()
    for each in (shop, unharmed):
        (people,) = await each.rows("SELECT count(*) FROM customers WHERE store_id = $1")
        assert people["count"] == 150


async def test_two_jobs_of_one_stream_do_not_disturb_each_other(account: Account, shop: Shop) -> None:
    await account.ask("POST", profiles=150, seed="at once", until=LATELY)
    await asyncio.gather(*(shop.run("sync", stream=stream) for stream in ("events", "profiles") * 3))
    cursors = [await cursor_of(shop, stream) for stream in ("events", "profiles")]
    unharmed = Shop(shop.tools, await create_store(shop.database, name="Unharmed shop"))
    await unharmed.read("events", "profiles")
    assert [cursor.read for cursor in cursors] == [(await cursor_of(unharmed, "events")).read, 150]
    assert cursors[0].read > 200
    assert await shop.engagements() == await unharmed.engagements()
    assert len(await account.calls("/api/profiles")) == 4


async def test_readings_of_one_stream_side_by_side_count_once(account: Account, shop: Shop) -> None:
    await asyncio.gather(*(shop.read("events") for _ in range(3)), *(shop.read("profiles") for _ in range(3)))
    together = await shop.engagements()
    await shop.database.pool.execute("DELETE FROM engagements")
    await shop.database.pool.execute("DELETE FROM customer_activities")
    await shop.database.pool.execute("DELETE FROM sync_cursors")
    await shop.read("events")
    assert together == await shop.engagements()
    (people,) = await shop.rows("SELECT count(*) FROM customers WHERE store_id = $1")
    assert people["count"] == PROFILES


async def test_a_rate_limit_is_waited_for(account: Account, shop: Shop) -> None:
    await account.sandbox.mode("klaviyo", "rate_limited", times=1)
    began = asyncio.get_running_loop().time()
    await shop.read("lists")
    assert asyncio.get_running_loop().time() - began >= 2.0
    assert len(await account.calls("/api/lists")) == 2


async def test_a_vendor_that_is_down_is_asked_again_later(account: Account, shop: Shop) -> None:
    await account.sandbox.mode("klaviyo", "error")
    with pytest.raises(RetryError):
        await shop.run("sync", stream="lists")
    assert "HTTP 500" in str((await cursor_of(shop, "lists")).last_error)
    await account.sandbox.mode("klaviyo", "ok")
    await shop.run("sync", stream="lists")
    assert (await cursor_of(shop, "lists")).last_error is None


async def test_a_refused_key_and_a_refused_revision_are_said_in_words(account: Account, shop: Shop) -> None:
    await account.ask("POST", key="pk_other")
    await shop.run("sync", stream="profiles")
    assert (await cursor_of(shop, "profiles")).last_error == (
        "Klaviyo refuses the credentials (HTTP 401, not_authenticated)"
    )
    await account.ask("POST", key=None)
    shop.tools.defaults = {"klaviyo": {"private_key": "pk_one", "revision": "soon"}}
    await shop.run("sync", stream="profiles")
    assert (await cursor_of(shop, "profiles")).last_error == ("Klaviyo does not accept the question (HTTP 400, revision)")
    assert await shop.rows("SELECT 1 FROM customers WHERE store_id = $1") == []


async def test_a_page_that_is_known_no_longer_begins_the_reading_again(account: Account, shop: Shop) -> None:
    detail: dict[str, object] = {"since": "2020-01-01T00:00:00+00:00", "page": "gone", "newest": None}
    async with shop.database.transaction() as connection:
        await save_cursor(connection, shop.store_id, SOURCE, Cursor(stream="profiles", detail=detail))
    await shop.read("profiles")
    assert (await cursor_of(shop, "profiles")).read == PROFILES


async def test_rubbish_is_refused_and_moves_nothing(account: Account, shop: Shop) -> None:
    await account.sandbox.mode("klaviyo", "rubbish")
    with pytest.raises(VendorFault):
        await shop.read("profiles")
    assert (await cursor_of(shop, "profiles")).read == 0


async def test_every_connected_store_gets_its_work(account: Account, shop: Shop) -> None:
    assert await put_regular_work(shop.tools) == 1
    assert await put_regular_work(shop.tools) == 1
    waiting = await shop.rows(WAITING)
    assert sorted(row["payload"]["stream"] for row in waiting) == sorted(STREAMS)
