"""A store's accounts with vendors over HTTP: set, shown without secrets, refused by name, never a way to another store."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor

KEY = "planted-ipqs-key-0123456789"
PLACE = "vendors/ipqualityscore"


def named(vendors: list[dict[str, object]], name: str) -> dict[str, object]:
    return next(each for each in vendors if each["name"] == name)


async def test_a_key_is_kept_encrypted_and_never_shown(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    at = f"/api/stores/{store_id}"
    before = (await client.get(f"{at}/vendors")).json()
    assert before["made_up"] is False
    assert named(before["vendors"], "ipqualityscore")["state"] == "not_connected"
    answer = await client.put(f"{at}/{PLACE}", json={"values": {"api_key": KEY}, "daily_budget": "5.50"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["state"] == "connected"
    assert float(shown["daily_budget"]) == 5.5
    key = next(each for each in shown["credentials"] if each["name"] == "api_key")
    assert (key["is_set"], key["comes_from"], key["value"]) == (True, "store", None)
    assert KEY not in answer.text
    assert KEY not in (await client.get(f"{at}/vendors")).text
    sealed = await database.pool.fetchval("SELECT sealed FROM vendor_accounts WHERE vendor = 'ipqualityscore'")
    assert KEY.encode() not in sealed


async def test_what_is_left_out_stays_and_null_takes_away(client: httpx.AsyncClient, store_id: UUID) -> None:
    at = f"/api/stores/{store_id}/{PLACE}"
    await client.put(at, json={"values": {"api_key": KEY}, "monthly_budget": 100, "policy": "always"})
    after = (await client.put(at, json={"is_on": False})).json()
    assert (after["state"], after["policy"], float(after["monthly_budget"])) == ("off", "always", 100)
    gone = (await client.put(at, json={"is_on": True, "values": {"api_key": None}, "monthly_budget": None})).json()
    assert (gone["state"], gone["monthly_budget"], gone["missing"]) == ("not_connected", None, ["api_key"])


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("values.colour", {"values": {"colour": "red"}}),
        ("values.api_key", {"values": {"api_key": "two\nlines"}}),
        ("values.api_key", {"values": {"api_key": "x" * 4001}}),
        ("values.strictness", {"values": {"strictness": "9"}}),
        ("prices.sift.score", {"prices": {"sift.score": 1}}),
        ("prices.ipqualityscore.ip", {"prices": {"ipqualityscore.ip": -1}}),
        ("daily_budget", {"daily_budget": -0.01}),
        ("policy", {"policy": "sometimes"}),
        ("price", {"price": 3}),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, field: str, body: dict[str, object]
) -> None:
    answer = await client.put(f"/api/stores/{store_id}/{PLACE}", json=body)
    assert answer.status_code == 400, answer.text
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_an_unknown_vendor_is_not_found_and_the_known_are_named(client: httpx.AsyncClient, store_id: UUID) -> None:
    answer = await client.put(f"/api/stores/{store_id}/vendors/nobody", json={})
    assert answer.status_code == 404
    assert "ipqualityscore" in answer.json()["detail"]


async def test_a_vendor_that_is_not_connected_can_not_be_tested(client: httpx.AsyncClient, store_id: UUID) -> None:
    answer = await client.post(f"/api/stores/{store_id}/{PLACE}/test")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:shopwarden:problem:not-connected")


async def test_a_forgotten_account_is_gone(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    at = f"/api/stores/{store_id}/{PLACE}"
    await client.put(at, json={"values": {"api_key": KEY}})
    assert (await client.delete(at)).status_code == 204
    assert (await client.delete(at)).status_code == 404
    assert await database.pool.fetchval("SELECT count(*) FROM vendor_accounts") == 0


async def test_other_stores_and_lesser_keys_are_out_of_reach(
    client: httpx.AsyncClient, client_for: ClientFor, store_id: UUID, other_store: UUID
) -> None:
    assert (await client.get(f"/api/stores/{other_store}/vendors")).status_code == 404
    assert (await client.put(f"/api/stores/{other_store}/{PLACE}", json={"is_on": False})).status_code == 404
    reader = await client_for(scopes=["customers:read", "customers:write"])
    for path in ("vendors", PLACE, "vendor-usage", f"{PLACE}/calls"):
        assert (await reader.get(f"/api/stores/{store_id}/{path}")).status_code == 403


async def test_the_key_of_one_store_is_not_the_default_of_another(
    client: httpx.AsyncClient, database: Database, store_id: UUID, other_store: UUID
) -> None:
    """A sealed value moved into another store's row does not open there."""
    await client.put(f"/api/stores/{store_id}/{PLACE}", json={"values": {"api_key": KEY}})
    await database.pool.execute("UPDATE vendor_accounts SET store_id = $1", other_store)
    await database.pool.execute("UPDATE vendor_accounts SET store_id = $1 WHERE store_id = $2", store_id, other_store)
    assert (await client.get(f"/api/stores/{store_id}/{PLACE}")).json()["state"] == "connected"
    await client.put(f"/api/stores/{store_id}/vendors/sendgrid", json={"values": {"api_key": "another-key"}})
    await database.pool.execute(
        "UPDATE vendor_accounts SET sealed = (SELECT sealed FROM vendor_accounts WHERE vendor = 'sendgrid')"
        " WHERE vendor = 'ipqualityscore'"
    )
    assert (await client.get(f"/api/stores/{store_id}/{PLACE}")).json()["state"] == "unreadable"


async def test_usage_adds_up_by_look_up_and_time(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    days = [
        ("ipqualityscore", "ipqualityscore.ip", "2026-03-01", 10, 8, 1, 0.08),
        ("ipqualityscore", "ipqualityscore.ip", "2026-03-02", 5, 5, 1, 0.04),
        ("sendgrid", "sendgrid.email", "2026-03-02", 4, 4, 0, 0.5),
        ("sendgrid", "sendgrid.email", "2026-04-02", 100, 4, 0, 9),
    ]
    await database.pool.executemany(
        "INSERT INTO vendor_days (store_id, vendor, lookup, day, calls, answered, changed, cost)"
        f" VALUES ('{store_id}', $1, $2, $3::text::date, $4, $5, $6, $7::float8::numeric)",
        days,
    )
    answer = (
        await client.get(f"/api/stores/{store_id}/vendor-usage", params={"from": "2026-03-01", "to": "2026-03-31"})
    ).json()
    assert (answer["from"], answer["to"], answer["changed_decisions"]) == ("2026-03-01", "2026-03-31", 2)
    assert [each["lookup"] for each in answer["lookups"]] == ["sendgrid.email", "ipqualityscore.ip"]
    ip = answer["lookups"][1]
    assert (ip["calls"], ip["answers"], float(ip["cost"])) == (15, 13, 0.12)
    assert float(ip["cost_of_a_changed_decision"]) == 0.06


async def test_usage_of_a_store_that_asked_nothing_is_empty(client: httpx.AsyncClient, store_id: UUID) -> None:
    answer = (await client.get(f"/api/stores/{store_id}/vendor-usage")).json()
    assert (answer["lookups"], float(answer["cost"])) == ([], 0)


async def test_the_newest_calls_come_first(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await database.pool.execute(
        "INSERT INTO vendor_calls (store_id, id, vendor, lookup, at, outcome, status, milliseconds, cost)"
        " SELECT $1, gen_random_uuid(), 'sendgrid', 'sendgrid.email', now() - n * interval '1 minute', 'answered', 200, n, 0"
        " FROM generate_series(1, 5) AS n",
        store_id,
    )
    calls = (await client.get(f"/api/stores/{store_id}/vendors/sendgrid/calls", params={"limit": 3})).json()["calls"]
    assert [each["milliseconds"] for each in calls] == [1, 2, 3]
