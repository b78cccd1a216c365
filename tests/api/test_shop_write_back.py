"""What may be written into a shop is set by the store, wholly and by name."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor


async def test_by_default_nothing_is_held_or_cancelled(client: httpx.AsyncClient, store_id: UUID) -> None:
    shown = (await client.get(f"/api/stores/{store_id}/shopify/write-back")).json()
    assert shown == {
        "metafields": True, "assessment": True, "tags": True, "hold": "never", "cancel": False, "refused": [],
    }  # fmt: skip


async def test_what_is_set_is_kept_and_other_settings_stay(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await database.pool.execute("UPDATE stores SET settings = $1", {"tracker": {"fingerprint": True}})
    at = f"/api/stores/{store_id}/shopify/write-back"
    changed = (await client.put(at, json={"hold": "reviewed", "tags": False})).json()
    assert (changed["hold"], changed["tags"], changed["metafields"]) == ("reviewed", False, True)
    assert (await client.get(at)).json() == changed
    settings = await database.pool.fetchval("SELECT settings FROM stores WHERE id = $1", store_id)
    assert settings["tracker"] == {"fingerprint": True}


@pytest.mark.parametrize(
    ("field", "body"), [("hold", {"hold": "sometimes"}), ("cancel", {"cancel": "maybe"}), ("x", {"x": 1})]
)
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, field: str, body: dict[str, object]
) -> None:
    answer = await client.put(f"/api/stores/{store_id}/shopify/write-back", json=body)
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_what_the_shop_refused_is_shown(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await database.pool.execute(
        "INSERT INTO shop_writes (store_id, subject, subject_id, what, digest, last_error, written_at)"
        " VALUES ($1, 'order', $2, 'tags', 'x', 'the order does not exist', now())",
        store_id, new_id(),
    )  # fmt: skip
    refused = (await client.get(f"/api/stores/{store_id}/shopify/write-back")).json()["refused"]
    assert [(each["what"], each["last_error"]) for each in refused] == [("tags", "the order does not exist")]


async def test_only_who_may_change_everything_may_change_this(client_for: ClientFor, store_id: UUID) -> None:
    reader = await client_for(scopes=["customers:read", "customers:write"])
    assert (await reader.put(f"/api/stores/{store_id}/shopify/write-back", json={})).status_code == 403
