"""Keys, sign-in and rate limits: what a key may, when it ends, and that no secret is kept or told twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from shopwarden.settings import Settings
from shopwarden.store.api_keys import create_key, find_write_key
from shopwarden.store.database import Database
from shopwarden.store.first_run import ensure_first_run
from tests.api.conftest import ClientFor


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_key_lives_is_replaced_and_ends(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database
) -> None:
    wanted = {"name": "app", "scopes": ["customers:read"]}
    made = (await client.post("/api/keys", json=wanted)).json()
    assert made["key"].startswith(made["prefix"])
    assert (await stranger.get("/api/customers", headers=bearer(made["key"]))).status_code == 200
    kept = await database.pool.fetchrow("SELECT * FROM api_keys WHERE id = $1", UUID(made["id"]))
    assert made["key"].rpartition("_")[2] not in str(dict(kept))
    assert kept["last_used_at"] is not None
    listed = (await client.get("/api/keys")).text
    assert made["id"] in listed
    assert made["key"] not in listed
    new = (await client.post(f"/api/keys/{made['id']}/rotate", json={})).json()
    assert (await stranger.get("/api/customers", headers=bearer(made["key"]))).status_code == 401
    assert (await stranger.get("/api/customers", headers=bearer(new["key"]))).status_code == 200
    assert (await client.delete(f"/api/keys/{new['id']}")).status_code == 204
    assert (await stranger.get("/api/customers", headers=bearer(new["key"]))).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sw_x", "Basic c3c6", "Bearer " + "é" * 20, "Bearer " + "x" * 5000])
async def test_what_is_no_key_is_refused(stranger: httpx.AsyncClient, header: str) -> None:
    headers = {"Authorization": header.encode()} if header else {}
    answer = await stranger.get("/api/customers", headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_ends_at_its_time(stranger: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    ended = await create_key(database, name="x", scopes=["customers:read"], store_id=store_id, expires_at=past)  # type: ignore[arg-type]
    assert (await stranger.get("/api/customers", headers=bearer(ended.secret))).status_code == 401


async def test_no_key_makes_a_stronger_one(client_for: ClientFor) -> None:
    client = await client_for(["admin"])
    for wanted in ({"scopes": ["pii:read"]}, {"scopes": ["customers:read"], "all_stores": True}):
        answer = await client.post("/api/keys", json={"name": "x", **wanted})
        assert answer.status_code == 403
    strong = await client_for(["admin", "pii:read"])
    made = (await strong.post("/api/keys", json={"name": "x", "scopes": ["pii:read"]})).json()
    assert (await client.post(f"/api/keys/{made['id']}/rotate", json={})).status_code == 403


async def test_a_write_key_sends_and_reads_nothing(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    made = (await client.post("/api/keys", json={"name": "shop", "scopes": ["ingest"]})).json()
    assert made["key"].startswith("swk_")
    assert await find_write_key(database, made["key"]) == store_id
    assert (await stranger.get("/api/customers", headers=bearer(made["key"]))).status_code == 403


async def test_first_run_happens_once_and_signs_in(database: Database, stranger: httpx.AsyncClient) -> None:
    first = await ensure_first_run(database)
    assert first is not None
    assert await ensure_first_run(database) is None
    assert await find_write_key(database, first.write_key) == first.store_id
    assert (await stranger.get("/api/customers", headers=bearer(first.admin_key))).status_code == 200
    credentials = {"email": first.owner_email.upper(), "password": first.owner_password}
    signed_in = await stranger.post("/api/auth/login", json=credentials)
    assert signed_in.status_code == 200
    token = bearer(signed_in.json()["token"])
    assert (await stranger.get("/api/keys", headers=token)).status_code == 200
    assert (await stranger.post("/api/auth/logout", headers=token)).status_code == 204
    assert (await stranger.get("/api/keys", headers=token)).status_code == 401
    wrong = await stranger.post("/api/auth/login", json={**credentials, "password": "wrong"})
    unknown = await stranger.post("/api/auth/login", json={"email": "nobody@example.com", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


async def test_guessing_passwords_is_slowed(stranger: httpx.AsyncClient) -> None:
    tries = [
        await stranger.post("/api/auth/login", json={"email": "a@example.com", "password": str(number)})
        for number in range(12)
    ]
    assert [answer.status_code for answer in tries] == [401] * 10 + [429] * 2
    assert int(tries[-1].headers["retry-after"]) > 0


class TestRateLimit:
    @pytest.fixture
    def settings(self, request: pytest.FixtureRequest) -> Settings:
        url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
        return Settings(rate_limit_per_minute=5, redis_url=url if request.param != "away" else "redis://127.0.0.1:1/0")

    @pytest.mark.parametrize("settings", ["redis", "none", "away"], indirect=True)
    async def test_a_key_that_asks_too_much_waits(self, client_for: ClientFor) -> None:
        client, other = await client_for(), await client_for()
        answers = [await client.get("/api/keys") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert answers[0].headers["ratelimit-limit"] == "5"
        assert answers[0].headers["ratelimit-remaining"] == "4"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].json()["type"] == "urn:shopwarden:problem:too-many-requests"
        assert (await other.get("/api/keys")).status_code == 200
