"""Lists over HTTP: added, found, changed, taken off, and what each change does to the next decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor

ORDER = {"order_id": "1", "email": "ann@shop.example.org", "ip": "203.0.113.9", "total": "50", "currency": "EUR"}


async def add(client: httpx.AsyncClient, store_id: UUID, **entry: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/stores/{store_id}/lists/entries", json={"list": "block", **entry})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def advice(client: httpx.AsyncClient, order: dict[str, Any] | None = None) -> str:
    answer = await client.post("/api/orders/check", json=order or ORDER)
    assert answer.status_code == 200, answer.text
    return answer.json()["advice"]


async def test_an_entry_counts_from_the_next_decision_on_and_no_more_once_it_is_taken_off(
    client: httpx.AsyncClient, store_id: UUID, database: Database
) -> None:
    path = f"/api/stores/{store_id}/lists/entries"
    assert await advice(client) == "approve"
    made = await add(client, store_id, kind="domain", value="*.Example.ORG", reason="a ring")
    assert (made["outcome"], made["entry"]["value"], made["entry"]["kept_as"]) == ("created", "example.org", "example.org")
    assert await advice(client) == "decline"
    entry = f"{path}/{made['entry']['id']}"
    assert (await client.get(entry)).json() == made["entry"]
    again = await add(client, store_id, kind="domain", value="example.org")
    assert (again["outcome"], again["entry"]) == ("unchanged", made["entry"])
    past = (await client.patch(entry, json={"expires_at": "2020-01-01T00:00:00Z"})).json()
    assert (past["is_expired"], past["reason"]) == (True, "a ring")
    assert await advice(client) == "approve"
    assert (await client.patch(entry, json={"expires_at": None, "reason": None})).json()["reason"] is None
    assert await advice(client) == "decline"
    assert (await client.delete(entry)).status_code == 204
    assert (await client.delete(entry)).status_code == 404
    assert await advice(client) == "approve"
    told = await database.pool.fetch("SELECT action, actor FROM audit_log WHERE store_id = $1 ORDER BY at", store_id)
    assert [row["action"].partition(".")[2] for row in told] == ["added", "changed", "changed", "removed"]
    assert all(row["actor"].startswith("key:") for row in told)


async def test_the_block_list_has_the_last_word_and_a_watch_entry_changes_no_advice(
    client: httpx.AsyncClient, store_id: UUID
) -> None:
    await add(client, store_id, list="watch", kind="email", value=ORDER["email"])
    found = (await client.post("/api/orders/check", json=ORDER)).json()
    assert found["advice"] == "approve"
    await add(client, store_id, list="allow", kind="email", value=ORDER["email"])
    await add(client, store_id, list="block", kind="ip", value="203.0.113.0/24")
    found = (await client.post("/api/orders/check", json=ORDER)).json()
    assert found["advice"] == "decline"
    assert [one["now"] for one in found["overrides"]] == ["approve", "decline"]
    assert ORDER["email"] not in str(found["overrides"])


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        ("email", "nobody", "e-mail"),
        ("domain", "com", "domain"),
        ("phone", "0151 123", "phone"),
        ("ip", "300.1.1.1", "IP"),
        ("ip", "0.0.0.0/0", "wide"),
        ("ip", "203.0.113.0/33", "prefix"),
        ("ip", "203.0.113.0/-1", "IP"),
        ("device", "weak-0123456789abcdef", "model"),
        ("address", "Main Street 1", "address"),
        ("address", "US||1 Main Street", "address"),
        ("card", "4111111111111111", "whole card"),
        ("card", "12", "card"),
        ("customer", "Ann", "customer"),
        ("email", "a\x00b@example.com", "kept"),
        ("email", " ", "empty"),
    ],
)
async def test_a_value_of_no_use_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, kind: str, value: str, what: str
) -> None:
    body = {"list": "block", "kind": kind, "value": value}
    answer = await client.post(f"/api/stores/{store_id}/lists/entries", json=body)
    assert answer.status_code == 400, answer.text
    if "\x00" not in value:
        (error,) = answer.json()["errors"]
        assert (error["field"], what in error["message"]) == ("value", True), error


async def test_entries_come_by_pages_newest_first_each_once(client: httpx.AsyncClient, store_id: UUID) -> None:
    made = [
        (await add(client, store_id, kind="ip", value=f"198.51.100.{n}", list=("block", "allow", "watch")[n % 3]))["entry"]
        for n in range(7)
    ]
    path, seen, cursor = f"/api/stores/{store_id}/lists/entries", [], ""
    for _ in range(10):
        page = (await client.get(path, params={"limit": 3, "cursor": cursor})).json()
        seen += page["entries"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    blocked = (await client.get(path, params={"list": "block", "kind": "ip"})).json()["entries"]
    assert [entry["id"] for entry in blocked] == [entry["id"] for entry in made[::-1] if entry["list"] == "block"]
    totals = (await client.get(f"/api/stores/{store_id}/lists")).json()["totals"]
    assert {(one["list"], one["entries"]) for one in totals if one["kind"] == "ip"} == {
        ("block", 3),
        ("allow", 2),
        ("watch", 2),
    }


async def test_a_search_finds_what_a_decision_would_meet_and_what_begins_so(
    client: httpx.AsyncClient, store_id: UUID
) -> None:
    await add(client, store_id, kind="ip", value="203.0.113.0/24")
    await add(client, store_id, kind="ip", value="203.0.0.0/16", list="watch")
    await add(client, store_id, kind="ip", value="198.51.100.0/24")
    await add(client, store_id, kind="domain", value="example.com")
    await add(client, store_id, kind="email", value="Ann.Bee@gmail.com")

    async def search(text: str, **more: str) -> list[str]:
        params = {"search": text, **more}
        found = (await client.get(f"/api/stores/{store_id}/lists/entries", params=params)).json()
        return sorted(entry["value"] for entry in found["entries"])

    assert await search("203.0.113.7") == ["203.0.0.0/16", "203.0.113.0/24"]
    assert await search("203.0.113.7", list="watch") == ["203.0.0.0/16"]
    assert await search("someone@mail.example.com") == ["example.com"]
    assert await search("annbee@gmail.com") == ["ann.bee@gmail.com"]
    assert await search("exam") == ["example.com"]
    assert await search("198.") == ["198.51.100.0/24"]
    assert await search("nothing of it") == []


async def test_without_the_right_to_see_people_values_are_masked_but_networks(
    client: httpx.AsyncClient, client_for: ClientFor, store_id: UUID
) -> None:
    await add(client, store_id, kind="email", value="ann@example.com")
    await add(client, store_id, kind="phone", value="+4915112345678")
    await add(client, store_id, kind="ip", value="203.0.113.9")
    await add(client, store_id, kind="ip", value="203.0.113.0/24")
    reader = await client_for(["decisions:read"])
    found = await reader.get(f"/api/stores/{store_id}/lists/entries")
    assert [one["value"] for one in found.json()["entries"]] == ["203.0.113.0/24", "203.0.113.x", "***78", "a***@e***.com"]
    assert "ann@" not in found.text + (await reader.get(f"/api/stores/{store_id}/lists/export")).text
    body = {"list": "block", "kind": "ip", "value": "203.0.113.9"}
    assert (await reader.post(f"/api/stores/{store_id}/lists/entries", json=body)).status_code == 403


async def test_several_are_taken_off_at_once(client: httpx.AsyncClient, store_id: UUID, other_store: UUID) -> None:
    ids = [(await add(client, store_id, kind="phone", value=f"+491511234567{n}"))["entry"]["id"] for n in range(3)]
    unknown = "01890000-0000-7000-8000-000000000000"
    answer = await client.post(f"/api/stores/{store_id}/lists/entries/remove", json={"ids": [*ids[:2], unknown]})
    assert (sorted(answer.json()["removed"]), answer.json()["missing"]) == (sorted(ids[:2]), [unknown])
    left = (await client.get(f"/api/stores/{store_id}/lists/entries")).json()["entries"]
    assert [entry["id"] for entry in left] == ids[2:]
