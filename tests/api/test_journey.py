"""Promises of the journey: exact to the click, payments and orders where they happened, and risk where it arose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.steps.merge_visitors import Wanted, merge_visitors
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import add_visitor, insert
from tests.ingest.sending import CHROME, FIREFOX, IPHONE, LOOKUP, PIXEL, collecting, one_visitor, page, track

NOW = datetime.now(UTC).replace(microsecond=0)
BERLIN, LONDON = "85.214.132.117", "81.2.69.142"


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def click(event: str, at: float, *, agent: str = CHROME, ip: str = LONDON, **properties: object) -> dict[str, Any]:
    return track(event, timestamp=ago(at), properties=properties, context={"userAgent": agent, "ip": ip})


def view(path: str, at: float, **context: object) -> dict[str, Any]:
    return page(path=path, timestamp=ago(at), context={"ip": LONDON, **context})


FIRST = [
    view("/", 90_000, page={"path": "/", "url": "https://shop.example/", "referrer": "https://www.google.com/?q=boots"}),
    view("/collections/boots", 89_990),
    click("Products Searched", 89_980, query="red boots"),
    click("Product Viewed", 89_970, product_id="p-1", name="Red boot", price="40.00"),
    click("Product Added", 89_960, product_id="p-1", name="Red boot", price=40, quantity=2),
    click("Page Left", 89_900, path="/products/red-boot", visible_seconds=55, inputs=9),
]
SECOND = [
    view("/cart", 4_000),
    click(
        "Cart Viewed", 3_990, cart_value=80, products=[{"product_id": "p-1", "name": "Red boot", "price": 40, "quantity": 2}]
    ),
    click("Checkout Started", 3_980, checkout_token="tok-1", total=80),
    click("Payment Failed", 3_970, checkout_token="tok-1", error_code="card_declined", amount=80, currency="EUR"),
    click("Payment Failed", 3_960, checkout_token="tok-1", error_code="incorrect_cvc", amount=80, currency="EUR"),
    click("Order Completed", 3_950, checkout_token="tok-1", order_id="1001", total=80),
]


async def send(database: Database, store_id: UUID, *events: dict[str, Any]) -> UUID:
    async with collecting(database, store_id) as sender:
        assert (await sender.post("batch", {"batch": list(events)})).status_code == 200
    found: UUID = (await one_visitor(database))["id"]
    return found


async def walked(client: httpx.AsyncClient, visitor: UUID, **asked: object) -> dict[str, Any]:
    answer = await client.get(f"/api/visitors/{visitor}/journey", params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def steps(session: dict[str, Any]) -> list[tuple[object, ...]]:
    return [(event["type"], event["kind"], event["what"], event["basket"]) for event in session["events"]]


async def test_the_journey_is_exact_to_the_click(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    visitor = await send(database, store_id, *FIRST, *SECOND)
    told = await walked(client, visitor)
    second, first = told["sessions"]
    assert steps(first) == [
        ("page_view", "home", None, None),
        ("page_view", "collection", None, None),
        ("search", "search", "red boots", None),
        ("product_view", "product", "Red boot", None),
        ("add_to_cart", "add_to_cart", "Red boot", "80.00"),
        ("page_left", None, None, None),
    ]
    assert [event["at"] for event in first["events"]] == sorted(event["at"] for event in first["events"])
    assert first["events"][3]["products"] == [{"id": "p-1", "name": "Red boot", "price": "40.00", "quantity": None}]
    names = ("number", "source", "way", "outcome", "entryPage", "exitPage", "durationSeconds", "visibleSeconds", "isOpen")
    assert [first[name] for name in names] == [
        1, "google", ["home", "collection", "search", "product", "add_to_cart"], "abandoned_cart", "/", "/collections/boots",
        100.0, 55.0, False,
    ]  # fmt: skip
    assert (first["device"], first["country"]) == ({"browser": "Chrome", "os": "Windows", "kind": "desktop"}, "GB")
    assert steps(second)[-1] == ("order_completed", "order", None, "0.00")
    assert (second["number"], second["outcome"], second["revenue"]) == (2, "paid", "80.00")
    assert (told["sessionsTotal"], told["nextCursor"], told["mergedInto"]) == (2, None, None)


async def test_payments_and_orders_stand_where_they_happened(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    visitor = await send(database, store_id, *SECOND)
    at = NOW - timedelta(seconds=3_945)
    await insert(database, "orders", {
        "store_id": store_id, "id": new_id(), "external_id": "1001", "name": "#1001", "checkout_token": "tok-1",
        "created_at": at, "updated_at": at, "version": "1", "advice": "decline", "risk_score": 91, "risk_level": "critical",
    })  # fmt: skip
    await insert(database, "payment_attempts", {
        "store_id": store_id, "id": new_id(), "external_id": "77", "checkout_token": "tok-1", "status": "failed",
        "error_code": "expired_card", "at": NOW - timedelta(seconds=3_955),
    })  # fmt: skip
    await insert(database, "checkouts", {
        "store_id": store_id, "id": new_id(), "token": "tok-1", "created_at": at, "updated_at": at, "completed_at": at,
        "version": "1",
    })  # fmt: skip
    (session,) = (await walked(client, visitor))["sessions"]
    payments = [
        (event["type"], event["toldBy"], event["payment"]["errorCode"]) for event in session["events"] if event["payment"]
    ]
    assert payments == [
        ("payment_failed", "browser", "card_declined"),
        ("payment_failed", "browser", "incorrect_cvc"),
        ("payment_failed", "shop", "expired_card"),
    ]
    (order,) = [event for event in session["events"] if event["order"]]
    assert order["type"] == "order_completed"
    told = [order["order"][name] for name in ("name", "riskScore", "advice", "fraudLabel")]
    assert told == ["#1001", 91, "decline", "suspected"]
    assert session["checkouts"][0]["completedAt"] is not None
    assert "tok-1" not in str(session)


async def test_an_order_only_the_shop_told_of_makes_the_session_paid(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    visitor = await send(database, store_id, *FIRST)
    session = await database.pool.fetchval("SELECT id FROM sessions")
    at = NOW - timedelta(seconds=89_000)
    await insert(database, "orders", {"store_id": store_id, "id": new_id(), "external_id": "5", "session_id": session,
                                      "created_at": at, "updated_at": at, "version": "1"})  # fmt: skip
    (told,) = (await walked(client, visitor))["sessions"]
    assert told["outcome"] == "paid"
    assert [(event["type"], event["toldBy"]) for event in told["events"]][-1] == ("order", "shop")


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([view("/", 5_000)], "bounced"),
        ([view("/", 5_000), view("/products/a", 4_990)], "left"),
        ([view("/", 5_000), click("Products Searched", 4_990, query="x")], "left"),
        ([view("/products/a", 5_000), click("Product Added", 4_990, price=5)], "abandoned_cart"),
        ([view("/products/a", 5_000), click("Checkout Started", 4_990)], "abandoned_checkout"),
        ([view("/checkouts/1", 5_000)], "abandoned_checkout"),
        ([view("/", 5_000), click("Order Completed", 4_990, total=5)], "paid"),
    ],
)
async def test_every_session_has_its_outcome(
    client: httpx.AsyncClient, database: Database, store_id: UUID, events: list[dict[str, Any]], outcome: str
) -> None:
    visitor = await send(database, store_id, *events)
    assert [session["outcome"] for session in (await walked(client, visitor))["sessions"]] == [outcome]


async def test_risk_stands_at_the_event_where_it_arose(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    agents = [CHROME, FIREFOX, IPHONE, PIXEL]
    places = [LONDON, LONDON, BERLIN, LONDON]
    changes = [
        click("Cart Viewed", 5_000 - 5 * n, agent=agent, ip=ip)
        for n, (agent, ip) in enumerate(zip(agents, places, strict=True))
    ]
    visitor = await send(
        database, store_id, *changes, *(click("Payment Failed", 4_984 + n, agent=PIXEL) for n in range(-2, 1))
    )
    (session,) = (await walked(client, visitor))["sessions"]
    risks = [{risk["key"] for risk in event["risks"]} for event in session["events"]]
    assert risks[0] == set()
    assert risks[1] == {"device_change"}
    assert {"device_change", "location_change"} <= risks[2]
    assert {"device_change", "location_change", "behaviour.device_changes", "behaviour.location_changes"} <= risks[3]
    assert "behaviour.device_changes" not in risks[2]
    assert ["failed_payments" in keys for keys in risks] == [False] * 6 + [True]
    assert {"short_session", "behaviour.short_session", "behaviour.few_pages"} <= risks[6]
    assert not {"short_session", "behaviour.short_session"} & set().union(*risks[:6])
    points = {risk["key"]: risk["points"] for event in session["events"] for risk in event["risks"]}
    assert (points["behaviour.device_changes"], points["behaviour.location_changes"]) == (30, 25)
    assert points["device_change"] is None


async def test_sessions_come_page_by_page(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    visitor = await send(database, store_id, *(view(f"/products/{n}", 90_000 - 4_000 * n) for n in range(7)))
    seen, cursor = [], ""
    while True:
        told = await walked(client, visitor, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [session["number"] for session in told["sessions"]]
        assert all(len(session["events"]) == 1 for session in told["sessions"])
        cursor = told["nextCursor"]
        if cursor is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_a_long_session_says_how_much_is_left_out(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    visitor = await send(database, store_id, *(view(f"/p/{n}", 9_000 - n * 5) for n in range(30)))
    (session,) = (await walked(client, visitor, events=12))["sessions"]
    assert (len(session["events"]), session["eventsLeftOut"]) == (12, 18)
    assert session["events"][-1]["page"] == "/p/11"


async def test_bad_questions_are_refused_by_name(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    visitor = await add_visitor(database, store_id)
    for asked, field in (
        ({"limit": 0}, "limit"),
        ({"limit": 51}, "limit"),
        ({"events": 0}, "events"),
        ({"cursor": "x"}, "cursor"),
    ):
        answer = await client.get(f"/api/visitors/{visitor}/journey", params=asked)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    empty = await walked(client, visitor)
    assert (empty["sessions"], empty["sessionsTotal"], empty["nextCursor"]) == ([], 0, None)


async def test_nobody_sees_a_strangers_journey(
    client: httpx.AsyncClient, client_for: ClientFor, database: Database, other_store: UUID
) -> None:
    theirs = await add_visitor(database, other_store)
    for named in (theirs, new_id(), "no-id"):
        assert (await client.get(f"/api/visitors/{named}/journey")).status_code == 404
    assert (await (await client_for(["customers:read"])).get(f"/api/visitors/{theirs}/journey")).status_code == 403
    everywhere = await client_for(store=None)
    assert (await everywhere.get(f"/api/visitors/{theirs}/journey")).status_code == 200


async def test_a_merged_visitors_sessions_are_told_where_they_count_now(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    visitor = await send(database, store_id, *FIRST)
    async with collecting(database, store_id) as sender:
        for event in SECOND:
            assert (await sender.post("batch", {"batch": [event | {"anonymousId": "phone"}]})).status_code == 200
    other = (await one_visitor(database, "phone"))["id"]
    wanted = Wanted(store_id=StoreId(store_id), visitor_id=visitor, other_id=other, reason=None, key_id=None)
    await merge_visitors(database, wanted, LOOKUP)
    told = await walked(client, visitor)
    assert [(session["number"], session["outcome"]) for session in told["sessions"]] == [(2, "paid"), (1, "abandoned_cart")]
    assert [event["payment"]["errorCode"] for event in told["sessions"][0]["events"] if event["payment"]] == [
        "card_declined",
        "incorrect_cvc",
    ]
    gone = await walked(client, other)
    assert (gone["mergedInto"], gone["sessions"]) == (str(visitor), [])
