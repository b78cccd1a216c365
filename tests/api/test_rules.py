"""A store's rules over HTTP: their whole life, each change in the next ruleset and in the audit log."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor

VPN = {"name": "Behind a VPN", "condition": "order.total > 500.0 && ip.is_vpn", "effect": {"points": 12.5}}


@pytest.fixture
def url(store_id: UUID) -> str:
    return f"/api/stores/{store_id}/rules"


async def made(client: httpx.AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(url, json={**VPN, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rulesets(database: Database) -> list[Any]:
    rows = await database.pool.fetch("SELECT version, rules, changed_by, reason FROM rulesets ORDER BY version")
    return [(row["version"], [rule["name"] for rule in row["rules"]], row["reason"]) for row in rows]


async def test_from_draft_to_live_and_off(client: httpx.AsyncClient, database: Database, url: str) -> None:
    rule = await made(client, url)
    assert (rule["state"], rule["share"], rule["version"], rule["position"]) == ("draft", 100, 1, 1)
    assert await rulesets(database) == [], "a draft is not asked"
    one = f"{url}/{rule['id']}"
    steps = [("shadow", {}), ("partial", {"share": 20}), ("live", {}), ("off", {})]
    for place, (state, more) in enumerate(steps, 1):
        answer = await client.patch(one, json={"state": state, "reason": f"step {place}", "version": place, **more})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["version"]) == (state, place + 1)
    kept = await rulesets(database)
    assert kept == [(1, ["Behind a VPN"], "step 1"), (2, ["Behind a VPN"], "step 2"), (3, ["Behind a VPN"], "step 3"),
                    (4, [], "step 4")]  # fmt: skip
    assert (await client.get(url)).json()["ruleset_version"] == 4
    noted = await database.pool.fetch("SELECT action, before, after, reason, actor FROM audit_log ORDER BY id")
    assert [row["action"] for row in noted] == ["rule.created"] + ["rule.changed"] * 4
    assert noted[2]["before"] == {"state": "shadow", "share": 100, "version": 2}
    assert noted[2]["after"] == {"state": "partial", "share": 20, "version": 3}
    assert all(row["actor"].startswith("key:") for row in noted)


async def test_a_rule_that_was_asked_is_no_draft_again(client: httpx.AsyncClient, url: str) -> None:
    rule = await made(client, url, state="shadow")
    answer = await client.patch(f"{url}/{rule['id']}", json={"state": "draft"})
    assert answer.status_code == 409
    assert "switch it off" in answer.json()["detail"]


async def test_two_changes_of_the_same_version_are_not_both_taken(client: httpx.AsyncClient, url: str) -> None:
    one = f"{url}/{(await made(client, url))['id']}"
    answers = await asyncio.gather(*(client.patch(one, json={"name": name, "version": 1}) for name in ("mine", "yours")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["errors"] == [{"field": "version", "message": "is 2 by now"}]
    assert refused.json()["detail"].startswith("test changed this rule since you read it")


async def test_what_changes_nothing_is_no_change(client: httpx.AsyncClient, database: Database, url: str) -> None:
    rule = await made(client, url, state="live")
    same = await client.patch(f"{url}/{rule['id']}", json={"state": "live", "name": VPN["name"]})
    assert same.json() == rule
    assert len(await rulesets(database)) == 1


async def test_the_order_is_set_whole(client: httpx.AsyncClient, database: Database, url: str) -> None:
    first, second = [(await made(client, url, name=name, state="live"))["id"] for name in ("a", "b")]
    answer = await client.put(f"{url}/order", json={"rules": [second, first], "reason": "b is cheaper"})
    assert [rule["name"] for rule in answer.json()["rules"]] == ["b", "a"]
    assert (await rulesets(database))[-1] == (3, ["b", "a"], "b is cheaper")
    for wrong in ([first], [first, first], [first, second, str(uuid4())]):
        assert (await client.put(f"{url}/order", json={"rules": wrong})).status_code == 409
    again = await client.put(f"{url}/order", json={"rules": [second, first]})
    assert again.json()["ruleset_version"] == 3


async def test_archived_and_brought_back(client: httpx.AsyncClient, database: Database, url: str) -> None:
    rule = await made(client, url, state="live")
    one = f"{url}/{rule['id']}"
    assert (await client.delete(one, params={"reason": "no use"})).json()["archived_at"] is not None
    assert (await client.get(url)).json()["rules"] == []
    assert [each["id"] for each in (await client.get(url, params={"archived": "true"})).json()["rules"]] == [rule["id"]]
    assert (await client.patch(one, json={"name": "x"})).status_code == 409
    assert (await rulesets(database))[-1] == (2, [], "no use")
    back = (await client.post(f"{one}/restore")).json()
    assert (back["state"], back["archived_at"]) == ("off", None)
    assert (await client.get(one)).json() == back


@pytest.mark.parametrize(
    ("body", "field", "told"),
    [
        ({"condition": "order.total > 500"}, "condition", "column 13: write 500.0 instead of 500"),
        ({"condition": "ip.is_vpnn"}, "condition", "did you mean ip.is_vpn"),
        ({"condition": "order.total >\n 5.0 && nothing"}, "condition", "line 2, column 9: there is no fact named nothing"),
        ({"condition": " \n"}, "condition", "is empty"),
        ({"condition": "true\x07"}, "condition", "character that can't be kept"),
        ({"name": " \n"}, "name", "is empty"),
        ({"effect": {"points": 1000}}, "effect.points", "within -100 and 100"),
        ({"effect": {"tags": ["a,b"]}}, "effect.tags[0]", "without commas"),
        ({"effect": {"tags": ["x"] * 11}}, "effect.tags", "more than 10"),
        ({"effect": {"advice": "maybe"}}, "effect.advice", "takes "),
        ({"effect": {"colour": "red"}}, "effect.colour", "is not known here"),
        ({"state": "live", "effect": {}}, "effect", "does nothing"),
        ({"share": 0}, "share", ">= 1"),
        ({"state": "on"}, "state", "takes "),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, url: str, body: dict[str, Any], field: str, told: str
) -> None:
    answer = await client.post(url, json={**VPN, **body})
    assert answer.status_code == 400, answer.text
    error = answer.json()["errors"][0]
    assert error["field"] == field, answer.text
    assert told in error["message"], answer.text
    assert (await client.get(url)).json()["rules"] == []


async def test_who_may_read_may_not_write(client_for: ClientFor, url: str) -> None:
    reader = await client_for(["decisions:read"])
    assert (await reader.get(url)).status_code == 200
    assert (await reader.post(url, json=VPN)).status_code == 403
    administrator = await client_for(["admin"])
    assert (await administrator.post(url, json=VPN)).status_code == 403
