"""Promises of merging by hand: what refuses, what follows, and what a record says of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.ids import new_id
from shopwarden.errors import RefuseError
from shopwarden.steps.merge_visitors import Wanted, merge_visitors, split_visitors
from shopwarden.store.database import Database
from tests.ingest.sending import LOOKUP, Sender, collecting, one_visitor, page, track
from tests.steps.visitor_rows import at, figures, picture

KEY = UUID(int=7)


async def visitor(database: Database, anonymous: str) -> UUID:
    found: UUID = (await one_visitor(database, anonymous))["id"]
    return found


async def change(database: Database, store_id: UUID, action: Any, into: str, other: str, **more: Any) -> None:
    ids = await visitor(database, into), await visitor(database, other)
    await action(database, Wanted(store_id=store_id, visitor_id=ids[0], other_id=ids[1], reason="same person", key_id=KEY,  # type: ignore[arg-type]
                                  **more), LOOKUP)  # fmt: skip


async def browse(sender: Sender, *visits: tuple[str, int]) -> None:
    """Page views: (browser, minutes after midnight)."""
    for anonymous, minute in visits:
        await sender.post("page", page(anonymous, f"/products/{minute}", timestamp=at(minute)))


async def test_interleaved_visits_become_the_sessions_of_one_visitor(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("phone", 0), ("laptop", 25), ("phone", 50), ("laptop", 120))
        before = await picture(database)
        assert (await figures(database, "phone"))["sessions"] == 2
        await change(database, store_id, merge_visitors, "laptop", "phone")
        merged = await figures(database, "laptop")
        assert (merged["sessions"], merged["page_views"], merged["events"]) == (2, 4, 4)
        assert (await one_visitor(database, "phone"))["merged_into"] == await visitor(database, "laptop")
        await change(database, store_id, split_visitors, "laptop", "phone")
    assert await picture(database) == before


async def test_events_of_both_browsers_go_on_in_one_visit(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("phone", 0), ("laptop", 5))
        await change(database, store_id, merge_visitors, "laptop", "phone")
        await sender.post("batch", {"batch": [page(name, timestamp=at(minute)) for name, minute in
                                              (("laptop", 12), ("phone", 10), ("phone", 15))]})  # fmt: skip
    whole = await figures(database, "laptop")
    assert (whole["sessions"], whole["page_views"], whole["session_seconds"]) == (1, 5, 900.0)
    owners = await database.pool.fetch("SELECT visitor_id, count(*) AS events FROM customer_activities GROUP BY 1")
    assert {row["visitor_id"]: row["events"] for row in owners} == {
        await visitor(database, "phone"): 3,
        await visitor(database, "laptop"): 2,
    }


async def test_a_chain_is_flat_and_comes_apart_as_it_was_put_together(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("a", 0), ("b", 10), ("c", 20))
        await change(database, store_id, merge_visitors, "b", "a")
        between = await picture(database)
        await change(database, store_id, merge_visitors, "c", "b")
        assert (await one_visitor(database, "a"))["merged_into"] == await visitor(database, "c")
        assert (await figures(database, "c"))["events"] == 3
        await change(database, store_id, split_visitors, "c", "b")
    assert await picture(database) == between


@pytest.mark.parametrize(
    ("action", "into", "other", "told"),
    [
        (merge_visitors, "a", "a", "itself"),
        (merge_visitors, "b", "a", "merged already"),
        (merge_visitors, "a", "b", "circle"),
        (merge_visitors, "c", "a", "merge that one"),
        (split_visitors, "b", "b", "itself"),
        (split_visitors, "a", "b", "instead"),
        (split_visitors, "b", "c", "not merged"),
        (split_visitors, "c", "a", "not merged"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    database: Database, store_id: UUID, action: Any, into: str, other: str, told: str
) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("a", 0), ("b", 10), ("c", 20))
        await change(database, store_id, merge_visitors, "b", "a")
        before = await picture(database)
        with pytest.raises(RefuseError, match=told):
            await change(database, store_id, action, into, other)
    assert await picture(database) == before


async def test_a_visitor_of_another_store_is_not_there(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("a", 0), ("b", 10))
    with pytest.raises(RefuseError) as refusal:
        await change(database, new_id(), merge_visitors, "a", "b")
    assert refusal.value.status == 404


async def test_a_history_that_is_gone_can_not_be_merged(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("a", 0), ("a", 5), ("b", 10))
    await database.pool.execute("DELETE FROM customer_activities WHERE activity_data ->> 'path' = '/products/5'")
    with pytest.raises(RefuseError, match="not kept any more"):
        await change(database, store_id, merge_visitors, "a", "b")


async def test_one_key_changes_once(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await browse(sender, ("a", 0), ("b", 10))
    for _ in range(2):
        await change(database, store_id, merge_visitors, "a", "b", idempotency_key="k")
    lines = await database.pool.fetch("SELECT action, key_id, reason FROM visitor_changes")
    assert [tuple(line) for line in lines] == [("merge", KEY, "same person")]
    with pytest.raises(RefuseError, match="another change"):
        await change(database, store_id, split_visitors, "a", "b", idempotency_key="k")


async def test_tokens_and_orders_follow_their_browser(database: Database, store_id: UUID) -> None:
    """An order stays with the session it came from, through a merge that makes this session vanish, and back."""
    async with collecting(database, store_id) as sender:
        await browse(sender, ("phone", 0), ("laptop", 10))
        await sender.post("track", track("Checkout Started", "laptop", timestamp=at(12),
                                         properties={"checkout_token": "tok"}))  # fmt: skip
        laptop = await visitor(database, "laptop")
        token = "SELECT visitor_id, session_id FROM checkout_tokens"
        own = tuple(await database.pool.fetchrow(token))
        await database.pool.execute(
            "INSERT INTO orders (store_id, id, external_id, visitor_id, session_id, checkout_token, created_at, updated_at,"
            " version) VALUES ($1, $2, '1', $3, $4, 'tok', $5::timestamptz, $5::timestamptz, '')",
            store_id, new_id(), laptop, own[1], (await one_visitor(database, "laptop"))["last_seen"],
        )  # fmt: skip
        await change(database, store_id, merge_visitors, "phone", "laptop")
        order = "SELECT visitor_id, session_id FROM orders"
        shared = await database.pool.fetchval("SELECT id FROM sessions")
        assert tuple(await database.pool.fetchrow(token)) == tuple(await database.pool.fetchrow(order)) == (laptop, shared)
        assert shared != own[1]
        await change(database, store_id, split_visitors, "phone", "laptop")
    assert tuple(await database.pool.fetchrow(token)) == tuple(await database.pool.fetchrow(order)) == own
