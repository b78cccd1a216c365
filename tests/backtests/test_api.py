"""Trials over HTTP: asked for once, followed to their result, refused where wrong; and verdicts with something else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.steps.backtest_run import do_one
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.backtests.trying import decide_orders

PERIOD = {"first_at": "2026-03-01T00:00:00Z", "until_at": "2026-07-01T00:00:00+02:00"}
RULE = {"name": "dear", "condition": "order.total > 100.0", "effect": {"advice": "decline"}}


async def test_a_trial_from_asking_to_its_result(
    client: httpx.AsyncClient, client_for: ClientFor, database: Database, database_url: str, store_id: StoreId
) -> None:
    await decide_orders(database, store_id, range(80))
    path = f"/api/stores/{store_id}/backtests"
    body = PERIOD | {"name": "stricter", "policy": {"rules": [RULE], "weights": {"review_at": 10}}}
    asked = await client.post(path, json=body, headers={"Idempotency-Key": "once"})
    assert asked.status_code == 202, asked.text
    again = await client.post(path, json=body, headers={"Idempotency-Key": "once"})
    assert again.json()["id"] == asked.json()["id"]
    assert asked.headers["Location"] == f"{path}/{asked.json()['id']}"
    assert asked.json()["result"] is None
    assert await do_one(database, database_url, uuid4())
    found = (await client.get(asked.headers["Location"])).json()
    assert (found["state"], found["done"], found["total"]) == ("done", 80, 80)
    result = found["result"]
    assert result["orders"] == result["reproduced"]["same"] == 80
    dear = await database.pool.fetchrow("SELECT count(*), sum(total) FROM orders WHERE total > 100")
    (rule,) = result["rules"]
    assert rule["applied"] == dear[0]
    declined = result["candidate"]["table"].values()
    assert sum(row["decline"]["orders"] for row in declined) >= dear[0]
    listed = (await client.get(path)).json()
    assert (listed["total"], [each["name"] for each in listed["backtests"]]) == (1, ["stricter"])
    reader = await client_for(["decisions:read"])
    assert (await reader.get(asked.headers["Location"])).status_code == 200
    assert (await reader.post(path, json=body)).status_code == 403
    actions = await database.pool.fetch("SELECT action FROM audit_log WHERE store_id = $1", store_id)
    assert [row["action"] for row in actions] == ["backtest.asked"]


async def test_a_trial_is_cancelled_once(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    path = f"/api/stores/{store_id}/backtests"
    asked = (await client.post(path, json=PERIOD)).json()
    for _ in range(2):
        cancelled = await client.post(f"{path}/{asked['id']}/cancel")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    count = await database.pool.fetchval("SELECT count(*) FROM audit_log WHERE action = 'backtest.cancelled'")
    assert count == 1


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("until_at", {"first_at": "2026-03-02T00:00:00Z", "until_at": "2026-03-01T00:00:00Z"}),
        ("first_at", PERIOD | {"first_at": "2026-03-01T00:00:00"}),
        ("first_at", PERIOD | {"first_at": "9998-03-01T00:00:00Z", "until_at": "9998-04-01T00:00:00Z"}),
        ("rules[0].condition", PERIOD | {"policy": {"rules": [RULE | {"condition": "order.totl > 1"}]}}),
        ("rules[1].effect.points", PERIOD | {"policy": {"rules": [RULE, RULE | {"effect": {"points": 1e9}}]}}),
        ("points.ip.tor", PERIOD | {"policy": {"weights": {"points": {"ip.tor": 101}}}}),
        ("review_at", PERIOD | {"policy": {"weights": {"review_at": 80, "decline_at": 70}}}),
        ("lists.add[0].value",
         PERIOD | {"policy": {"lists": {"add": [{"list": "block", "kind": "ip", "value": "nowhere"}]}}}),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, field: str, body: dict[str, Any]
) -> None:
    answer = await client.post(f"/api/stores/{store_id}/backtests", json=body)
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_too_many_trials_wait(client: httpx.AsyncClient, store_id: UUID) -> None:
    path = f"/api/stores/{store_id}/backtests"
    statuses = [(await client.post(path, json=PERIOD)).status_code for _ in range(21)]
    assert statuses == [202] * 20 + [409]


async def test_what_a_trial_would_list_is_masked_for_those_who_may_not_see_it(
    client: httpx.AsyncClient, client_for: ClientFor, store_id: UUID
) -> None:
    lists = {"lists": {"add": [{"list": "block", "kind": "email", "value": "jane@example.com"}]}}
    asked = (await client.post(f"/api/stores/{store_id}/backtests", json=PERIOD | {"policy": lists})).json()
    assert asked["trial"]["lists"]["add"][0]["value"] == "jane@example.com"
    reader = await client_for(["decisions:read"])
    seen = await reader.get(f"/api/stores/{store_id}/backtests/{asked['id']}")
    assert "jane" not in seen.text


async def test_a_verdict_with_something_else(client: httpx.AsyncClient, database: Database, store_id: StoreId) -> None:
    await decide_orders(database, store_id, range(40))
    row = await database.pool.fetchrow(
        "SELECT id, score, advice, facts FROM verdicts WHERE (facts #>> '{ip,is_vpn}')::boolean ORDER BY score DESC LIMIT 1"
    )
    path, verdict = f"/api/stores/{store_id}/what-if", {"verdict_id": str(row["id"])}

    async def asked(**other: object) -> dict[str, Any]:
        answer = await client.post(path, json=verdict | other)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    same = await asked()
    assert same["was"] == same["now"]
    assert (same["was"]["score"], same["shifts"]) == (row["score"], [])
    without = await asked(without=["ip.is_vpn"])
    assert without["now"]["points"] < without["was"]["points"]
    assert "ip.vpn" in {shift["key"] for shift in without["shifts"]}
    assert "ip.vpn" in {gap["key"] for gap in without["now"]["gaps"]}
    ruled = await asked(rules=[RULE | {"condition": "true", "effect": {"advice": "review"}}])
    assert ruled["now"]["advice"] == "review"
    everyone = [{"list": "allow", "kind": "ip", "value": "203.0.0.0/16"}]
    assert (await asked(lists={"add": everyone}))["now"]["advice"] == "approve"
    silent = await asked(weights={"points": {"ip.vpn": 0}})
    assert "ip.vpn" not in {reason["key"] for reason in silent["now"]["reasons"]}


@pytest.mark.parametrize("path", ["ip.nonsense", "store.currency", "at", "", "ip.is_vpn.x", "vendor"])
async def test_only_facts_that_may_be_unknown_are_taken_away(
    client: httpx.AsyncClient, database: Database, store_id: StoreId, path: str
) -> None:
    await decide_orders(database, store_id, range(1))
    verdict = await database.pool.fetchval("SELECT id FROM verdicts")
    answer = await client.post(f"/api/stores/{store_id}/what-if", json={"verdict_id": str(verdict), "without": [path]})
    assert answer.status_code == (200 if path == "vendor" else 400), answer.text
    missing = await client.post(f"/api/stores/{store_id}/what-if", json={"verdict_id": str(uuid4())})
    assert missing.status_code == 404
