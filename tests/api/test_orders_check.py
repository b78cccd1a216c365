"""`POST /api/orders/check` and the verdicts it leaves, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import add_customer, add_visitor

ORDER: dict[str, Any] = {
    "order_id": 1001,
    "email": "jane.doe@private-domain.test",
    "phone": "+1 617 555 0100",
    "total": "249.90",
    "currency": "USD",
    "ip": "203.0.113.7",
    "user_agent": "python-requests/2.32",
    "billing_address": {
        "first_name": "Jane",
        "address1": "1 Main St",
        "city": "Boston",
        "zip": "02110",
        "country_code": "US",
    },
    "shipping_address": {
        "first_name": "Jane",
        "address1": "2 Side St",
        "city": "Lyon",
        "zip": "69001",
        "country_code": "FR",
    },
    "line_items": [{"product_id": 7, "quantity": 2, "price": 124.95, "colour": "ignored"}],
    "payment": {"avs": "N", "cvv": "N", "bin": "411111", "last4": "1111", "failed_attempts": 3},
    "discount_codes": [],
    "something_else": {"is": "ignored"},
}


async def ask(client: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = await client.post("/api/orders/check", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_answer_has_every_field_and_adds_up(client: httpx.AsyncClient) -> None:
    found = await ask(client, ORDER)
    assert found["order_id"] == "1001"
    assert 0 <= found["band"]["low"] <= found["score"] <= found["band"]["high"] <= 100
    assert found["level"] in ("low", "medium", "high", "critical")
    assert found["advice"] in ("approve", "review", "decline")
    assert 0 < found["probability"] < 1
    assert found["reasons"]
    assert all(set(reason) == {"key", "part", "points", "sentence"} for reason in found["reasons"])
    assert sum(reason["points"] for reason in found["reasons"]) == pytest.approx(found["points"])
    inputs = found["fraud_score"]
    assert set(inputs) == {"vendor_checks", "behaviour", "network", "order_and_trust"}
    assert sum(part["points"] for part in inputs.values()) == pytest.approx(found["points"])
    assert (found["joined_by"], found["visitor"], found["behaviour_score"]) == (None, None, 0)
    assert found["gaps"], "what could not be checked is said"


async def test_the_visitor_behind_the_order_is_told(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    visitor = await add_visitor(
        database, store_id, anonymous_id="anon-9", sessions=1, page_views=1, session_seconds=9.0, device_changes=3,
        location_changes=2,
    )  # fmt: skip
    found = await ask(client, {"order_id": "x", "anonymous_id": "anon-9"})
    assert found["joined_by"] == "visitor"
    assert found["behaviour_score"] == 90
    assert found["visitor"]["visitor_id"] == str(visitor)
    assert found["visitor"]["device_changes"] == 3


async def test_an_idempotency_key_gives_the_same_verdict_and_refuses_another_question(client: httpx.AsyncClient) -> None:
    first = await ask(client, ORDER, **{"Idempotency-Key": "k1"})
    assert await ask(client, ORDER, **{"Idempotency-Key": "k1"}) == first
    other = await client.post("/api/orders/check", json={**ORDER, "total": 1}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert other.headers["content-type"].startswith("application/problem+json")
    assert (await ask(client, ORDER))["verdict_id"] != first["verdict_id"]


async def test_the_verdict_is_shown_again_with_its_facts(client: httpx.AsyncClient) -> None:
    found = await ask(client, ORDER)
    again = (await client.get(f"/api/verdicts/{found['verdict_id']}")).json()
    assert again["facts"]["email"]["address"] == "jane.doe@private-domain.test"
    assert {name: again[name] for name in ("score", "reasons", "parts", "created_at")} == {
        name: found[name] for name in ("score", "reasons", "parts", "created_at")
    }


async def test_without_pii_read_nothing_names_the_person(client: httpx.AsyncClient, client_for: ClientFor) -> None:
    found = await ask(client, ORDER)
    blind = await client_for(scopes=["customers:read", "orders:check"])
    told = (await blind.get(f"/api/verdicts/{found['verdict_id']}")).text
    checked = (await blind.post("/api/orders/check", json=ORDER)).text
    for secret in ("jane.doe", "Jane", "private-domain.test", "Main St", "203.0.113.7", "6175550100"):
        assert secret not in told
        assert secret not in checked


async def test_a_blocked_customer_is_declined(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    customer = await add_customer(database, store_id, email="c@shop.test", is_blocked=True, status="blocked")
    found = await ask(client, {"order_id": "x", "email": "C@Shop.test"})
    assert found["customer_id"] == str(customer)
    assert (found["advice"], found["overrides"][0]["by"]) == ("decline", "customer.blocked")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("email", {"email": 7}),
        ("total", {"total": "a lot"}),
        ("total", {"total": -5}),
        ("ip", {"ip": "300.1.1.1"}),
        ("currency", {"currency": "EURO"}),
        ("created_at", {"created_at": "1899-01-01T00:00:00Z"}),
        ("created_at", {"created_at": "2999-01-01T00:00:00Z"}),
        ("created_at", {"created_at": "yesterday"}),
        ("payment.last4", {"payment": {"last4": "4111111111111111"}}),
        ("billing_address.first_name", {"billing_address": {"first_name": "x" * 10_000}}),
        ("line_items", {"line_items": "none"}),
        ("order_id", {"order_id": None}),
        ("email", {"email": None, "ip": None}),
    ],
)
async def test_wrong_input_is_named(client: httpx.AsyncClient, field: str, wrong: dict[str, Any]) -> None:
    answer = await client.post("/api/orders/check", json={**ORDER, **wrong})
    assert answer.status_code == 400, answer.text
    assert field.split(".")[0] in answer.text
    assert field.split(".")[-1] in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"order_id": "\\u0000", "ip": "1.2.3.4"}', b"\xff"])
async def test_a_body_that_is_no_order_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/orders/check", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text


async def test_odd_but_possible_orders_are_judged(client: httpx.AsyncClient) -> None:
    for odd in (
        {"ip": "::ffff:10.0.0.1"},
        {"ip": "2001:db8::1", "email": "not an address"},
        {"email": None, "ip": None, "session_id": "unknown-session"},
        {"email": None, "ip": None, "customer_id": "nobody"},
        {"created_at": "2026-01-01T00:00:00"},
        {"order_id": "\U0001f6d2" * 100, "user_agent": None, "total": 0},
        {"phone": "call me", "billing_address": {}, "line_items": [{}], "total": 1e10},
    ):
        await ask(client, {**ORDER, **odd})


async def test_scopes_and_stores_are_kept_apart(
    client: httpx.AsyncClient, client_for: ClientFor, stranger: httpx.AsyncClient, other_store: UUID
) -> None:
    assert (await stranger.post("/api/orders/check", json=ORDER)).status_code == 401
    reader = await client_for(scopes=["customers:read"])
    assert (await reader.post("/api/orders/check", json=ORDER)).status_code == 403
    found = await ask(client, ORDER)
    foreign = await client_for(store=other_store)
    assert (await foreign.get(f"/api/verdicts/{found['verdict_id']}")).status_code == 404
    assert (await client.get(f"/api/verdicts/{uuid4()}")).status_code == 404
