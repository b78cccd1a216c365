"""What scoring sees of a merged visitor, from whichever of its browsers an order came."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from shopwarden.domain.ids import StoreId, VisitorId
from shopwarden.steps.merge_visitors import Wanted, merge_visitors
from shopwarden.store.database import Database
from shopwarden.store.facts import fetch_background
from shopwarden.store.facts_rows import Question
from shopwarden.store.joining import Clues, find_visitor
from tests.ingest.sending import LOOKUP, collecting, page, track
from tests.steps.visitor_rows import DAY, at


@pytest.mark.parametrize("merged", [False, True])
async def test_an_order_of_either_browser_sees_both(database: Database, store_id: UUID, merged: bool) -> None:
    store = StoreId(store_id)
    async with collecting(database, store_id) as sender:
        for name, ip, minute in (("laptop", "81.2.69.142", 0), ("phone", "8.8.8.8", 40)):
            await sender.post("page", page(name, timestamp=at(minute), context={"ip": ip}))
            await sender.post("track", track("Payment Failed", name, timestamp=at(minute + 1), context={"ip": ip},
                                             properties={"value": 1}))  # fmt: skip
        rows = dict(await database.pool.fetch("SELECT anonymous_id, id FROM visitors"))
        if merged:
            wanted = Wanted(store_id=store, visitor_id=rows["laptop"], other_id=rows["phone"], reason=None, key_id=None)
            await merge_visitors(database, wanted, LOOKUP)
    now = DAY + timedelta(minutes=45)
    async with database.pool.acquire() as connection:
        joined = await find_visitor(connection, store, Clues(anonymous_id="phone"), now)
        assert joined is not None
        assert joined.visitor_id == rows["phone"], "an order keeps the browser it came from"
        question = Question(
            at=now, seasoned_before=now, counts_at=now, visitor_id=VisitorId(joined.visitor_id), session_id=joined.session_id
        )
        seen = (await fetch_background(connection, store, question)).visitor
        session = await connection.fetchrow("SELECT * FROM sessions WHERE id = $1", joined.session_id)
    assert seen is not None
    assert (seen.sessions, seen.page_views, seen.distinct_ips_1h, seen.failed_payments_1h) == (
        (2, 2, 2, 2) if merged else (1, 1, 1, 1)
    )
    assert session is not None
    assert session["visitor_id"] == rows["laptop" if merged else "phone"]
    assert session["started_at"] == DAY + timedelta(minutes=40)


async def test_one_person_on_a_shared_line_is_one_clue(database: Database, store_id: UUID) -> None:
    """Two visitors on an address tell nobody apart; merged they are one."""
    async with collecting(database, store_id) as sender:
        for name in ("laptop", "phone"):
            await sender.post("page", page(name, timestamp=at(0), context={"ip": "81.2.69.142"}))
        rows = dict(await database.pool.fetch("SELECT anonymous_id, id FROM visitors"))
        store, clues, now = StoreId(store_id), Clues(ip="81.2.69.142"), DAY + timedelta(minutes=5)
        async with database.pool.acquire() as connection:
            assert await find_visitor(connection, store, clues, now) is None
        wanted = Wanted(store_id=store, visitor_id=rows["laptop"], other_id=rows["phone"], reason=None, key_id=None)
        await merge_visitors(database, wanted, LOOKUP)
    async with database.pool.acquire() as connection:
        joined = await find_visitor(connection, store, clues, now)
    assert joined is not None
    assert (joined.visitor_id, joined.joined_by) == (rows["laptop"], "ip")
