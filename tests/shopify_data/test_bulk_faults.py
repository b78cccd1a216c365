"""Bulk reads that break off, fail, expire, are slow, find nothing, hide what is personal or hold what can't be read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError
from shopwarden.steps import shop_sync
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_sync import begin, resume
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_syncs import Sync, latest_syncs, save_sync
from shopwarden.vendors.shopify_bulk import Cutter, Operation, Record
from tests.shopify_app.conftest import Shop
from tests.shopify_data.syncing import all_jobs, one_job, synced


async def syncs_of(tools: VendorTools, store_id: StoreId) -> dict[str, Sync]:
    return {one.kind: one for one in await latest_syncs(tools.database.pool, store_id)}


async def counts(tools: VendorTools) -> tuple[int, int]:
    row = await tools.database.pool.fetchrow(
        "SELECT (SELECT count(DISTINCT shopify_id) FROM customers) AS customers, (SELECT count(*) FROM orders) AS orders"
    )
    return row["customers"], row["orders"]


async def test_downloads_that_break_off_are_gone_on_with(
    tools: VendorTools, shop: Shop, seeing_all: StoreId, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.ask("POST", customers=60, orders=90, seed="cut")
    whole = ShopClient.stream

    async def broken(client: ShopClient, url: str, *, offset: int = 0) -> AsyncIterator[bytes]:
        rest = 30_000
        async for chunk in whole(client, url, offset=offset):
            yield chunk[:rest]
            rest -= len(chunk)
            if rest <= 0:
                raise VendorFault("unavailable", "the file broke off")

    monkeypatch.setattr(ShopClient, "stream", broken)
    await begin(tools.database, seeing_all)
    jobs = await all_jobs(tools, seeing_all, "sync")
    assert jobs > 6, "each download brought only a part"
    assert await counts(tools) == (60, 90)
    assert {one.lines for one in (await syncs_of(tools, seeing_all)).values()} == {60, 90}


async def test_a_failing_bulk_read_is_asked_for_again_and_given_up_at_last(
    tools: VendorTools, shop: Shop, seeing_all: StoreId
) -> None:
    await shop.ask("POST", customers=20, orders=30, seed="fail")
    await shop.ask("POST", "/bulk", fail="INTERNAL_SERVER_ERROR")
    await begin(tools.database, seeing_all)
    await one_job(tools, seeing_all, "sync")
    assert (await syncs_of(tools, seeing_all))["customers"].tries == 1
    await shop.ask("POST", "/bulk", fail=None)
    await all_jobs(tools, seeing_all, "sync")
    assert await counts(tools) == (20, 30)
    await shop.ask("POST", "/bulk", fail="INTERNAL_SERVER_ERROR")
    await begin(tools.database, seeing_all)
    await all_jobs(tools, seeing_all, "sync")
    ended = await syncs_of(tools, seeing_all)
    assert {one.state for one in ended.values()} == {"failed"}
    assert "INTERNAL_SERVER_ERROR" in str(ended["orders"].last_error)


async def test_what_the_app_may_not_read_at_all_fails(tools: VendorTools, shop: Shop, seeing_all: StoreId) -> None:
    await shop.ask("POST", "/bulk", fail="ACCESS_DENIED")
    await synced(tools, seeing_all)
    ended = await syncs_of(tools, seeing_all)
    assert {(one.state, one.tries) for one in ended.values()} == {("failed", 1)}


async def test_an_operation_the_shop_forgot_is_told_as_failed(tools: VendorTools, shop: Shop, seeing_all: StoreId) -> None:
    await begin(tools.database, seeing_all)
    for one in (await syncs_of(tools, seeing_all)).values():
        gone = msgspec.structs.replace(one, state="collecting", operation_id="gid://shopify/BulkOperation/404")
        async with tools.database.transaction() as connection:
            await save_sync(connection, seeing_all, gone)
    await all_jobs(tools, seeing_all, "sync")
    assert {one.state for one in (await syncs_of(tools, seeing_all)).values()} == {"failed"}


async def test_a_slow_bulk_read_shows_what_it_has_gathered(
    tools: VendorTools, shop: Shop, seeing_all: StoreId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_sync, "SECONDS_A_JOB", 0.6)
    await shop.ask("POST", customers=900, orders=0, seed="slow")
    await shop.ask("POST", "/bulk", rate=900)
    await begin(tools.database, seeing_all)
    gathered = []
    while (await syncs_of(tools, seeing_all))["customers"].state != "done":
        await one_job(tools, seeing_all, "sync")
        gathered.append((await syncs_of(tools, seeing_all))["customers"].objects or 0)
    assert gathered == sorted(gathered)
    assert len(set(gathered)) > 1
    await all_jobs(tools, seeing_all, "sync")
    assert (await syncs_of(tools, seeing_all))["orders"].state == "done", "nothing to read is read, too"


async def test_hidden_personal_data_clears_nothing(tools: VendorTools, shop: Shop, seeing_all: StoreId) -> None:
    await shop.ask("POST", customers=10, orders=15, seed="hidden")
    await synced(tools, seeing_all)
    before = await tools.database.pool.fetch("SELECT email, first_name, last_name FROM customers ORDER BY shopify_id")
    await shop.ask("POST", hide_personal=True)
    await synced(tools, seeing_all)
    assert (
        await tools.database.pool.fetch("SELECT email, first_name, last_name FROM customers ORDER BY shopify_id") == before
    )
    assert {one.state for one in (await syncs_of(tools, seeing_all)).values()} == {"done"}
    await shop.ask("POST", hide_personal=False)


async def test_a_shop_in_trouble_is_tried_later_and_then_read(
    tools: VendorTools, shop: Shop, seeing_all: StoreId, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.ask("POST", customers=5, orders=5, seed="trouble")
    await begin(tools.database, seeing_all)
    await shop.sandbox.mode("shopify", "down")
    with pytest.raises(RetryError):
        await one_job(tools, seeing_all, "sync")
    await shop.sandbox.mode("shopify", "ok")
    await tools.database.pool.execute("DELETE FROM outbox")
    await tools.database.pool.execute("UPDATE shop_syncs SET updated_at = now() - interval '6 minutes'")
    assert await resume(tools) == 1
    await all_jobs(tools, seeing_all, "sync")
    assert {one.state for one in (await syncs_of(tools, seeing_all)).values()} == {"done"}


def test_a_result_that_is_kept_no_longer_is_no_empty_one() -> None:
    assert Operation(id="1", status="COMPLETED", root_object_count="3").is_expired
    assert not Operation(id="1", status="COMPLETED", root_object_count="0").is_expired
    assert not Operation(id="1", status="COMPLETED", root_object_count="3", url="x").is_expired


nodes = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 4), st.text(max_size=20)), max_size=12)


@given(nodes, st.lists(st.integers(1, 200), max_size=40), st.integers(0, 30), st.booleans())
def test_a_result_cut_anywhere_gives_the_same_records(
    told: list[tuple[int, int, str]], sizes: list[int], stop: int, ends_with_line: bool
) -> None:
    lines: list[bytes] = []
    for place, (_, children, text) in enumerate(told):
        lines.append(msgspec.json.encode({"id": str(place), "text": text}))
        lines += [msgspec.json.encode({"id": f"{place}-{n}", "__parentId": str(place)}) for n in range(children)]
    whole = b"\n".join(lines) + (b"\n" if ends_with_line and lines else b"")
    wanted = cut(whole, [], 0)
    assert [(one.node["id"], len(one.children)) for one in wanted] == [
        (str(place), children) for place, (_, children, _) in enumerate(told)
    ]
    assert [one.end for one in cut(whole, sizes, 0)] == [one.end for one in wanted]
    # Begun again behind any record, what is left follows.
    done = wanted[: min(stop, len(wanted))]
    offset = done[-1].end if done else 0
    assert cut(whole[offset:], sizes, offset) == wanted[len(done) :]


def cut(data: bytes, sizes: list[int], offset: int) -> list[Record]:
    cutter, found, place = Cutter(offset), [], 0
    for size in sizes:
        found += cutter.feed(data[place : place + size])
        place += size
    found += cutter.feed(data[place:])
    return [*found, *cutter.end()]


def test_a_line_that_is_no_json_costs_no_other_line() -> None:
    cutter = Cutter()
    found = [*cutter.feed(b'{"id": "1"}\n{"id": broken\n\xff\xfe\n[1]\n{"id": "2"}\n'), *cutter.end()]
    assert [one.node["id"] for one in found] == ["1", "2"]
    assert cutter.unreadable == 3
