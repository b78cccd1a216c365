"""Sessions in a browser: fixed by nobody, forged by no other site, ended everywhere at once, never older than allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shopwarden.settings import Settings
from shopwarden.store.database import Database
from shopwarden.store.user_sessions import IDLE, LASTS, token_hash
from tests.accounts.conftest import PASSWORD, AddUser, SignedIn, sign_in

Browser = Callable[..., httpx.AsyncClient]
COOKIE, CSRF = "shopwarden_session", "shopwarden_csrf"


async def test_signing_in_opens_what_the_role_may_and_signing_out_ends_it(add: AddUser, browser: Browser) -> None:
    user, page = await add("viewer"), browser()
    answer = await sign_in(page, user.email.upper())
    assert answer.json()["account"]["email"] == user.email
    assert answer.json()["account"]["role"] == "viewer"
    session = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE))
    assert "HttpOnly" in session
    assert "samesite=lax" in session.lower()
    assert "Path=/" in session
    assert (await page.get("/api/auth/session")).json()["email"] == user.email
    assert (await page.get("/api/keys")).status_code == 403
    assert (await page.post("/api/auth/logout")).status_code == 204
    assert COOKIE not in page.cookies
    assert (await page.get("/api/auth/session")).status_code == 401


async def test_only_hashes_are_kept(add: AddUser, browser: Browser, database: Database) -> None:
    page = browser()
    await sign_in(page, (await add()).email)
    kept = dict(await database.pool.fetchrow("SELECT * FROM user_sessions"))
    assert kept["token_hash"] == token_hash(page.cookies[COOKIE])
    assert page.cookies[COOKIE] not in str(kept)
    assert page.cookies[CSRF] not in str(kept)
    assert kept["ip"] == "203.0.113.x"
    assert len(page.cookies[COOKIE]) >= 43  # 256 bits


async def test_a_session_planted_before_signing_in_stays_worthless(
    add: AddUser, browser: Browser, signed_in: SignedIn
) -> None:
    attacker = await signed_in(await add("viewer", "attacker@example.com"))
    planted = attacker.cookies[COOKIE]
    victim = browser()
    victim.cookies.set(COOKIE, planted, domain="shopwarden.test", path="/")
    assert (await sign_in(victim, (await add("owner")).email)).status_code == 200
    assert victim.cookies[COOKIE] != planted
    assert (await attacker.get("/api/auth/session")).status_code == 401
    made_up = browser()
    made_up.cookies.set(COOKIE, "x" * 43, domain="shopwarden.test", path="/")
    await sign_in(made_up, "owner@example.com")
    assert made_up.cookies.get(COOKIE, domain="shopwarden.test") != "x" * 43


async def test_a_change_without_the_sessions_own_token_is_refused(add: AddUser, signed_in: SignedIn) -> None:
    page, other = await signed_in(await add()), await signed_in(await add("owner", "other@example.com"))
    wanted = {"name": "app", "scopes": ["customers:read"], "all_stores": True}
    for token in ("", "x", page.cookies[COOKIE], other.headers["X-CSRF-Token"]):
        answer = await page.post("/api/keys", json=wanted, headers={"X-CSRF-Token": token})
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:shopwarden:problem:csrf-token-missing"
        assert f"the cookie {CSRF} holds it" in answer.json()["detail"]
    assert (await page.get("/api/keys", headers={"X-CSRF-Token": ""})).json() == {"keys": []}
    assert (await page.post("/api/keys", json=wanted)).status_code == 201
    assert page.cookies[CSRF] == page.headers["X-CSRF-Token"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "http://shopwarden.test"}, 200),
        ({"origin": "http://shopwarden.test"}, 200),
        ({}, 200),
    ],
)
async def test_no_other_site_signs_its_visitors_in(
    add: AddUser, browser: Browser, headers: dict[str, str], status: int
) -> None:
    user = await add()
    answer = await browser().post("/api/auth/session", json={"email": user.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(("column", "after"), [("last_seen_at", -IDLE), ("expires_at", timedelta(0))])
async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(
    add: AddUser, signed_in: SignedIn, database: Database, column: str, after: timedelta
) -> None:
    page = await signed_in(await add())
    for spare, status in ((timedelta(minutes=1), 200), (-timedelta(seconds=1), 401)):
        moved = datetime.now(UTC) + after + spare
        await database.pool.execute(f"UPDATE user_sessions SET {column} = $1", moved)
        assert (await page.get("/api/auth/session")).status_code == status


async def test_a_session_lasts_days_and_no_longer(add: AddUser, signed_in: SignedIn, database: Database) -> None:
    await signed_in(await add())
    assert await database.pool.fetchval("SELECT expires_at - created_at FROM user_sessions") == LASTS


async def test_using_a_session_keeps_it_from_being_idle(add: AddUser, signed_in: SignedIn, database: Database) -> None:
    page = await signed_in(await add())
    await database.pool.execute("UPDATE user_sessions SET last_seen_at = last_seen_at - interval '11 hours'")
    assert (await page.get("/api/auth/session")).status_code == 200
    idle = await database.pool.fetchval("SELECT now() - last_seen_at FROM user_sessions")
    assert idle < timedelta(minutes=1)


async def test_people_see_and_end_their_own_sessions_and_nobody_elses(
    add: AddUser, signed_in: SignedIn, stranger: httpx.AsyncClient
) -> None:
    user = await add()
    here, there = await signed_in(user), await signed_in(user, address="198.51.100.7")
    theirs = await signed_in(await add("viewer"))
    token = (await stranger.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})).json()["token"]
    rows = (await here.get("/api/auth/sessions")).json()["sessions"]
    assert sorted(row["kind"] for row in rows) == ["session", "session", "token"]
    assert [row["ip"] for row in rows if row["is_this"]] == ["203.0.113.x"]
    foreign = (await theirs.get("/api/auth/sessions")).json()["sessions"][0]["id"]
    assert (await here.delete(f"/api/auth/sessions/{foreign}")).status_code == 404
    other = next(row["id"] for row in rows if row["ip"] == "198.51.100.x")
    assert (await here.delete(f"/api/auth/sessions/{other}")).status_code == 204
    assert (await there.get("/api/auth/session")).status_code == 401
    assert (await here.post("/api/auth/sessions/end-others")).json() == {"ended": 1}
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await stranger.get("/api/auth/session", headers=bearer)).status_code == 401
    assert (await here.get("/api/auth/session")).status_code == 200
    assert (await theirs.get("/api/auth/session")).status_code == 200


async def test_a_change_of_the_user_reaches_open_sessions_and_tokens_at_once(
    add: AddUser, signed_in: SignedIn, stranger: httpx.AsyncClient, database: Database
) -> None:
    user = await add("developer")
    page = await signed_in(user)
    token = (await stranger.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await page.get("/api/keys")).status_code == 200
    assert (await stranger.get("/api/keys", headers=bearer)).status_code == 200
    await database.pool.execute("UPDATE users SET role = 'viewer' WHERE id = $1", user.id)
    assert (await page.get("/api/keys")).status_code == 403
    assert (await stranger.get("/api/keys", headers=bearer)).status_code == 403
    await database.pool.execute("UPDATE users SET disabled = true WHERE id = $1", user.id)
    assert (await page.get("/api/auth/session")).status_code == 401
    assert (await stranger.get("/api/auth/session", headers=bearer)).status_code == 401
    assert (await sign_in(page, user.email)).status_code == 401


class TestOverHttps:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(public_url="https://risk.example.com", rate_limit_per_minute=100_000)

    async def test_cookies_are_the_hosts_own_and_leave_over_https_alone(self, add: AddUser, browser: Browser) -> None:
        page = browser(base_url="https://risk.example.com")
        answer = await sign_in(page, (await add()).email)
        assert len(answer.headers.get_list("set-cookie")) == 2
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-shopwarden_")
            assert "Secure" in cookie
        assert (await page.get("/api/auth/session")).status_code == 200
        planted = browser(base_url="https://risk.example.com")
        planted.cookies.set(COOKIE, page.cookies[f"__Host-{COOKIE}"], domain="risk.example.com")
        assert (await planted.get("/api/auth/session")).status_code == 401
