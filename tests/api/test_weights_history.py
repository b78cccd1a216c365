"""Versions of weights and of rules over HTTP: who changed what and why, what differs, and an earlier one brought back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.store.database import Database


@pytest.fixture
def url(store_id: UUID) -> str:
    return f"/api/stores/{store_id}/weights"


async def put(client: httpx.AsyncClient, url: str, **body: Any) -> dict[str, Any]:
    answer = await client.put(url, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_every_version_says_who_changed_which_dial_and_why(client: httpx.AsyncClient, url: str) -> None:
    await put(client, url, points={"ip.tor": 33}, reason="Tor is worse here")
    await put(client, url, review_at=20)
    await put(client, url, points={"ip.tor": 41}, review_at=20, reason=" ")
    versions = (await client.get(f"{url}/history")).json()["versions"]
    assert [(each["version"], each["reason"]) for each in versions] == [(3, None), (2, None), (1, "Tor is worse here")]
    assert [change["dial"] for change in versions[0]["changes"]] == ["points.ip.tor"]
    default = next(dial for dial in (await client.get(url)).json()["signals"] if dial["key"] == "ip.tor")["default_points"]
    assert versions[1]["changes"] == [
        {"dial": "review_at", "was": 30.0, "now": 20.0}, {"dial": "points.ip.tor", "was": 33.0, "now": default},
    ]  # fmt: skip
    assert all(each["changed_by"].startswith("key:") for each in versions)


async def test_history_has_pages(client: httpx.AsyncClient, url: str) -> None:
    for review_at in (10, 20, 21):
        await put(client, url, review_at=review_at)
    first = (await client.get(f"{url}/history", params={"limit": 2})).json()
    assert ([each["version"] for each in first["versions"]], first["next_before"]) == ([3, 2], 2)
    assert first["versions"][1]["changes"] == [{"dial": "review_at", "was": 10.0, "now": 20.0}]
    rest = (await client.get(f"{url}/history", params={"limit": 2, "before": 2})).json()
    assert ([each["version"] for each in rest["versions"]], rest["next_before"]) == ([1], None)


async def test_two_versions_are_compared_and_one_is_brought_back(
    client: httpx.AsyncClient, database: Database, url: str
) -> None:
    first = await put(client, url, points={"ip.tor": 33}, decline_at=90)
    await put(client, url)
    differ = (await client.get(f"{url}/diff", params={"older": 0, "newer": 1})).json()["changes"]
    assert [(change["dial"], change["now"]) for change in differ] == [("decline_at", 90.0), ("points.ip.tor", 33.0)]
    assert (await client.get(f"{url}/diff", params={"older": 0, "newer": 2})).json()["changes"] == []
    assert (await client.get(f"{url}/1")).json() == first
    back = (await client.post(f"{url}/1/restore", json={})).json()
    assert (back["version"], back["points"], back["decline_at"]) == (3, {"ip.tor": 33.0}, 90)
    assert back["reason"] == "version 1 brought back"
    noted = await database.pool.fetch("SELECT action, before, after FROM audit_log ORDER BY id")
    assert [row["action"] for row in noted] == ["weights.changed"] * 3
    assert noted[1]["before"] == {"version": 1, "points": {"ip.tor": 33.0}, "decline_at": 90}


async def test_a_version_that_never_was_is_not_there(client: httpx.AsyncClient, url: str) -> None:
    for path in ("/4", "/99999999999999999999", "/diff?older=0&newer=4"):
        assert (await client.get(url + path)).status_code == 404, path
    assert (await client.post(f"{url}/4/restore", json={})).status_code == 404
    assert (await client.get(f"{url}/0")).json()["version"] == 0


async def test_a_change_of_weights_that_moved_on_is_refused(client: httpx.AsyncClient, url: str) -> None:
    await put(client, url, based_on=0)
    answer = await client.put(url, json={"based_on": 0})
    assert answer.status_code == 409
    assert answer.json()["errors"] == [{"field": "based_on", "message": "is 1 by now"}]


async def test_versions_of_rules_say_what_changed(client: httpx.AsyncClient, store_id: UUID) -> None:
    stores = f"/api/stores/{store_id}"
    rule = {"name": "Tor", "condition": "ip.is_tor", "effect": {"points": 5}, "state": "shadow"}
    made = (await client.post(f"{stores}/rules", json=rule)).json()
    body = {"state": "partial", "share": 10, "condition": "ip.is_tor && ip.is_vpn", "reason": "careful"}
    assert (await client.patch(f"{stores}/rules/{made['id']}", json=body)).status_code == 200
    assert (await client.delete(f"{stores}/rules/{made['id']}")).status_code == 200
    versions = (await client.get(f"{stores}/rulesets")).json()["versions"]
    assert [(each["version"], each["rules"], each["reason"]) for each in versions] == [
        (3, 0, None), (2, 1, "careful"), (1, 1, None),
    ]  # fmt: skip
    assert versions[0]["changes"] == ["\u201cTor\u201d is not asked any more."]
    assert versions[1]["changes"] == [
        "The condition of \u201cTor\u201d was 'ip.is_tor' and is 'ip.is_tor && ip.is_vpn'.",
        "\u201cTor\u201d was shadow and is partial (10 %).",
    ]
    one = (await client.get(f"{stores}/rulesets/2")).json()
    assert [each["condition"] for each in one["asked"]] == ["ip.is_tor && ip.is_vpn"]
    assert one["changes"] == versions[1]["changes"]
    for version in ("0", "4", "99999999999999999999"):
        assert (await client.get(f"{stores}/rulesets/{version}")).status_code == 404
