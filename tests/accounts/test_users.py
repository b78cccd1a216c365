"""People looked after by others: invited by link, changed and sent away; nobody gives more than they have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.sealing import Sealer
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.sign_in import Tried, user_to_open
from shopwarden.store.sign_in import sign_in as store_sign_in
from shopwarden.store.users import set_password
from tests.accounts.conftest import PASSWORD, AddUser, SignedIn, sign_in
from tests.api.conftest import ClientFor

Browser = Callable[..., httpx.AsyncClient]
NEW = "four green lamps drift"


def token_of(link: dict[str, str]) -> str:
    return urlsplit(link["url"]).fragment.removeprefix("token=")


async def test_an_invitation_is_taken_up_once(
    add: AddUser, signed_in: SignedIn, browser: Browser, database: Database
) -> None:
    boss = await signed_in(await add())
    made = await boss.post("/api/users", json={"email": " Ann@Example.com", "role": "analyst", "name": "Ann"})
    assert made.status_code == 400, "an address holds no spaces"
    made = await boss.post("/api/users", json={"email": "Ann@Example.com", "role": "analyst", "name": "Ann"})
    assert made.status_code == 201, made.text
    assert made.json()["user"]["invited"] is True
    token = token_of(made.json()["link"])
    assert token not in str(await database.pool.fetch("SELECT * FROM user_tokens"))
    page = browser()
    seen = (await page.post("/api/auth/links/look", json={"token": token})).json()
    assert (seen["kind"], seen["email"]) == ("invitation", "ann@example.com")
    for weak in ("short", "aaaaaaaaaaaaaaaa", "password1234", "ann@example.com1"):
        answer = await page.post("/api/auth/links/accept", json={"token": token, "new_password": weak})
        assert answer.json()["errors"][0]["field"] == "new_password", weak
    accepted = await page.post("/api/auth/links/accept", json={"token": token, "new_password": NEW})
    assert accepted.status_code == 200, accepted.text
    again = await page.post("/api/auth/links/accept", json={"token": token, "new_password": NEW})
    assert again.status_code == 404
    assert (await sign_in(page, "ann@example.com", NEW)).status_code == 200
    assert (await boss.post("/api/users", json={"email": "ann@example.com", "role": "viewer"})).status_code == 409


async def test_a_reset_ends_what_was_open_and_leaves_the_second_factor(
    add: AddUser, signed_in: SignedIn, browser: Browser, database: Database
) -> None:
    boss, user = await signed_in(await add()), await add("analyst")
    page = await signed_in(user)
    first = (await boss.post(f"/api/users/{user.id}/link")).json()
    link = (await boss.post(f"/api/users/{user.id}/link")).json()
    assert link["kind"] == "reset"
    assert (await page.get("/api/auth/session")).status_code == 200, "until the link is used nothing changes"
    other = browser()
    assert (await other.post("/api/auth/links/look", json={"token": token_of(first)})).status_code == 404
    await other.post("/api/auth/links/accept", json={"token": token_of(link), "new_password": NEW})
    assert (await page.get("/api/auth/session")).status_code == 401
    assert (await sign_in(other, user.email, PASSWORD)).status_code == 401
    assert (await sign_in(other, user.email, NEW)).status_code == 200
    late = (await boss.post(f"/api/users/{user.id}/link")).json()
    await database.pool.execute("UPDATE user_tokens SET expires_at = now()")
    assert (await other.post("/api/auth/links/look", json={"token": token_of(late)})).status_code == 404


async def test_a_password_changed_between_its_check_and_the_session_opens_nothing(add: AddUser, database: Database) -> None:
    user = await add()
    done = await store_sign_in(database, Sealer([]), Tried(email=user.email, password=PASSWORD, address="203.0.113.9"))
    async with database.transaction() as connection:
        assert (await user_to_open(connection, done)).id == user.id
        await set_password(connection, user.id, "another")
        with pytest.raises(RefuseError):
            await user_to_open(connection, done)


async def test_changing_ones_password_ends_every_other_session(add: AddUser, signed_in: SignedIn) -> None:
    user = await add("viewer")
    here, there = await signed_in(user), await signed_in(user)
    old = here.cookies["shopwarden_session"]
    wrong = await here.post("/api/auth/password", json={"password": "wrong", "new_password": NEW})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:shopwarden:problem:wrong-password")
    assert (await here.post("/api/auth/password", json={"new_password": NEW})).status_code == 403
    done = await here.post("/api/auth/password", json={"password": PASSWORD, "new_password": NEW})
    assert done.status_code == 200
    assert here.cookies["shopwarden_session"] != old
    assert (await here.get("/api/auth/session")).status_code == 200
    assert (await there.get("/api/auth/session")).status_code == 401


async def test_somebody_without_a_password_sets_one_only_right_after_signing_in(
    add: AddUser, signed_in: SignedIn, database: Database
) -> None:
    page = await signed_in(await add("viewer"))
    await database.pool.execute("UPDATE users SET password_hash = NULL")
    assert (await page.post("/api/auth/password", json={"new_password": NEW})).status_code == 403
    old = datetime.now(UTC) - timedelta(minutes=11)
    await database.pool.execute("UPDATE user_sessions SET way = 'sso', created_at = $1", old)
    answer = await page.post("/api/auth/password", json={"new_password": NEW})
    assert answer.json()["type"] == "urn:shopwarden:problem:sign-in-again"
    await database.pool.execute("UPDATE user_sessions SET created_at = now()")
    assert (await page.post("/api/auth/password", json={"new_password": NEW})).status_code == 200


async def test_one_owner_always_stays(add: AddUser, signed_in: SignedIn) -> None:
    user = await add()
    boss = await signed_in(user)
    way = f"/api/users/{user.id}"
    for change in ({"role": "viewer"}, {"disabled": True}):
        assert (await boss.patch(way, json=change)).json()["type"] == "urn:shopwarden:problem:last-owner"
    assert (await boss.delete(way)).status_code == 409
    second = await add("owner", "second@example.com")
    assert (await boss.patch(f"/api/users/{second.id}", json={"disabled": True})).status_code == 200
    assert (await boss.patch(way, json={"role": "viewer"})).status_code == 409, "a disabled owner is none"
    await boss.patch(f"/api/users/{second.id}", json={"disabled": False})
    assert (await boss.patch(way, json={"role": "viewer"})).status_code == 200
    assert (await boss.get("/api/users")).status_code == 403


async def test_nobody_gives_more_than_they_have(client_for: ClientFor, add: AddUser, store_id: UUID) -> None:
    owner, viewer = await add(), await add("viewer")
    key = await client_for(["accounts:write", "visitors:read", "live:read", "customers:read", "network:read",
                            "decisions:read"], store=None)  # fmt: skip
    assert (await key.post("/api/users", json={"email": "a@example.com", "role": "owner"})).status_code == 403
    assert (await key.post("/api/users", json={"email": "a@example.com", "role": "viewer"})).status_code == 201
    assert (await key.patch(f"/api/users/{viewer.id}", json={"role": "analyst"})).status_code == 403
    for way in (f"/api/users/{owner.id}/link", f"/api/users/{owner.id}/second-factor", f"/api/users/{owner.id}"):
        method = "POST" if way.endswith("link") else "DELETE"
        assert (await key.request(method, way)).status_code == 403, "taking an owner's account over is taking their rights"


async def test_who_looks_after_one_store_gives_nothing_beyond_it(
    add: AddUser, signed_in: SignedIn, store_id: UUID, other_store: UUID
) -> None:
    whole, shop = await add(), await add("owner", "shop@example.com", store_id)
    theirs = await add("viewer", "theirs@example.com", other_store)
    page = await signed_in(shop)
    assert [row["email"] for row in (await page.get("/api/users")).json()["users"]] == ["shop@example.com"]
    for user in (whole, theirs):
        assert (await page.patch(f"/api/users/{user.id}", json={"name": "x"})).status_code == 404
        assert (await page.get(f"/api/users/{user.id}/sessions")).status_code == 404
    new = {"email": "new@example.com", "role": "viewer"}
    for store in (None, str(other_store)):
        assert (await page.post("/api/users", json={**new, "store_id": store})).status_code == 403
    assert (await page.patch(f"/api/users/{shop.id}", json={"store_id": None})).status_code == 403
    assert (await page.post("/api/users", json={**new, "store_id": str(store_id)})).status_code == 201
    assert (await page.get("/api/customers", params={"store_id": str(other_store)})).status_code == 404
    assert (await page.get(f"/api/stores/{other_store}/weights")).status_code == 404


async def test_users_are_found_and_paged(add: AddUser, signed_in: SignedIn) -> None:
    boss = await signed_in(await add())
    for number in range(4):
        await add("viewer", f"a_{number}@example.com")
    found = (await boss.get("/api/users", params={"q": "A_", "limit": 3, "page": 2})).json()
    assert (found["total"], found["pages"], [row["email"] for row in found["users"]]) == (4, 2, ["a_3@example.com"])
    assert (await boss.get("/api/users", params={"q": "%"})).json()["total"] == 0
    assert (await boss.get("/api/users", params={"role": "owner"})).json()["total"] == 1


async def test_a_user_is_sent_away_and_removed(add: AddUser, signed_in: SignedIn, database: Database) -> None:
    boss, user = await signed_in(await add()), await add("analyst")
    page = await signed_in(user)
    assert len((await boss.get(f"/api/users/{user.id}/sessions")).json()["sessions"]) == 1
    assert (await boss.delete(f"/api/users/{user.id}/sessions")).status_code == 204
    assert (await page.get("/api/auth/session")).status_code == 401
    await sign_in(page, user.email)
    assert (await boss.delete(f"/api/users/{user.id}")).status_code == 204
    assert (await page.get("/api/auth/session")).status_code == 401
    assert await database.pool.fetchval("SELECT count(*) FROM user_sessions WHERE user_id = $1", user.id) == 0
    actions = {row["action"] for row in await database.pool.fetch("SELECT action FROM audit_log")}
    assert {"user.sessions_ended", "user.removed", "user.signed_in"} <= actions


@pytest.mark.parametrize("body", [{"email": "x", "role": "viewer"}, {"email": "a@b.c", "role": "king"}, {"role": "viewer"},
                                  {"email": "a@b.c", "role": "viewer", "store_id": str(UUID(int=1))}])  # fmt: skip
async def test_what_is_no_user_is_refused_by_its_field(add: AddUser, signed_in: SignedIn, body: dict[str, str]) -> None:
    boss = await signed_in(await add())
    answer = await boss.post("/api/users", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] in ("email", "role", "store_id")
