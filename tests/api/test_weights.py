"""A store's weights over HTTP: shown, set as a new version, refused where they make no sense."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import add_visitor

HASTY = {"sessions": 1, "page_views": 1, "session_seconds": 9.0, "device_changes": 3, "location_changes": 2}


async def test_the_defaults_are_version_zero_and_name_every_signal(client: httpx.AsyncClient, store_id: UUID) -> None:
    found = (await client.get(f"/api/stores/{store_id}/weights")).json()
    assert (found["version"], found["points"], found["review_at"], found["decline_at"]) == (0, {}, 30, 75)
    dials = {dial["key"]: dial for dial in found["signals"]}
    assert len(dials) >= 35
    assert dials["behaviour.short_session"]["default_points"] == dials["behaviour.short_session"]["points"] == 20
    assert all(dial["title"] for dial in dials.values())


async def test_a_store_that_sets_its_own_points_changes_the_next_verdicts(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await add_visitor(database, store_id, anonymous_id="hasty", **HASTY)

    async def behaviour() -> tuple[int, int]:
        found = (await client.post("/api/orders/check", json={"order_id": "1", "anonymous_id": "hasty"})).json()
        return found["behaviour_score"], found["weights_version"]

    assert await behaviour() == (90, 0)
    body = {"points": {"behaviour.short_session": 5}, "review_at": 20, "reason": "our visitors are quick"}
    made = (await client.put(f"/api/stores/{store_id}/weights", json=body)).json()
    assert (made["version"], made["points"], made["review_at"]) == (1, {"behaviour.short_session": 5.0}, 20)
    assert made["reason"] == "our visitors are quick"
    assert made["changed_by"].startswith("key:")
    assert await behaviour() == (75, 1)
    second = (await client.put(f"/api/stores/{store_id}/weights", json={})).json()
    assert (second["version"], second["points"], second["review_at"]) == (2, {}, 30)
    assert (await client.get(f"/api/stores/{store_id}/weights")).json() == second
    assert await behaviour() == (90, 2)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("points.behaviour.nonsense", {"points": {"behaviour.nonsense": 5}}),
        ("points.ip.tor", {"points": {"ip.tor": 100.5}}),
        ("points.ip.tor", {"points": {"ip.tor": -101}}),
        ("points", {"points": {"ip.tor": "much"}}),
        ("review_at", {"review_at": 101}),
        ("review_at", {"review_at": 80, "decline_at": 70}),
        ("level_high", {"level_high": 90}),
        ("reason", {"reason": "x" * 501}),
        ("body", {"unknown": 1}),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, field: str, body: dict[str, Any]
) -> None:
    answer = await client.put(f"/api/stores/{store_id}/weights", json=body)
    assert answer.status_code == 400, answer.text
    assert any(error["field"].startswith(field) or field == "body" for error in answer.json()["errors"]), answer.text
    assert (await client.get(f"/api/stores/{store_id}/weights")).json()["version"] == 0


async def test_another_stores_weights_are_out_of_reach(
    client: httpx.AsyncClient, client_for: ClientFor, store_id: UUID, other_store: UUID
) -> None:
    assert (await client.get(f"/api/stores/{other_store}/weights")).status_code == 404
    assert (await client.put("/api/stores/other.example/weights", json={})).status_code == 404
    assert (await client.get("/api/stores/nobody/weights")).status_code == 404
    foreign = await client_for(store=other_store)
    assert (await foreign.get("/api/stores/other.example/weights")).status_code == 200
    writer = await client_for(scopes=["customers:write", "customers:read"])
    assert (await writer.put(f"/api/stores/{store_id}/weights", json={})).status_code == 403
