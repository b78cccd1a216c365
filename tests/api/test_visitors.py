"""The Tracker's two answers, field by field, with the visitor's score by the store's own points."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.verdict import Weights
from shopwarden.store.database import Database
from shopwarden.store.weights import put_weights
from tests.api.conftest import ClientFor
from tests.api.rows import MARCH, add_customer, add_visitor, money

RISKY = {
    "sessions": 1,
    "page_views": 1,
    "session_seconds": 12.0,
    "device_changes": 3,
    "location_changes": 2,
    "ip": "203.0.113.7",
    "country_code": "DE",
    "city": "Berlin",
    "device_fingerprint": "f00d",
    "vpn_detected": True,
    "patterns": ["rapid_navigation"],
    "bounced_sessions": 1,
}
CALM = {
    "sessions": 4,
    "page_views": 30,
    "session_seconds": 1000.0,
    "bounced_sessions": 1,
    "converted_sessions": 2,
    "abandoned_carts": 1,
    "orders": 2,
    "revenue": money("101.00"),
    "ip": "2001:db8:1:2::9",
    "country_code": "FR",
    "last_seen": MARCH + timedelta(hours=1),
}


async def test_visitors_of_a_store_have_every_field_of_the_contract(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    visitor = await add_visitor(database, store_id, **RISKY)
    body = (await client.get(f"/api/stores/{store_id}/visitors")).json()
    (found,) = body["visitors"]
    contract = {
        "visitorId": str(visitor),
        "ip": "203.0.113.7",
        "sessions": 1,
        "firstSeen": "2026-03-01T00:00:00Z",
        "lastSeen": "2026-03-01T00:00:00Z",
        "pageViews": 1,
        "avgSessionDuration": 12.0,
        "deviceFingerprint": "f00d",
        "location": {"country": "DE", "city": "Berlin"},
    }
    assert {name: found[name] for name in contract} == contract
    assert found["behaviorScore"] == 90
    assert [factor["points"] for factor in found["riskFactors"]] == [30, 25, 20, 15]
    assert found["vpnDetected"] is True
    assert body["nextCursor"] is None


async def test_a_visitor_has_every_field_of_the_contract(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    calm, risky = await add_visitor(database, store_id, **CALM), await add_visitor(database, store_id, **RISKY)
    body = (await client.get(f"/api/visitors/{calm}")).json()
    assert body["visitorId"] == str(calm)
    assert body["behavior"] == {"bounceRate": 0.25, "conversionRate": 0.5, "cartAbandonment": 1, "averageOrderValue": 50.5}
    assert body["riskIndicators"] == {"multipleDevices": False, "vpnDetected": False, "rapidActivity": False}
    assert body["behaviorScore"] == 0
    risky_body = (await client.get(f"/api/visitors/{risky}")).json()
    assert risky_body["riskIndicators"] == {"multipleDevices": True, "vpnDetected": True, "rapidActivity": True}
    assert risky_body["behavior"]["averageOrderValue"] == 0


async def test_the_store_changes_the_points(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    visitor = await add_visitor(database, store_id, **RISKY)
    async with database.transaction() as connection:
        await put_weights(connection, store_id, Weights(points={"behaviour.device_changes": 5}), "test", None)
    assert (await client.get(f"/api/visitors/{visitor}")).json()["behaviorScore"] == 65


async def test_lists_page_by_cursor_and_narrow(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    customer = await add_customer(database, store_id, email="jane@example.com")
    made = [
        await add_visitor(database, store_id, last_seen=MARCH + timedelta(minutes=minute), ip=f"203.0.113.{minute}",
                          anonymous_id=f"a{minute}", customer_id=customer if minute == 3 else None)
        for minute in range(5)
    ]  # fmt: skip
    path, walked, cursor = f"/api/stores/{store_id}/visitors", [], ""
    while cursor is not None:
        body = (await client.get(path, params={"limit": 2, "cursor": cursor})).json()
        walked += [visitor["visitorId"] for visitor in body["visitors"]]
        cursor = body["nextCursor"]
    assert walked == [str(visitor) for visitor in reversed(made)]
    for search, expected in (("203.0.113.1", made[1]), ("a2", made[2]), ("Jane@Example.com", made[3])):
        found = (await client.get(path, params={"search": search})).json()["visitors"]
        assert [visitor["visitorId"] for visitor in found] == [str(expected)]
    since = (MARCH + timedelta(minutes=3)).isoformat()
    assert len((await client.get(path, params={"since": since})).json()["visitors"]) == 2


async def test_the_shop_domain_names_the_store(
    client_for: ClientFor, database: Database, other_store: UUID, store_id: UUID
) -> None:
    await add_visitor(database, other_store)
    everywhere = await client_for(store=None)
    body = (await everywhere.get("/api/stores/other.example/visitors")).json()
    assert len(body["visitors"]) == 1
    assert (await everywhere.get(f"/api/visitors/{body['visitors'][0]['visitorId']}")).status_code == 200


@pytest.mark.parametrize("scopes", [["visitors:read"], ["admin"]])
async def test_addresses_are_masked_without_pii(
    client_for: ClientFor, database: Database, store_id: UUID, scopes: list[str]
) -> None:
    four, six = await add_visitor(database, store_id, **RISKY), await add_visitor(database, store_id, **CALM)
    client = await client_for(scopes)
    found = (await client.get(f"/api/stores/{store_id}/visitors")).json()["visitors"]
    assert {visitor["visitorId"]: visitor["ip"] for visitor in found} == {
        str(four): "203.0.113.x",
        str(six): "2001:db8:1::x",
    }
    detail = await client.get(f"/api/visitors/{four}")
    assert "203.0.113.7" not in detail.text
