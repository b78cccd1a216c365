"""The list of visitors narrowed, searched and ordered in every way it can be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import new_id
from shopwarden.steps.placing import device_of
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import MARCH, add_customer, add_visitor, insert, money

DAY = timedelta(days=1)
PHONE = device_of(None, "f00dbeef", "", "", False)
assert PHONE is not None


@pytest.fixture
async def shop(database: Database, store_id: UUID) -> UUID:
    """Four visitors that differ in everything a list can ask for; named by their anonymous ids."""
    jane = await add_customer(database, store_id, email="jane@example.com", first_name="Jane", last_name="Roetrop")
    await insert(database, "devices", {"store_id": store_id, "id": PHONE.id, "fingerprint": "f00dbeef", "is_strong": True,
                                       "kind": "mobile", "first_seen": MARCH, "last_seen": MARCH})  # fmt: skip
    await add_visitor(database, store_id, anonymous_id="buyer", customer_id=jane, sessions=7, page_views=40, orders=2,
                      revenue=money("80.50"), country_code="DE", ip="203.0.113.7", last_seen=MARCH + 3 * DAY)  # fmt: skip
    await add_visitor(database, store_id, anonymous_id="robot", is_bot=True, patterns=["rapid_navigation"], page_views=90,
                      country_code="US", ip="198.51.100.9", last_seen=MARCH + 2 * DAY)  # fmt: skip
    await add_visitor(database, store_id, anonymous_id="hidden", vpn_detected=True, device_changes=4, location_changes=2,
                      sessions=3, country_code="DE", ip="2001:db8::5", last_seen=MARCH + DAY)  # fmt: skip
    looker = await add_visitor(database, store_id, anonymous_id="looker", first_seen=MARCH - 9 * DAY, country_code="FR",
                               device_id=PHONE.id, device_fingerprint="f00dbeef", ip="203.0.113.8")  # fmt: skip
    await insert(database, "sessions", {"store_id": store_id, "id": new_id(), "visitor_id": looker, "source": "google",
                                        "started_at": MARCH, "ended_at": MARCH})  # fmt: skip
    return store_id


async def names(client: httpx.AsyncClient, store_id: UUID, **asked: Any) -> list[str]:
    answer = await client.get(f"/api/stores/{store_id}/visitors", params=asked)
    assert answer.status_code == 200, answer.text
    return [visitor["anonymousId"] for visitor in answer.json()["visitors"]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"country": "de"}, ["buyer", "hidden"]),
        ({"country": "DE,FR", "vpn": "false"}, ["buyer", "looker"]),
        ({"source": "google,bing"}, ["looker"]),
        ({"device": "mobile"}, ["looker"]),
        ({"pattern": "rapid_navigation,failed_payments"}, ["robot"]),
        ({"isBot": "true"}, ["robot"]),
        ({"isBot": "false", "customer": "unknown"}, ["hidden", "looker"]),
        ({"customer": "known"}, ["buyer"]),
        ({"hasOrder": "true"}, ["buyer"]),
        ({"hasOrder": "false", "minPageViews": "1"}, ["robot"]),
        ({"minSessions": "3"}, ["buyer", "hidden"]),
        ({"minDeviceChanges": "1", "maxDeviceChanges": "4"}, ["hidden"]),
        ({"maxLocationChanges": "1"}, ["buyer", "robot", "looker"]),
        ({"firstSeenTo": "2026-02-28"}, ["looker"]),
        ({"lastSeenFrom": "2026-03-02", "lastSeenTo": "2026-03-03"}, ["robot", "hidden"]),
        ({"since": "2026-03-03"}, ["buyer", "robot"]),
        ({"search": "203.0.113."}, ["buyer", "looker"]),
        ({"search": "203.0.113.6/31"}, ["buyer"]),
        ({"search": "2001:db8:"}, ["hidden"]),
        ({"search": "2001:0db8:0::5"}, ["hidden"]),
        ({"search": "Jane@Example.com"}, ["buyer"]),
        ({"search": "jane@"}, ["buyer"]),
        ({"search": "roetr"}, ["buyer"]),
        ({"search": "hid"}, ["hidden"]),
        ({"search": "f00dbeef"}, ["looker"]),
        ({"search": "100%"}, []),
    ],
)
async def test_filters_and_searches(client: httpx.AsyncClient, shop: UUID, asked: dict[str, str], found: list[str]) -> None:
    assert await names(client, shop, **asked) == found
    answer = (await client.get(f"/api/stores/{shop}/visitors", params=asked)).json()
    assert (answer["total"], answer["totalIsExact"]) == (len(found), True)


async def test_a_visitor_is_found_by_its_id_and_the_beginning_of_it(
    client: httpx.AsyncClient, shop: UUID, database: Database
) -> None:
    robot = await database.pool.fetchval("SELECT id FROM visitors WHERE anonymous_id = 'robot'")
    assert await names(client, shop, search=str(robot)) == ["robot"]
    assert "robot" in await names(client, shop, search=str(robot)[:20])


@pytest.mark.parametrize("sort", ["lastSeen", "firstSeen", "sessions", "pageViews", "orders", "revenue"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_every_order_walks_through_all_by_its_cursor(
    client: httpx.AsyncClient, shop: UUID, database: Database, sort: str, order: str
) -> None:
    column = {"lastSeen": "last_seen", "firstSeen": "first_seen", "pageViews": "page_views"}.get(sort, sort)
    rows = await database.pool.fetch(f"SELECT anonymous_id FROM visitors ORDER BY {column} {order}, id {order}")
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": "1", "sortBy": sort, "sortOrder": order} | ({"cursor": cursor} if cursor else {})
        body = (await client.get(f"/api/stores/{shop}/visitors", params=asked)).json()
        walked += [visitor["anonymousId"] for visitor in body["visitors"]]
        assert (body["total"] is None) == bool(cursor)
        cursor = body["nextCursor"]
    assert walked == [row["anonymous_id"] for row in rows]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"colour": "red"}, "minSessions"),
        ({"pattern": "strange"}, "rapid_navigation"),
        ({"device": "toaster"}, "desktop"),
        ({"sortBy": "name"}, "lastSeen"),
        ({"sortOrder": "up"}, "asc"),
        ({"customer": "maybe"}, "known"),
        ({"isBot": "perhaps"}, "true"),
        ({"country": "Germany"}, "ISO 3166"),
        ({"minSessions": "-1"}, "minSessions"),
        ({"firstSeenFrom": "soon"}, "2026-03-01"),
        ({"cursor": "abc"}, "cursor"),
    ],
)
async def test_what_is_not_allowed_is_named(client: httpx.AsyncClient, shop: UUID, asked: Any, named: str) -> None:
    answer = await client.get(f"/api/stores/{shop}/visitors", params=asked)
    assert answer.status_code == 400
    assert named in answer.text


async def test_a_cursor_of_another_order_is_refused(client: httpx.AsyncClient, shop: UUID) -> None:
    body = (await client.get(f"/api/stores/{shop}/visitors", params={"limit": 1})).json()
    asked = {"cursor": body["nextCursor"], "sortBy": "sessions"}
    assert (await client.get(f"/api/stores/{shop}/visitors", params=asked)).status_code == 400


async def test_nobody_is_fished_for_without_pii(client_for: ClientFor, shop: UUID) -> None:
    client = await client_for(["visitors:read"])
    path = f"/api/stores/{shop}/visitors"
    for part in ("203.0.113.", "203.0.113.0/24", "2001:db8:"):
        assert (await client.get(path, params={"search": part})).status_code == 400
    for part in ("jane@", "Roetrop", "jane"):
        assert (await client.get(path, params={"search": part})).json()["visitors"] == []
    assert await names(client, shop, search="203.0.113.7") == ["buyer"]
    assert await names(client, shop, search="jane@example.com") == ["buyer"]
