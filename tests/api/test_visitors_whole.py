"""One visitor with all that belongs to it, merged and split over HTTP, and what of it leaves without `pii:read`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import MARCH, add_customer, add_visitor, insert
from tests.ingest.sending import IPHONE, collecting, page, track
from tests.steps.visitor_rows import at

SECRETS = ("jane.roe", "example.com", "Jane", "Roetrop", "81.2.69.142", "8.8.8.8", "token=secret", "by telephone")


@pytest.fixture
async def pair(database: Database, store_id: UUID) -> dict[str, UUID]:
    """A laptop and a phone; the laptop's visitor is Jane, the phone's somebody else."""
    async with collecting(database, store_id) as sender:
        for minute in (0, 5, 24 * 60):
            await sender.post("page", page("laptop", "/products/1?token=secret", timestamp=at(minute),
                                           context={"ip": "81.2.69.142"}))  # fmt: skip
        await sender.post("page", page("phone", "/cart", timestamp=at(10), context={"ip": "8.8.8.8", "userAgent": IPHONE}))
        await sender.post("track", track("Product Added", "phone", timestamp=at(12), context={"ip": "8.8.8.8"}))
    rows = await database.pool.fetch("SELECT anonymous_id, id FROM visitors")
    found = {row["anonymous_id"]: row["id"] for row in rows}
    jane = await add_customer(database, store_id, email="jane.roe@example.com", first_name="Jane", last_name="Roetrop")
    other = await add_customer(database, store_id, email="x@example.com")
    for name, customer, kind in (("laptop", jane, "identify"), ("laptop", jane, "order"), ("phone", other, "checkout")):
        await insert(database, "identities", {"store_id": store_id, "visitor_id": found[name], "kind": kind,
                                              "identifier": str(customer), "customer_id": customer, "first_seen": MARCH,
                                              "last_seen": MARCH})  # fmt: skip
        await database.pool.execute("UPDATE visitors SET customer_id = $2 WHERE id = $1", found[name], customer)
    return found


async def test_a_visitor_comes_with_all_that_belongs_to_it(client: httpx.AsyncClient, pair: dict[str, UUID]) -> None:
    body = (await client.get(f"/api/visitors/{pair['laptop']}")).json()
    assert [(day["sessions"], day["pageViews"], day["bounceRate"]) for day in body["history"]] == [(1, 1, 1), (1, 2, 0)]
    assert body["history"][0]["behaviorScore"] == body["behaviorScore"]
    (device,) = body["devices"]
    assert (device["browser"], device["kind"], device["isStrong"], device["events"]) == ("Chrome", "desktop", False, 3)
    (ip,) = body["ips"]
    assert (ip["ip"], ip["events"], ip["visitors"]) == ("81.2.69.142", 3, 1)
    (customer,) = body["customers"]
    assert customer["email"] == "jane.roe@example.com"
    assert {tie["how"] for tie in customer["ties"]} == {"identify", "order"}
    assert (body["merged"], body["changes"]) == ([], [])


async def test_merged_and_split_again(client: httpx.AsyncClient, pair: dict[str, UUID], store_id: UUID) -> None:
    laptop, phone = pair["laptop"], pair["phone"]
    before = [(await client.get(f"/api/visitors/{one}")).json() for one in (laptop, phone)]
    asked = {"other": str(phone), "reason": "told by telephone"}
    merged = (await client.post(f"/api/visitors/{laptop}/merge", json=asked)).json()["visitor"]
    assert merged == (await client.get(f"/api/visitors/{phone}")).json()
    assert (merged["visitorId"], merged["sessions"], merged["visitor"]["pageViews"]) == (str(laptop), 2, 4)
    assert len(merged["customers"]) == len(merged["ips"]) == 2
    assert [one["visitorId"] for one in merged["merged"]] == [str(phone)]
    assert merged["changes"][0]["reason"] == "told by telephone"
    assert merged["changes"][0]["keyName"] == "test"
    listed = (await client.get(f"/api/stores/{store_id}/visitors")).json()
    assert [one["visitorId"] for one in listed["visitors"]] == [str(laptop)]
    answer = (await client.post(f"/api/visitors/{laptop}/split", json={"other": str(phone)})).json()
    for was, now in zip(before, (answer["visitor"], answer["other"]), strict=True):
        assert [line["action"] for line in now.pop("changes")] == ["split", "merge"]
        assert now == {name: value for name, value in was.items() if name != "changes"}


async def test_the_parts_come_page_by_page(client: httpx.AsyncClient, pair: dict[str, UUID]) -> None:
    await client.post(f"/api/visitors/{pair['laptop']}/merge", json={"other": str(pair["phone"])})
    path = f"/api/visitors/{pair['phone']}"
    first = (await client.get(f"{path}/sessions", params={"limit": 1})).json()
    second = (await client.get(f"{path}/sessions", params={"limit": 1, "cursor": first["nextCursor"]})).json()
    assert [one["sessions"][0]["number"] for one in (first, second)] == [2, 1]
    assert second["sessions"][0]["way"] == ["product", "cart", "add_to_cart"]
    assert second["nextCursor"] is None
    for part in ("devices", "ips"):
        body = (await client.get(f"{path}/{part}", params={"limit": 1, "page": 2})).json()
        assert (len(body[part]), body["total"], body["pages"]) == (1, 2 + (part == "devices"), 2 + (part == "devices"))
        assert (await client.get(f"{path}/{part}", params={"page": 9})).json()["total"] == body["total"]
    assert len((await client.get(f"{path}/changes")).json()["changes"]) == 1


async def test_the_same_key_changes_once(client: httpx.AsyncClient, pair: dict[str, UUID]) -> None:
    path, asked = f"/api/visitors/{pair['laptop']}/merge", {"other": str(pair["phone"])}
    once = await client.post(path, json=asked, headers={"Idempotency-Key": "k1"})
    again = await client.post(path, json=asked, headers={"Idempotency-Key": "k1"})
    assert again.json() == once.json()
    assert (await client.post(path, json=asked)).status_code == 409


@pytest.mark.parametrize("what", ["merge", "split"])
async def test_who_may_and_with_whom(
    client: httpx.AsyncClient, client_for: ClientFor, database: Database, pair: dict[str, UUID], other_store: UUID, what: str
) -> None:
    path = f"/api/visitors/{pair['laptop']}/{what}"
    theirs = await add_visitor(database, other_store)
    assert (await client.post(path, json={"other": str(theirs)})).status_code == 404
    assert (await client.post(path, json={"other": str(pair["laptop"])})).status_code == 400
    assert (await client.post(path, json={"other": "x"})).status_code == 400
    reader = await client_for(["visitors:read"])
    assert (await reader.post(path, json={"other": str(pair["phone"])})).status_code == 403


async def test_nothing_personal_leaves_without_the_scope(
    client: httpx.AsyncClient, client_for: ClientFor, pair: dict[str, UUID]
) -> None:
    reader: Any = await client_for(["visitors:read", "customers:write", "admin"])
    path = f"/api/visitors/{pair['laptop']}"
    asked = {"other": str(pair["phone"]), "reason": "told by telephone"}
    answers = [await reader.post(f"{path}/merge", json=asked)]
    answers += [await reader.get(f"{path}{part}") for part in ("", "/sessions", "/devices", "/ips", "/changes")]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        for secret in SECRETS:
            assert secret not in answer.text, (answer.url, secret)
    assert "81.2.69.x" in answers[1].text
    assert "j***@e***.com" in answers[1].text
    assert "jane.roe@example.com" in (await client.get(path)).text
