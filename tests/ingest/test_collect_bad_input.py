"""Bad input at the collect endpoints: a clear answer or a kept event with a warning, never a 500, never a lost neighbour."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.errors import RefuseError
from shopwarden.sources.segment.messages import Arrival
from shopwarden.sources.segment.requests import LARGEST_BATCH, read_request
from shopwarden.store.database import Database
from tests.ingest.sending import activities, collecting, one_visitor, page, track

ARRIVAL = Arrival(received=1_790_000_000.0)

REFUSED: list[tuple[str, bytes, int, str]] = [
    ("track", b"{", 400, "JSON"),
    ("track", b"[]", 400, "JSON"),
    ("track", b'{"event": "\xff"}', 400, "JSON"),
    ("track", b"[" * 100_000, 400, "JSON"),
    ("track", b'{"event":"x"}', 400, "anonymousId"),
    ("track", b'{"anonymousId":{},"event":"x"}', 400, "anonymousId"),
    ("track", b'{"anonymousId":"a"}', 400, "event"),
    ("batch", b"{}", 400, "batch"),
    ("batch", b'{"batch":{}}', 400, "batch"),
    ("batch", b'{"batch":[]}', 400, "batch"),
    ("batch", b'{"batch":[7,{"type":"nonsense"}]}', 400, "batch[1].type"),
    ("track", b" " * (LARGEST_BATCH + 1), 413, "bytes"),
    ("nothing", b"{}", 404, "/v1/nothing"),
]


@pytest.mark.parametrize(("kind", "body", "status", "named"), REFUSED, ids=[f"{k}-{n}" for n, (k, *_) in enumerate(REFUSED)])
async def test_what_cannot_be_taken_is_refused_in_words(
    database: Database, store_id: UUID, kind: str, body: bytes, status: int, named: str
) -> None:
    async with collecting(database, store_id) as sender:
        reply = await sender.raw(kind, body)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert named in reply.text
    assert await activities(database) == []


KEPT: list[tuple[str, dict[str, Any]]] = [
    ("nul", track("Product\x00Viewed", properties={"a\x00b": "c\x00d", "deep": [{"x": "\x00"}]})),
    ("long name", track("Product Viewed", properties={"name": "x" * 10_000})),
    ("long ids", track("Product Viewed", "a" * 10_000)),
    ("date of 1899", track("Product Viewed", timestamp="1899-12-31T23:59:59Z")),
    ("date of 2999", track("Product Viewed", timestamp="2999-01-01T00:00:00Z")),
    ("no date at all", track("Product Viewed", timestamp="soon")),
    ("negative money", track("Order Completed", properties={"total": -5})),
    ("huge money", track("Order Completed", properties={"total": 1e300})),
    ("wrong types", track("Product Viewed", properties=[1], context="x", messageId=[1], timestamp={})),
    ("unknown event", track("Danced On The Table")),
    ("private address", page(context={"ip": "10.1.2.3"})),
    ("mapped address", page(context={"ip": "::ffff:10.1.2.3"})),
    ("no address", page(context={"ip": "300.1.2.3"})),
    ("address of six", page(context={"ip": "2001:db8::1%eth0"})),
    ("no user agent", {"type": "page", "anonymousId": "a"}),
    ("number as id", {"type": "page", "anonymousId": 12345}),
]


@pytest.mark.parametrize(("case", "message"), KEPT, ids=[case for case, _ in KEPT])
async def test_what_can_be_understood_is_kept_beside_its_neighbours(
    database: Database, store_id: UUID, case: str, message: dict[str, Any]
) -> None:
    async with collecting(database, store_id) as sender:
        reply = await sender.post("batch", {"batch": [page("before"), message, page("after")]})
    assert (reply.status_code, reply.json()) == (200, {"success": True}), case
    assert len(await activities(database)) == 3


async def test_a_bad_message_is_named_and_its_neighbours_are_stored(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        batch = [page("a"), {"type": "track", "anonymousId": "a"}, page("b", x="y" * 33_000), page("c")]
        reply = await sender.post("batch", {"batch": batch})
    assert reply.status_code == 200
    assert [(one["index"], one["field"]) for one in reply.json()["rejected"]] == [(1, "event"), (2, "")]
    assert len(await activities(database)) == 2


async def test_odd_times_and_unknown_names_leave_a_warning(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("track", track("Danced On The Table", timestamp="2999-01-01T00:00:00Z"))
    (row,) = await activities(database)
    assert row["activity_type"] == "danced_on_the_table"
    assert row["activity_data"]["warnings"] == ["time_out_of_range", "unknown_event"]


async def test_a_wrong_key_and_a_missing_key_are_refused(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        sender.key = "swk_00000000_nothing"
        assert (await sender.post("page", page())).status_code == 401
        assert (await sender.client.post("/v1/page", json=page())).status_code == 401
    assert await activities(database) == []


async def test_negative_revenue_never_counts(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("track", track("Order Completed", properties={"total": -5}))
    visitor = await one_visitor(database)
    assert (visitor["orders"], visitor["revenue"]) == (1, 0)


async def test_a_flood_is_told_to_wait(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id, per_minute=5) as sender:
        replies = [await sender.post("page", page()) for _ in range(8)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 3
    assert int(replies[-1].headers["retry-after"]) >= 1


async def test_only_registered_origins_may_send_once_a_store_names_them(database: Database, store_id: UUID) -> None:
    await database.pool.execute("UPDATE stores SET allowed_origins = '{https://shop.example}' WHERE id = $1", store_id)
    async with collecting(database, store_id) as sender:
        answers = {
            origin: (await sender.post("page", page(), headers={"Origin": origin})).status_code
            for origin in ("https://shop.example", "https://elsewhere.example", "null")
        }
        asked = await sender.client.options("/v1/batch", headers={"Origin": "https://shop.example"})
    assert answers == {"https://shop.example": 200, "https://elsewhere.example": 403, "null": 200}
    assert asked.status_code == 204
    assert "POST" in asked.headers["access-control-allow-methods"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=12,
)
fields = ("anonymousId", "userId", "messageId", "event", "timestamp", "sentAt", "context", "properties", "traits", "type")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(fields), json_values), st.sampled_from(["track", "page", "identify", "batch", "alias"])
)
def test_no_json_at_all_raises_anything_but_a_refusal(body: dict[str, Any], kind: str) -> None:
    raw = json.dumps({"batch": [body]} if kind == "batch" else body).encode()
    try:
        request = read_request(kind, raw, "Basic a2V5Og==", ARRIVAL)
    except RefuseError as refusal:
        status = refusal.status
    else:
        status = 200
        (event,) = request.events
        assert b"\\u0000" not in event.data
        assert abs(event.at) <= ARRIVAL.received
    assert status == 200 or 400 <= status < 500
