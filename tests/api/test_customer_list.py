"""The customer list: every filter and every order against known rows, pages, cursors and refusals."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from shopwarden.store import customer_list
from shopwarden.store.database import Database
from tests.api.rows import MARCH, add_customer, money

PEOPLE: dict[str, dict[str, object]] = {
    "ann": {
        "email": "ann@example.com",
        "first_name": "Ann",
        "last_name": "Lee",
        "status": "active",
        "risk_level": "low",
        "risk_score": 3,
        "country_code": "DE",
        "total_spent": money("10.00"),
        "orders_count": 1,
        "created_at": MARCH,
        "updated_at": MARCH + timedelta(days=9),
        "last_active_at": MARCH + timedelta(days=1),
    },
    "bob": {
        "email": "bob@example.com",
        "first_name": "Bob",
        "last_name": "Stone",
        "status": "vip",
        "risk_level": "medium",
        "risk_score": 30,
        "country_code": "FR",
        "total_spent": money("999.90"),
        "orders_count": 12,
        "created_at": MARCH + timedelta(days=1),
        "updated_at": MARCH + timedelta(days=7),
        "last_active_at": MARCH + timedelta(days=8),
    },
    "cy": {
        "email": "cy@shop.example",
        "first_name": "Cy",
        "last_name": "100%_Odd",
        "status": "blocked",
        "risk_level": "critical",
        "risk_score": 95,
        "country_code": "US",
        "total_spent": money("0.00"),
        "orders_count": 0,
        "created_at": MARCH + timedelta(days=2),
        "updated_at": MARCH + timedelta(days=5),
        "last_active_at": None,
    },
    "dee": {
        "email": None,
        "phone": "+4930123456",
        "first_name": "Dee",
        "last_name": "Stone",
        "status": "inactive",
        "risk_level": "high",
        "risk_score": 60,
        "country_code": "DE",
        "total_spent": money("45.50"),
        "orders_count": 2,
        "primary_source": "klaviyo",
        "created_at": MARCH + timedelta(days=3),
        "updated_at": MARCH + timedelta(days=4),
        "last_active_at": None,
    },
    "eva": {
        "email": "eva@example.com",
        "first_name": "Eva",
        "last_name": "王伟",
        "status": "active",
        "risk_level": "low",
        "risk_score": 0,
        "country_code": None,
        "total_spent": money("45.50"),
        "orders_count": 2,
        "primary_source": "manual",
        "created_at": MARCH + timedelta(days=4),
        "updated_at": MARCH,
        "last_active_at": MARCH + timedelta(days=3),
    },
}


@pytest.fixture(autouse=True)
async def people(database: Database, store_id: UUID, other_store: UUID) -> dict[str, UUID]:
    made = {name: await add_customer(database, store_id, **values) for name, values in PEOPLE.items()}
    await add_customer(database, other_store, email="ann@example.com", first_name="Ann")
    await add_customer(database, store_id, email="gone@example.com", first_name="Ann", deleted_at=MARCH)
    return made


async def names(client: httpx.AsyncClient, **query: object) -> list[str]:
    answer = await client.get("/api/customers", params={k: str(v) for k, v in query.items()})
    assert answer.status_code == 200, answer.text
    return [row["first_name"].lower() for row in answer.json()["customers"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "eva dee cy bob ann"),
        ({"status": "active"}, "eva ann"),
        ({"status": "vip,blocked"}, "cy bob"),
        ({"risk_level": "high"}, "dee"),
        ({"risk_level": "low,critical"}, "eva cy ann"),
        ({"source": "klaviyo"}, "dee"),
        ({"source": "manual,klaviyo"}, "eva dee"),
        ({"country": "de"}, "dee ann"),
        ({"country": "FR,US"}, "cy bob"),
        ({"date_from": "2026-03-03"}, "eva dee cy"),
        ({"date_to": "2026-03-02"}, "bob ann"),
        ({"date_to": "2026-03-02T00:00:00Z"}, "ann"),
        ({"date_from": "2026-03-02", "date_to": "2026-03-03"}, "cy bob"),
        ({"search": "stone"}, "dee bob"),
        ({"search": "BOB@EXAMPLE"}, "bob"),
        ({"search": "dee stone"}, "dee"),
        ({"search": "+4930"}, "dee"),
        ({"search": "100%_"}, "cy"),
        ({"search": "0%0"}, ""),
        ({"search": "王伟"}, "eva"),
        ({"search": "st"}, "dee bob"),
        ({"search": "an"}, "ann"),
        ({"search": "stone", "status": "vip", "country": "FR"}, "bob"),
        ({"status": "active", "country": "US"}, ""),
        ({"sort_order": "asc"}, "ann bob cy dee eva"),
        ({"sort_by": "updated_at"}, "ann bob cy dee eva"),
        ({"sort_by": "updated_at", "sort_order": "asc"}, "eva dee cy bob ann"),
        ({"sort_by": "risk_score"}, "cy dee bob ann eva"),
        ({"sort_by": "risk_score", "sort_order": "asc"}, "eva ann bob dee cy"),
        ({"sort_by": "total_spent"}, "bob eva dee ann cy"),
        ({"sort_by": "orders_count"}, "bob eva dee ann cy"),
        ({"sort_by": "last_active_at"}, "bob eva ann dee cy"),
        ({"sort_by": "last_active_at", "sort_order": "asc"}, "cy dee ann eva bob"),
        ({"page": 2, "limit": 2}, "cy bob"),
        ({"page": 3, "limit": 2}, "ann"),
        ({"page": 9, "limit": 2}, ""),
    ],
)
async def test_filters_orders_and_pages(client: httpx.AsyncClient, query: dict[str, object], expected: str) -> None:
    found = await names(client, **query)
    assert found == expected.split()


async def test_figures_of_the_list(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/customers?limit=2")).json()
    told = {name: body[name] for name in ("page", "limit", "total", "pages", "total_is_exact")}
    assert told == {"page": 1, "limit": 2, "total": 5, "pages": 3, "total_is_exact": True}
    assert body["customers"][0]["total_spent"] == "45.50"
    assert body["customers"][0]["created_at"] == "2026-03-05T00:00:00Z"


@pytest.mark.parametrize(
    "sort_by", ["created_at", "updated_at", "last_active_at", "total_spent", "orders_count", "risk_score"]
)
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
async def test_a_cursor_walks_the_same_list(client: httpx.AsyncClient, sort_by: str, sort_order: str) -> None:
    whole = await names(client, sort_by=sort_by, sort_order=sort_order)
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await client.get(
            "/api/customers", params={"sort_by": sort_by, "sort_order": sort_order, "limit": "2", "cursor": cursor}
        )
        walked += [row["first_name"].lower() for row in answer.json()["customers"]]
        cursor = answer.json()["next_cursor"]
    assert walked == whole


@pytest.mark.parametrize("sort_by", ["created_at", "last_active_at", "total_spent"])
async def test_deep_pages_read_from_the_other_end_are_the_same(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, sort_by: str
) -> None:
    whole = await names(client, sort_by=sort_by)
    monkeypatch.setattr(customer_list, "EXACT_UP_TO", 1)
    monkeypatch.setattr(customer_list, "FEW", 0)
    pages = [await names(client, sort_by=sort_by, limit=1, page=page) for page in range(1, 7)]
    assert [name for page in pages for name in page] == whole


async def test_a_deep_page_of_a_search_names_the_cursor(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/customers?search=example&page=999999&limit=200")
    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("colour=red", "colour", "country"),
        ("status=active,gone", "status", "inactive"),
        ("risk_level=extreme", "risk_level", "critical"),
        ("source=ebay", "source", "klaviyo"),
        ("country=Germany", "country", "country code"),
        ("sort_by=email", "sort_by", "total_spent"),
        ("sort_order=up", "sort_order", "desc"),
        ("page=0", "page", ">= 1"),
        ("page=many", "page", "int"),
        ("limit=201", "limit", "200"),
        ("limit=99999999999999999999", "limit", "200"),
        ("date_from=yesterday", "date_from", "ISO 8601"),
        ("date_from=2026-02-30", "date_from", "ISO 8601"),
        ("date_from=2026-03-05&date_to=2026-03-01", "date_from", "date_to"),
        ("search=x", "search", "short"),
        ("cursor=nonsense", "cursor", "not valid"),
        ("page=1&page=2", "page", "twice"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, query: str, field: str, told: str) -> None:
    answer = await client.get(f"/api/customers?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert told in error["message"]


async def test_a_cursor_of_another_order_is_refused(client: httpx.AsyncClient) -> None:
    cursor = (await client.get("/api/customers?limit=2")).json()["next_cursor"]
    answer = await client.get("/api/customers", params={"sort_by": "risk_score", "cursor": cursor})
    assert answer.status_code == 400
