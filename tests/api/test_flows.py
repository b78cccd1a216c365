"""Promises of the flows: drawn from what browsers sent, segment by segment, and refused by name where asked wrongly."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.flow import ending_of
from shopwarden.domain.ids import new_id
from shopwarden.domain.page_kind import NAMES
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import insert
from tests.ingest.sending import CHROME, collecting, page, track

NOW = datetime.now(UTC).replace(microsecond=0)
GOOGLE = {"page": {"path": "/", "url": "https://shop.example/", "referrer": "https://www.google.com/"}}


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def click(event: str, name: str, at: float, **properties: object) -> dict[str, Any]:
    return track(event, name, timestamp=ago(at), properties=properties, context={"userAgent": CHROME})


def buyer(name: str, start: float) -> list[dict[str, Any]]:
    return [
        page(name, timestamp=ago(start), context=GOOGLE),
        page(name, path="/collections/shoes", timestamp=ago(start - 10)),
        page(name, path="/products/boot", timestamp=ago(start - 20)),
        click("Product Added", name, start - 30, price=40, quantity=2),
        click("Checkout Started", name, start - 40, checkout_id=f"k-{name}"),
        click("Order Completed", name, start - 50, total=80),
        page(name, path="/", timestamp=ago(start - 60)),
    ]


def thinker(name: str, start: float) -> list[dict[str, Any]]:
    return [
        page(name, path="/products/boot", timestamp=ago(start)),
        click("Product Added", name, start - 10, price=40),
    ]


async def a_day_in_the_shop(database: Database, store_id: UUID) -> None:
    bot = {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
    batch = [
        *buyer("ann", 90_000),
        *thinker("ben", 50_000),
        page("ben", path="/", timestamp=ago(9_000)),  # comes again, and goes
        *buyer("eve", 5_000),
        page("bot", path="/", timestamp=ago(4_000), context=bot),
        {
            "type": "identify",
            "anonymousId": "mute",
            "userId": "7",
            "timestamp": ago(3_000),
            "context": {"userAgent": CHROME},
        },
    ]
    async with collecting(database, store_id) as sender:
        assert (await sender.post("batch", {"batch": batch})).status_code == 200
    eves = await database.pool.fetchrow(
        "SELECT s.id, s.visitor_id FROM sessions s JOIN visitors v ON v.id = s.visitor_id WHERE v.anonymous_id = 'eve'"
    )
    await insert(database, "orders", {
        "store_id": store_id, "id": new_id(), "external_id": "1", "session_id": eves["id"], "created_at": NOW,
        "updated_at": NOW, "version": "1", "advice": "decline",
    })  # fmt: skip


async def drawn(client: httpx.AsyncClient, store_id: UUID, **asked: object) -> dict[str, Any]:
    answer = await client.get(f"/api/stores/{store_id}/flows", params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def links(told: dict[str, Any]) -> dict[str, tuple[int, str]]:
    return {f"{link['from']} {link['to']}": (link["sessions"], link["value"]) for link in told["links"]}


async def test_the_flow_is_exact(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await a_day_in_the_shop(database, store_id)
    told = await drawn(client, store_id)
    assert links(told) == {
        "entry:entry 1:home": (3, "160.00"),
        "entry:entry 1:product": (1, "40.00"),
        "1:home 2:collection": (2, "160.00"),
        "1:home end:left": (1, "0.00"),
        "1:product 2:add_to_cart": (1, "40.00"),
        "2:collection 3:product": (2, "160.00"),
        "2:add_to_cart end:abandoned_cart": (1, "40.00"),
        "3:product 4:add_to_cart": (2, "160.00"),
        "4:add_to_cart 5:checkout": (2, "160.00"),
        "5:checkout end:paid": (2, "160.00"),
    }
    assert (told["sessions"], told["value"], told["longer"], told["withoutWay"]) == (4, "200.00", 0, 1)
    assert {node["name"]: node["sessions"] for node in told["nodes"] if node["kind"] == "end"} == {
        "paid": 2,
        "abandoned_cart": 1,
        "left": 1,
    }


@pytest.mark.parametrize(
    ("asked", "sessions", "ends"),
    [
        ({"segment": "fraud"}, 1, {"paid"}),
        ({"segment": "legitimate"}, 1, {"paid"}),
        ({"segment": "new"}, 3, {"paid", "abandoned_cart"}),
        ({"segment": "returning"}, 1, {"left"}),
        ({"source": "google"}, 2, {"paid"}),
        ({"source": "Direct"}, 2, {"abandoned_cart", "left"}),
        ({"country": "de"}, 0, set()),
        ({"bots": "include"}, 5, {"paid", "abandoned_cart", "left"}),
    ],
)
async def test_a_segment_has_its_own_flow(
    client: httpx.AsyncClient, database: Database, store_id: UUID, asked: dict[str, str], sessions: int, ends: set[str]
) -> None:
    await a_day_in_the_shop(database, store_id)
    told = await drawn(client, store_id, **asked)
    assert told["sessions"] == sessions
    assert {node["name"] for node in told["nodes"] if node["kind"] == "end"} == ends


async def test_a_period_takes_the_sessions_begun_in_it(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await a_day_in_the_shop(database, store_id)
    later = (await drawn(client, store_id, **{"from": ago(9_000)}))["sessions"]
    earlier = (await drawn(client, store_id, to=ago(9_000)))["sessions"]
    assert (earlier, later) == (2, 2)


async def test_a_deeper_way_goes_straight_to_its_end(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await a_day_in_the_shop(database, store_id)
    told = await drawn(client, store_id, depth=2, entry="source")
    assert told["longer"] == 2
    assert links(told)["2:collection end:paid"] == (2, "160.00")
    assert {node["name"] for node in told["nodes"] if node["kind"] == "entry"} == {"google", "direct"}


async def test_an_order_only_the_shop_told_of_counts_as_paid(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    async with collecting(database, store_id) as sender:
        assert (await sender.post("batch", {"batch": thinker("ann", 300)})).status_code == 200
    session = await database.pool.fetchval("SELECT id FROM sessions")
    order = {"store_id": store_id, "id": new_id(), "external_id": "1", "session_id": session, "created_at": NOW,
             "updated_at": NOW, "version": "1"}  # fmt: skip
    await insert(database, "orders", order)
    told = await drawn(client, store_id)
    assert "2:add_to_cart end:paid" in links(told)


async def test_views_without_consent_are_told_beside(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    for day, views in ((date.today(), 5), (date.today() - timedelta(days=40), 7)):
        await insert(database, "page_counts", {"store_id": store_id, "day": day, "page_kind": "product", "source": "direct",
                                               "country_code": "", "device_kind": "desktop", "views": views})  # fmt: skip
    told = await drawn(client, store_id)
    assert told["unrecognisedViews"] == {"total": 5, "kinds": {"product": 5}}
    assert told["sessions"] == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "2024-01-01", "to": "2026-03-01"}, "from"),
        ({"to": "0001-01-03"}, "to"),
        ({"depth": "1"}, "depth"),
        ({"depth": "13"}, "depth"),
        ({"segment": "rich"}, "segment"),
        ({"country": "Germany"}, "country"),
        ({"bots": "yes"}, "bots"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_asked_wrongly_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, asked: dict[str, str], field: str
) -> None:
    answer = await client.get(f"/api/stores/{store_id}/flows", params=asked)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_it_takes_the_scope_and_ones_own_store(client_for: ClientFor, store_id: UUID, other_store: UUID) -> None:
    assert (await (await client_for(["orders:read"])).get(f"/api/stores/{store_id}/flows")).status_code == 403
    reader = await client_for(["visitors:read"])
    assert (await reader.get(f"/api/stores/{other_store}/flows")).status_code == 404
    assert (await reader.get(f"/api/stores/{store_id}/flows")).status_code == 200


async def test_any_ways_of_many_sessions_are_counted_as_gone(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    dice = Random(7)
    counted: Counter[tuple[str, str]] = Counter()
    for _ in range(300):
        way = "".join(dice.choices("HCPSAOB+KF", k=dice.randrange(12)))
        paid = dice.random() < 0.2
        path = way + ("$" + "".join(dice.choices("HCP", k=dice.randrange(3))) if paid else "")
        filled, at_checkout = "+" in way, bool(set("KF") & set(way))
        await insert(database, "sessions", {
            "store_id": store_id, "id": new_id(), "visitor_id": new_id(), "started_at": NOW, "ended_at": NOW, "path": path,
            "orders": int(paid), "cart_adds": int(filled), "failed_payments": int("F" in way),
        })  # fmt: skip
        if not path:
            counted["unknown", ""] += 1
            continue
        ending = ending_of(paid=paid, at_checkout=at_checkout, filled_basket=filled)
        places = ["entry:entry", *(f"{n}:{NAMES[letter]}" for n, letter in enumerate(way[:4], 1)), f"end:{ending.value}"]
        counted.update(pairwise(places))
        counted["longer", ""] += len(way) > 4
    told = await drawn(client, store_id, depth=4)
    assert (told["withoutWay"], told["longer"]) == (counted.pop(("unknown", "")), counted.pop(("longer", "")))
    assert {(link["from"], link["to"]): link["sessions"] for link in told["links"]} == counted
