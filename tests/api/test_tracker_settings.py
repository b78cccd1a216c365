"""The tracking script's settings: read by anybody with the public key, set by who may, and never a way to another store."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.web import Application
from tests.api.conftest import ClientFor


async def write_key(database: Database, store: UUID) -> str:
    return (await create_key(database, name="script", scopes=["ingest"], store_id=store)).secret  # type: ignore[arg-type]


async def test_the_script_reads_what_the_merchant_set(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    key = await write_key(database, store_id)
    first = await stranger.get("/t/settings", params={"key": key}, headers={"Origin": "https://shop.example"})
    assert first.json() == {"fingerprint": False, "consent": "shopify"}
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cache-control"] == "public, max-age=300"
    wanted = {
        "fingerprint": True,
        "consent": "required",
        "allowed_origins": ["https://Shop.example/", "http://localhost:8080"],
    }
    set_now = (await client.put(f"/api/stores/{store_id}/tracker", json=wanted)).json()
    assert set_now["allowed_origins"] == ["https://shop.example", "http://localhost:8080"]
    assert (await stranger.get("/t/settings", params={"key": key})).json() == {"fingerprint": True, "consent": "required"}
    shown = (await client.get(f"/api/stores/{store_id}/tracker", params={"write_key": key})).json()
    assert shown["snippet"] == f'<script defer src="http://shopwarden.test/t.js" data-key="{key}"></script>'


async def test_settings_of_other_things_stay_as_they_are(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await database.pool.execute("UPDATE stores SET settings = $1", {"webhook_secret": "kept"})
    await client.put(f"/api/stores/{store_id}/tracker", json={"fingerprint": True})
    settings = await database.pool.fetchval("SELECT settings FROM stores WHERE id = $1", store_id)
    assert settings == {"webhook_secret": "kept", "tracker": {"fingerprint": True, "consent": "shopify"}}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("consent", {"consent": "never"}),
        ("fingerprint", {"fingerprint": "yes"}),
        ("allowed_origins[0]", {"allowed_origins": ["shop.example"]}),
        ("allowed_origins[1]", {"allowed_origins": ["https://a.example", "https://a.example/path"]}),
        ("colour", {"colour": "red"}),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, field: str, body: dict[str, object]
) -> None:
    answer = await client.put(f"/api/stores/{store_id}/tracker", json=body)
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_other_stores_and_lesser_keys_are_out_of_reach(
    client: httpx.AsyncClient,
    client_for: ClientFor,
    stranger: httpx.AsyncClient,
    database: Database,
    store_id: UUID,
    other_store: UUID,
) -> None:
    assert (await client.get(f"/api/stores/{other_store}/tracker")).status_code == 404
    assert (await client.put("/api/stores/other.example/tracker", json={})).status_code == 404
    foreign = await write_key(database, other_store)
    assert (await client.get(f"/api/stores/{store_id}/tracker", params={"write_key": foreign})).status_code == 400
    reader = await client_for(scopes=["visitors:read"])
    assert (await reader.get(f"/api/stores/{store_id}/tracker")).status_code == 403
    assert (await stranger.get("/t/settings", params={"key": "swk_nobody"})).status_code == 404
    assert (await stranger.get("/t/settings")).status_code == 400


async def test_a_browser_of_another_origin_may_read_with_cross_origin_rules_set(
    application: Application, stranger: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    """One answer has one Access-Control-Allow-Origin, or browsers refuse it."""
    answer = await stranger.get("/t/settings", params={"key": await write_key(database, store_id)})
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
