"""Speeds and devices of visitors, from rows that are known, counted by hand."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from tests.api.rows import add_customer, add_visitor, insert
from tests.api.test_store_metrics import NOW, told

HOUR = timedelta(hours=1)


async def come(database: Database, store_id: UUID, **values: object) -> UUID:
    """A visitor with one session an hour ago."""
    visitor = await add_visitor(database, store_id, first_seen=NOW - HOUR, last_seen=NOW - HOUR, **values)
    await insert(database, "sessions", {
        "store_id": store_id, "id": new_id(), "visitor_id": visitor, "started_at": NOW - HOUR, "ended_at": NOW - HOUR,
        "device_id": values.get("device_id"),
    })  # fmt: skip
    return visitor


async def buy(database: Database, store_id: UUID, visitor: UUID, **values: object) -> None:
    row = {"store_id": store_id, "id": new_id(), "external_id": str(new_id()), "visitor_id": visitor, "version": ""}
    await insert(database, "orders", {**row, "created_at": NOW - HOUR, "updated_at": NOW - HOUR, **values})


async def add_device(database: Database, store_id: UUID, is_strong: bool = True, is_bot: bool = False) -> UUID:
    device = new_id()
    await insert(database, "devices", {
        "store_id": store_id, "id": device, "fingerprint": str(device), "is_strong": is_strong, "kind": "mobile",
        "browser": "Chrome", "os": "Android", "is_bot": is_bot, "first_seen": NOW, "last_seen": NOW,
    })  # fmt: skip
    return device


async def test_speeds_in_bands(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    for kmh in (0.0, 0.9, 1.0, 149.9, 150.0, 349.9, 350.0, 999.9, 1000.0, 30_000.0):
        await come(database, store_id, fastest_travel_kmh=kmh)
    guilty = await come(database, store_id, fastest_travel_kmh=5_000.0)
    await buy(database, store_id, guilty, cancel_reason="fraud")
    await buy(database, store_id, guilty, cancel_reason="fraud")
    await buy(database, store_id, await come(database, store_id))
    await come(database, store_id, fastest_travel_kmh=9_000.0, is_bot=True)
    await add_visitor(database, store_id, fastest_travel_kmh=9_000.0, last_seen=NOW - HOUR)  # without a session in the time
    body = await told(client, store_id, "velocity")
    current = body["current"]
    assert (current["visitors"], current["located"], current["notLocated"]) == (12, 11, 1)
    assert [(band["name"], band["visitors"], band["fraud"]["hits"]) for band in current["bands"]] == [
        ("still", 2, 0), ("ground", 2, 0), ("train", 2, 0), ("plane", 2, 0), ("impossible", 3, 1),
    ]  # fmt: skip
    impossible = current["bands"][-1]
    assert (impossible["share"], impossible["fraud"]["rate"]) == (round(3 / 11, 6), round(1 / 3, 6))
    assert (impossible["fromKmh"], impossible["toKmh"]) == (1000, None)
    assert current["notLocatedFraud"]["hits"] == 0
    assert body["changes"]["impossible"] == {"now": 3, "before": 0, "absolute": 3, "relative": None}
    assert body["changes"]["impossibleShare"]["before"] is None
    assert not current["enough"]


async def test_devices_met_with_several(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    shared, own, weak, bots = [
        await add_device(database, store_id, *kind) for kind in ((True,), (True,), (False,), (True, True))
    ]
    ann, eve = await add_customer(database, store_id), await add_customer(database, store_id)
    first = await come(database, store_id, device_id=shared, customer_id=ann, device_crowd=3)
    for _ in range(2):
        await come(database, store_id, device_id=shared)
    await buy(database, store_id, first, device_id=shared, customer_id=ann)
    await buy(database, store_id, first, device_id=shared, customer_id=eve, advice="decline")
    await come(database, store_id, device_id=own)
    for _ in range(12):
        await come(database, store_id, device_id=weak, device_crowd=40)
        await come(database, store_id, device_id=bots, is_bot=True)
    current = (await told(client, store_id, "fingerprints"))["current"]
    strong = current["strong"]
    assert (strong["devices"], strong["shared"], strong["sharedVisitors"], strong["severalCustomers"]) == (2, 1, 3, 1)
    assert (strong["fraud"]["hits"], strong["fraud"]["of"]) == (1, 2)
    assert (strong["sharedFraud"]["hits"], strong["sharedFraud"]["rate"]) == (1, 1)
    assert [(one["fromVisitors"], one["devices"]) for one in strong["spread"]] == [(1, 1), (2, 0), (3, 1), (6, 0), (11, 0)]
    assert strong["top"] == [{
        "deviceId": str(shared), "people": 3, "visitors": 3, "customers": 2, "orders": 2, "fraudOrders": 1,
        "kind": "mobile", "browser": "Chrome", "os": "Android",
    }]  # fmt: skip
    lookalikes = current["weak"]
    assert (lookalikes["devices"], lookalikes["shared"]) == (1, 1)
    assert (lookalikes["spread"][-1]["visitors"], lookalikes["top"][0]["people"]) == (12, 40)
    assert "not the same one" in lookalikes["meaning"]
    assert "Only 2 devices" in current["note"]


async def test_headlines_tell_of_strong_fingerprints_alone(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    weak = await add_device(database, store_id, is_strong=False)
    for _ in range(2):
        await come(database, store_id, device_id=weak)
    changes = (await told(client, store_id, "fingerprints"))["changes"]
    assert (changes["devices"]["now"], changes["sharedDevices"]["now"], changes["sharedShare"]["now"]) == (0, 0, None)
