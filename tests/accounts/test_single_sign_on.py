"""Single sign-on against a real provider: who comes in, who does not, and only the right answer in the right browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from shopwarden.settings import Settings
from shopwarden.store.database import Database
from tests.accounts.conftest import AddUser, SignedIn
from tests.accounts.open_id import CLIENT_ID, CLIENT_SECRET, OpenId

Browser = Callable[..., httpx.AsyncClient]


@pytest.fixture
def settings() -> Settings:
    return Settings(
        rate_limit_per_minute=100_000, encryption_keys="the key of tests has thirty-two letters",
        allow_internal_hosts="127.0.0.1",
    )  # fmt: skip


@pytest.fixture
async def open_id() -> AsyncIterator[OpenId]:
    provider = OpenId()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield provider
    server.close()
    await server.wait_closed()


def wanted(open_id: OpenId, **more: object) -> dict[str, object]:
    return {
        "name": "Company", "issuer": open_id.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "domains": ["example.com"], **more,
    }  # fmt: skip


@pytest.fixture
async def boss(add: AddUser, signed_in: SignedIn) -> httpx.AsyncClient:
    return await signed_in(await add("owner", "boss@example.com"))


async def set_up(boss: httpx.AsyncClient, open_id: OpenId, **more: object) -> str:
    made = await boss.post("/api/sso-providers", json=wanted(open_id, **more))
    assert made.status_code == 201, made.text
    assert CLIENT_SECRET not in made.text
    return str(made.json()["id"])


async def go(page: httpx.AsyncClient, open_id: OpenId, back_to: str = "/cases?open=1") -> httpx.Response:
    """To the provider and back, as a browser goes."""
    name = (await page.get("/api/auth/sso")).json()["providers"][0]
    begun = await page.get(name["start"], params={"back_to": back_to})
    assert begun.status_code == 302, begun.text
    return await page.get(open_id.agree(begun.headers["location"]))


async def test_who_is_invited_comes_in_and_is_known_again_by_the_providers_own_id(
    boss: httpx.AsyncClient, add: AddUser, browser: Browser, open_id: OpenId
) -> None:
    user = await add("analyst", "ann@example.com")
    await set_up(boss, open_id)
    page = browser()
    back = await go(page, open_id)
    assert (back.status_code, back.headers["location"]) == (302, "/cases?open=1")
    assert (await page.get("/api/auth/session")).json()["id"] == str(user.id)
    page.headers["X-CSRF-Token"] = page.cookies["shopwarden_csrf"]
    assert (await page.post("/api/auth/logout")).status_code == 204
    open_id.person.email = "ann.married@other.example"
    again = browser()
    await go(again, open_id)
    assert (await again.get("/api/auth/session")).json()["email"] == "ann@example.com"
    open_id.person.sub, open_id.person.email = "person-2", "ann@example.com"
    assert (await go(browser(), open_id)).status_code == 403, "an address that passed to somebody else opens nothing"


async def test_who_is_not_invited_comes_in_only_where_a_role_is_given(
    boss: httpx.AsyncClient, browser: Browser, open_id: OpenId, database: Database
) -> None:
    provider = await set_up(boss, open_id)
    refused = await go(browser(), open_id)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:shopwarden:problem:sso-not-let-in")
    changed = wanted(open_id, default_role="viewer")
    del changed["client_secret"]
    assert (await boss.put(f"/api/sso-providers/{provider}", json=changed)).status_code == 200
    page = browser()
    assert (await go(page, open_id)).status_code == 302
    account = (await page.get("/api/auth/session")).json()
    assert (account["role"], account["name"], account["has_password"]) == ("viewer", "Ann Example", False)
    actions = [row["action"] for row in await database.pool.fetch("SELECT action FROM audit_log ORDER BY id")]
    assert actions[-3:] == ["sso_provider.changed", "user.sign_on_tied", "user.signed_in"]
    await database.pool.execute("UPDATE users SET disabled = true WHERE email = 'ann@example.com'")
    assert (await go(browser(), open_id)).status_code == 403


@pytest.mark.parametrize(
    "change",
    [{"email_verified": False}, {"email_verified": None}, {"email": "ann@evil.example"}, {"email": None}, {"email": "@"}],
)
async def test_an_address_nobody_vouches_for_takes_over_no_account(
    boss: httpx.AsyncClient, add: AddUser, browser: Browser, open_id: OpenId, change: dict[str, object]
) -> None:
    await add("analyst", "ann@example.com")
    await add("analyst", "ann@evil.example")
    await set_up(boss, open_id, default_role="viewer")
    open_id.changed = change
    assert (await go(browser(), open_id)).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.example"}, {"aud": "somebody else"}, {"aud": [CLIENT_ID, "more"]}, {"azp": "somebody else"},
        {"nonce": "another"}, {"nonce": None}, {"exp": 1}, {"exp": None}, {"iat": 1}, {"sub": ""}, {"sub": None},
        {"nbf": 99_999_999_999},
    ],
)  # fmt: skip
async def test_a_token_that_does_not_fit_lets_nobody_in(
    boss: httpx.AsyncClient, add: AddUser, browser: Browser, open_id: OpenId, change: dict[str, object]
) -> None:
    await add("analyst", "ann@example.com")
    await set_up(boss, open_id)
    open_id.changed = change
    page = browser()
    answer = await go(page, open_id)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:shopwarden:problem:sso-refused")
    assert (await page.get("/api/auth/session")).status_code == 401


async def test_a_token_somebody_else_signed_lets_nobody_in(
    boss: httpx.AsyncClient, add: AddUser, browser: Browser, open_id: OpenId
) -> None:
    await add("analyst", "ann@example.com")
    await set_up(boss, open_id)
    open_id.signs_with = RSAKey.generate_key(2048)
    assert (await go(browser(), open_id)).status_code == 401
    # A secret we share with it signs nothing either: others may have it too.
    open_id.algorithm, open_id.signs_with = "HS256", OctKey.import_key(CLIENT_SECRET.encode())
    assert (await go(browser(), open_id)).status_code == 401


async def test_an_answer_holds_once_and_in_the_browser_that_asked(
    boss: httpx.AsyncClient, add: AddUser, browser: Browser, open_id: OpenId, database: Database
) -> None:
    await add("analyst", "ann@example.com")
    provider = await set_up(boss, open_id)
    page, victim = browser(), browser()
    begun = await page.get(f"/api/auth/sso/{provider}/start")
    back = open_id.agree(begun.headers["location"])
    assert (await victim.get(back)).status_code == 400, "a foreign answer signs nobody in as somebody else"
    await victim.get(f"/api/auth/sso/{provider}/start")
    assert (await victim.get(back)).status_code == 400
    query = parse_qs(urlsplit(back).query)
    for lost in ("state", "code"):
        other = {name: values[0] for name, values in query.items() if name != lost}
        assert (await browser().get(f"/api/auth/sso/callback?{urlencode(other)}")).status_code == 400
    assert (await page.get(back)).status_code == 302
    assert (await page.get(back)).status_code == 400, "good once"
    late = browser()
    begun = await late.get(f"/api/auth/sso/{provider}/start")
    await database.pool.execute("UPDATE sso_states SET expires_at = now()")
    assert (await late.get(open_id.agree(begun.headers["location"]))).status_code == 400


@pytest.mark.parametrize(
    ("sends", "status"),
    [({"iss": "https://other.example"}, 401), ({"iss": ""}, 401), ({"error": "access_denied"}, 403), ({"code": ""}, 403)],
)
async def test_another_providers_answer_is_not_redeemed(
    boss: httpx.AsyncClient, browser: Browser, open_id: OpenId, sends: dict[str, str], status: int
) -> None:
    await set_up(boss, open_id, default_role="viewer")
    open_id.sends = sends
    assert (await go(browser(), open_id)).status_code == status
    assert "/token" not in open_id.asked


async def test_a_provider_that_names_itself_otherwise_is_not_asked_further(
    boss: httpx.AsyncClient, browser: Browser, open_id: OpenId
) -> None:
    provider = await set_up(boss, open_id)
    open_id.named = {"issuer": "https://other.example"}
    answer = await browser().get(f"/api/auth/sso/{provider}/start")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:shopwarden:problem:sso-misset")


@pytest.mark.parametrize(
    "back_to", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "x", ""]
)
async def test_nobody_is_sent_to_another_server(
    boss: httpx.AsyncClient, browser: Browser, open_id: OpenId, back_to: str
) -> None:
    provider = await set_up(boss, open_id)
    answer = await browser().get(f"/api/auth/sso/{provider}/start", params={"back_to": back_to})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "back_to"


async def test_the_secret_stays_with_its_issuer_and_internal_addresses_stay_closed(
    boss: httpx.AsyncClient, open_id: OpenId, database: Database
) -> None:
    provider = await set_up(boss, open_id)
    kept = await database.pool.fetchval("SELECT sealed_secret FROM sso_providers")
    assert CLIENT_SECRET.encode() not in kept
    moved = wanted(open_id, issuer="https://other.example")
    del moved["client_secret"]
    answer = await boss.put(f"/api/sso-providers/{provider}", json=moved)
    assert answer.json()["errors"][0]["field"] == "client_secret"
    for issuer in ("http://localhost:1", "https://u:p@x.example", "https://x.example?a=1", "ftp://x.example", "https://[x"):
        assert (await boss.post("/api/sso-providers", json=wanted(open_id, name="n", issuer=issuer))).status_code == 400
    inside = await set_up(boss, open_id, name="inside", issuer="https://localhost:1")
    assert (await boss.get(f"/api/auth/sso/{inside}/start")).status_code == 503, "the name leads inside: not connected to"
    assert CLIENT_SECRET not in str(await database.pool.fetch("SELECT * FROM audit_log"))


async def test_one_stores_people_do_not_see_the_installations_providers(
    add: AddUser, signed_in: SignedIn, open_id: OpenId, other_store: object
) -> None:
    confined = await signed_in(await add("owner", "shop@example.com", other_store))  # type: ignore[arg-type]
    assert (await confined.get("/api/sso-providers")).status_code == 404
    assert (await confined.post("/api/sso-providers", json=wanted(open_id))).status_code == 404


async def test_a_provider_that_is_away_is_tried_again_later(
    boss: httpx.AsyncClient, browser: Browser, open_id: OpenId
) -> None:
    provider = await set_up(boss, open_id, issuer="http://127.0.0.1:1")
    assert (await browser().get(f"/api/auth/sso/{provider}/start")).status_code == 503
