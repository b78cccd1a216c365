"""The log of changes: every change of accounts, keys and settings is in it, whole, unchangeable, and without secrets."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import asyncpg
import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.store.audit import Change, note
from shopwarden.store.audit_reads import Wanted, read_audit
from shopwarden.store.database import Database
from tests.accounts.conftest import AddUser, SignedIn
from tests.api.conftest import ClientFor


async def test_changes_of_settings_are_on_record_with_old_and_new_value(
    add: AddUser, signed_in: SignedIn, store_id: UUID
) -> None:
    user = await add()
    page = await signed_in(user)
    way = f"/api/stores/{store_id}"
    secret = "sg-" + "s" * 40
    changes = {
        "/enrichment": {"check_deadline_ms": 300},
        "/tracker": {"consent": "required"},
        "/shopify/write-back": {"hold": "declined"},
        "/klaviyo": {"push": True},
        "/vendors/sendgrid": {"values": {"api_key": secret}, "policy": "always"},
    }
    for path, body in changes.items():
        assert (await page.put(way + path, json=body)).status_code == 200, path
    assert (await page.delete(f"{way}/vendors/sendgrid")).status_code == 204
    key = (await page.post("/api/keys", json={"name": "app", "scopes": ["customers:read"]})).json()
    rotated = (await page.post(f"/api/keys/{key['id']}/rotate", json={})).json()
    assert (await page.delete(f"/api/keys/{rotated['id']}")).status_code == 204
    answer = await page.get("/api/audit", params={"store_id": str(store_id)})
    entries = answer.json()["entries"]
    assert [entry["action"] for entry in reversed(entries)] == [
        "enrichment_settings.changed", "tracker_settings.changed", "shop_write_back.changed", "klaviyo_settings.changed",
        "vendor.changed", "vendor.forgotten", "key.made", "key.rotated", "key.revoked",
    ]  # fmt: skip
    assert {entry["actor"] for entry in entries} == {f"user:{user.id}"}
    assert {entry["actor_name"] for entry in entries} == {user.email}
    by_action = {entry["action"]: entry for entry in entries}
    assert by_action["shop_write_back.changed"]["before"] == {"hold": "never"}
    assert by_action["shop_write_back.changed"]["after"] == {"hold": "declined"}
    assert by_action["vendor.changed"]["after"]["values_set"] == ["api_key"]
    assert secret not in answer.text
    assert key["key"] not in answer.text


async def test_a_rule_that_acted_is_named(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    rule = {"name": "Hold big ones", "condition": "order.total > 900.0", "effect": {"hold": True}}
    made = (await client.post(f"/api/stores/{store_id}/rules", json=rule)).json()
    change = Change(actor=f"rule:{made['id']}", action="case.opened", subject="case")
    async with database.transaction() as connection:
        await note(connection, StoreId(store_id), change)
        (newest,) = await read_audit(connection, Wanted(store_id=StoreId(store_id)), 1)
    assert (newest.action, newest.actor_name) == ("case.opened", "Hold big ones")


async def test_what_stays_the_same_is_no_change(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    for _ in range(2):
        await client.put(f"/api/stores/{store_id}/klaviyo", json={"push": True})
    assert await database.pool.fetchval("SELECT count(*) FROM audit_log") == 1


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"])
async def test_nothing_in_it_is_ever_changed(database: Database, store_id: UUID, statement: str) -> None:
    async with database.transaction() as connection:
        await note(connection, store_id, Change(actor="system", action="a.b", subject="a"))  # type: ignore[arg-type]
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await database.pool.execute(statement)


@pytest.fixture
async def entries(database: Database, store_id: UUID, other_store: UUID) -> None:
    async with database.transaction() as connection:
        for number in range(7):
            change = Change(actor=f"rule:{number % 2}", action="rule.changed" if number % 2 else "case.decided",
                            subject="rule" if number % 2 else "case", subject_id=str(number), reason="=1+1")  # fmt: skip
            await note(connection, store_id, change)  # type: ignore[arg-type]
        await note(connection, other_store, Change(actor="system", action="rule.changed", subject="rule"))  # type: ignore[arg-type]
        await note(connection, None, Change(actor="system", action="sso_provider.added", subject="sso_provider"))


async def test_it_is_filtered_and_paged(client: httpx.AsyncClient, entries: None) -> None:
    async def ids(**asked: str | int) -> list[str]:
        found = (await client.get("/api/audit", params=asked)).json()["entries"]
        return [entry["subject_id"] for entry in found]

    assert await ids() == ["6", "5", "4", "3", "2", "1", "0"]
    assert await ids(action="rule.") == ["5", "3", "1"]
    assert await ids(action="rule.changed", subject_id="3") == ["3"]
    assert await ids(actor="rule:0", subject="case") == ["6", "4", "2", "0"]
    assert await ids(since="2999-01-01T00:00:00Z") == []
    assert await ids(until="2000-01-01T00:00:00Z") == []
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get("/api/audit", params={"limit": 3, "cursor": cursor})).json()
        seen += [entry["subject_id"] for entry in page["entries"]]
        cursor = page["next"]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    for wrong in ("x", "-1", "9" * 20, "١"):
        assert (await client.get("/api/audit", params={"cursor": wrong})).status_code == 400


async def test_one_store_sees_its_own_changes_only(
    client: httpx.AsyncClient, client_for: ClientFor, entries: None, other_store: UUID
) -> None:
    assert len((await client.get("/api/audit")).json()["entries"]) == 7
    assert (await client.get("/api/audit", params={"store_id": str(other_store)})).status_code == 404
    whole = await client_for(["audit:read"], store=None)
    assert len((await whole.get("/api/audit")).json()["entries"]) == 9
    assert len((await whole.get("/api/audit", params={"store_id": str(other_store)})).json()["entries"]) == 1
    assert (await (await client_for(["admin"])).get("/api/audit")).status_code == 403


async def test_as_csv_it_is_whole_and_no_cell_is_a_formula(client: httpx.AsyncClient, entries: None) -> None:
    answer = await client.get("/api/audit/export", params={"action": "case."})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["subject_id"] for row in rows] == ["6", "4", "2", "0"]
    assert {row["reason"] for row in rows} == {"'=1+1"}
