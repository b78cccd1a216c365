"""Conditions tried on stored verdicts, and what a rule did or would have done, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import LabelName, NewLabel
from shopwarden.store.database import Database
from shopwarden.store.labels import put_labels
from tests.api.conftest import ClientFor

TOTALS = (600, 700, 100)


@pytest.fixture
def url(store_id: UUID) -> str:
    return f"/api/stores/{store_id}/rules"


async def ordered(client: httpx.AsyncClient, *totals: int) -> list[dict[str, Any]]:
    """Verdicts on orders of these values."""
    found = []
    for total in totals:
        body = {"order_id": f"o{total}", "email": "jane@example.com", "total": str(total), "currency": "EUR"}
        answer = await client.post("/api/orders/check", json=body)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
    return found


async def labelled(database: Database, store_id: UUID, **labels: LabelName) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        told = [
            NewLabel(label=label, source="api", reference=order, event_at=now, known_at=now, created_by="key:1",
                     order_external_id=order)
            for order, label in labels.items()
        ]  # fmt: skip
        await put_labels(connection, StoreId(store_id), told)


async def test_a_condition_is_tried_on_the_latest_orders(
    client: httpx.AsyncClient, database: Database, store_id: UUID, url: str
) -> None:
    await ordered(client, *TOTALS)
    await labelled(database, store_id, o600="fraud", o700="legitimate")
    body = {"condition": "order.total > 500.0", "effect": {"advice": "decline"}}
    found = (await client.post(f"{url}/test", json=body)).json()["latest"]
    assert [found[name] for name in ("orders", "matched", "unmatched", "unknown", "failed")] == [3, 2, 1, 0, 0]
    assert {currency: float(sum_) for currency, sum_ in found["amounts"].items()} == {"EUR": 1300.0}
    assert (found["fraud"], found["legitimate"], found["precision"]) == (1, 1, 0.5)
    (change,) = found["changes"]
    assert (change["was"], change["now"], change["orders"]) == ("approve", "decline", 2)
    assert [each["external_id"] for each in found["shown"]] == ["o700", "o600"]


async def test_orders_that_lack_a_fact_neither_match_nor_do_not(client: httpx.AsyncClient, url: str) -> None:
    await ordered(client, *TOTALS)
    for condition in ("ip.recent_abuse", "!ip.recent_abuse"):
        found = (await client.post(f"{url}/test", json={"condition": condition})).json()["latest"]
        assert (found["matched"], found["unmatched"], found["unknown"]) == (0, 0, 3)
        assert found["missing"] == {"ip.recent_abuse": 3}
    failing = (await client.post(f"{url}/test", json={"condition": "1 / (order.item_count - order.item_count) > 1"})).json()
    assert failing["latest"]["failed"] + failing["latest"]["unknown"] == 3


async def test_a_condition_is_tried_on_one_verdict_with_the_facts_it_reads(
    client: httpx.AsyncClient, client_for: ClientFor, url: str
) -> None:
    (verdict,) = await ordered(client, 600)
    body = {"condition": 'order.total > 500.0 && email.address.endsWith("example.com") || ip.is_vpn',
            "verdict_id": verdict["verdict_id"], "effect": {"points": 90}}  # fmt: skip
    one = (await client.post(f"{url}/test", json=body)).json()["one"]
    assert (one["holds"], one["was"], one["now"]) == (True, "approve", "decline")
    assert one["values"] == {"order.total": 600.0, "email.address": "jane@example.com", "ip.is_vpn": None}
    without_sight = await client_for(["policy:write"])
    masked = (await without_sight.post(f"{url}/test", json=body)).json()["one"]
    assert masked["holds"] is True
    assert "jane" not in masked["values"]["email.address"]


async def test_what_can_not_be_tried_is_refused_by_name(client: httpx.AsyncClient, url: str) -> None:
    for body, status, field in (
        ({"condition": "order.total >"}, 400, "condition"),
        ({"condition": "true", "effect": {"points": 1e9}}, 400, "effect.points"),
        ({"condition": "true", "effect": {}}, 400, "effect"),
        ({"condition": "true", "latest": 0}, 400, "latest"),
        ({"condition": "true", "verdict_id": str(uuid4())}, 404, "verdict_id"),
    ):
        answer = await client.post(f"{url}/test", json=body)
        assert answer.status_code == status, answer.text
        assert answer.json()["errors"][0]["field"] == field


async def test_a_rule_in_shadow_tells_what_it_would_have_changed(
    client: httpx.AsyncClient, database: Database, store_id: UUID, url: str
) -> None:
    shadow = {"name": "Dear", "condition": "order.total > 500.0", "effect": {"advice": "decline"}, "state": "shadow"}
    rule = (await client.post(url, json=shadow)).json()
    blind = {**shadow, "name": "Blind", "condition": "ip.recent_abuse"}
    other = (await client.post(url, json=blind)).json()
    verdicts = await ordered(client, *TOTALS)
    assert [each["advice"] for each in verdicts] == ["approve"] * 3
    await labelled(database, store_id, o600="fraud", o700="legitimate")
    found = (await client.get(f"{url}/{rule['id']}/results")).json()
    assert found["complete"] is True
    counts = {name: found[name]["orders"] for name in ("matched", "applied", "fraud", "legitimate", "unlabelled")}
    assert counts == {"matched": 2, "applied": 0, "fraud": 1, "legitimate": 1, "unlabelled": 0}
    assert float(found["matched"]["amounts"]["EUR"]) == 1300.0
    assert found["precision"] == 0.5
    (change,) = found["effects"]["changes"]
    assert (change["was"], change["now"], change["orders"]) == ("approve", "decline", 2)
    assert found["left_out"] == {"looked_at": 3, "orders": 0, "missing": {}, "errors": {}}
    blind_found = (await client.get(f"{url}/{other['id']}/results")).json()
    assert blind_found["matched"]["orders"] == 0
    assert blind_found["left_out"] == {"looked_at": 3, "orders": 3, "missing": {"ip.recent_abuse": 3}, "errors": {}}
    assert (await client.get(f"{url}/{uuid4()}/results")).status_code == 404


async def test_a_live_rule_is_measured_against_the_advice_without_it(client: httpx.AsyncClient, url: str) -> None:
    live = {"name": "Dear", "condition": "order.total > 650.0", "effect": {"advice": "review"}, "state": "live"}
    rule = (await client.post(url, json=live)).json()
    verdicts = await ordered(client, *TOTALS)
    assert [each["advice"] for each in verdicts] == ["approve", "review", "approve"]
    found = (await client.get(f"{url}/{rule['id']}/results")).json()
    assert (found["matched"]["orders"], found["applied"]["orders"]) == (1, 1)
    assert [(each["was"], each["now"]) for each in found["effects"]["changes"]] == [("approve", "review")]
    receipt = (await client.get(f"/api/verdicts/{verdicts[1]['verdict_id']}/receipt")).json()
    assert (receipt["same"], receipt["differences"], receipt["ruleset_version"]) == (True, [], 1)
    assert receipt["then"] == receipt["again"]


async def test_the_vocabulary_and_the_check_of_a_condition(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/rules/vocabulary")).json()
    by_name = {each["name"]: each for each in found["names"]}
    assert by_name["ip.is_vpn"]["type"] == "bool"
    assert by_name["device.kind"]["values"][0] == "desktop"
    assert "Mean" in by_name["visitor.avg_session_seconds"]["description"] or by_name["visitor.avg_session_seconds"]
    for example in [each["example"] for each in (*found["names"], *found["words"])]:
        checked = (await client.post("/api/rules/check", json={"condition": example})).json()
        assert checked["ok"], (example, checked)
    wrong = (await client.post("/api/rules/check", json={"condition": "ip.is_vpn &&\n order.total > 500"})).json()
    assert wrong["faults"] == [
        {
            "message": "write 500.0 instead of 500: order.total is a number with decimals",
            "line": 2,
            "column": 14,
            "length": 1,
        }
    ]
