"""A customer's risk over HTTP: analysed, computed again, blocked and unblocked."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import add_customer, add_visitor


@pytest.fixture
async def customer(database: Database, store_id: UUID) -> UUID:
    customer = await add_customer(database, store_id, email="jane.doe@private-domain.test", first_name="Jane", status="vip")
    await add_visitor(
        database, store_id, customer_id=customer, sessions=2, page_views=1, session_seconds=20.0, device_changes=3,
        location_changes=2, patterns=["rapid_navigation"],
    )  # fmt: skip
    return customer


async def post(client: httpx.AsyncClient, path: str, body: Any = None) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_analysis_is_empty_before_the_first_verdict(client: httpx.AsyncClient, customer: UUID) -> None:
    found = (await client.get(f"/api/customers/{customer}/risk-analysis")).json()
    assert (found["latest"], found["history"], found["risk_score"]) == (None, [], 0)
    assert found["behaviour"][0]["behaviour_score"] == 90
    assert found["behaviour"][0]["patterns"] == ["rapid_navigation"]


async def test_computing_again_shows_in_analysis_profile_and_history(client: httpx.AsyncClient, customer: UUID) -> None:
    first = await post(client, f"/api/customers/{customer}/calculate-risk")
    second = await post(client, f"/api/customers/{customer}/calculate-risk")
    assert first["verdict_id"] != second["verdict_id"]
    found = (await client.get(f"/api/customers/{customer}/risk-analysis")).json()
    assert found["latest"] == second
    assert [point["verdict_id"] for point in found["history"]] == [second["verdict_id"], first["verdict_id"]]
    assert (found["risk_score"], found["risk_level"]) == (second["score"], second["level"])
    assert second["behaviour_score"] == 90
    assert second["facts"]["customer"]["status"] == "vip"
    profile = (await client.get(f"/api/customers/{customer}")).json()
    assert profile["risk_score"] == second["score"]


async def test_one_idempotency_key_computes_once(client: httpx.AsyncClient, customer: UUID) -> None:
    path, headers = f"/api/customers/{customer}/calculate-risk", {"Idempotency-Key": "again"}
    first, second = await client.post(path, headers=headers), await client.post(path, headers=headers)
    assert first.json() == second.json()


async def test_a_block_declines_at_once_and_unblocking_brings_the_standing_back(
    client: httpx.AsyncClient, customer: UUID
) -> None:
    blocked = await post(client, f"/api/customers/{customer}/block", {"reason": "  three chargebacks "})
    assert (blocked["status"], blocked["is_blocked"], blocked["blocked_reason"]) == ("blocked", True, "three chargebacks")
    assert blocked["verdict"]["advice"] == "decline"
    assert blocked["verdict"]["overrides"][0]["now"] == "decline"
    again = await post(client, f"/api/customers/{customer}/block", {"reason": "and a fourth"})
    assert again["blocked_reason"] == "and a fourth"
    free = await post(client, f"/api/customers/{customer}/unblock")
    assert (free["status"], free["is_blocked"], free["blocked_reason"]) == ("vip", False, None)
    assert free["verdict"]["overrides"] == []


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 501}, {"reason": 5}, {"reason": None}]
)
async def test_a_block_needs_a_reason(client: httpx.AsyncClient, customer: UUID, body: dict[str, Any]) -> None:
    answer = await client.post(f"/api/customers/{customer}/block", json=body)
    assert answer.status_code == 400
    assert "reason" in answer.text
    profile = (await client.get(f"/api/customers/{customer}/risk-analysis")).json()
    assert profile["is_blocked"] is False


async def test_without_pii_read_the_facts_name_nobody(
    client: httpx.AsyncClient, client_for: ClientFor, customer: UUID
) -> None:
    await post(client, f"/api/customers/{customer}/calculate-risk")
    blind = await client_for(scopes=["customers:read"])
    told = (await blind.get(f"/api/customers/{customer}/risk-analysis")).text
    assert "private-domain" not in told
    assert "jane" not in told.lower()


@pytest.mark.parametrize("action", ["calculate-risk", "block", "unblock"])
async def test_who_is_not_there_is_404_and_readers_may_not_write(
    client: httpx.AsyncClient, client_for: ClientFor, customer: UUID, other_store: UUID, action: str
) -> None:
    body = {"reason": "x"} if action == "block" else None
    assert (await client.post(f"/api/customers/{uuid4()}/{action}", json=body)).status_code == 404
    foreign = await client_for(store=other_store)
    assert (await foreign.post(f"/api/customers/{customer}/{action}", json=body)).status_code == 404
    assert (await foreign.get(f"/api/customers/{customer}/risk-analysis")).status_code == 404
    reader = await client_for(scopes=["customers:read"])
    assert (await reader.post(f"/api/customers/{customer}/{action}", json=body)).status_code == 403
