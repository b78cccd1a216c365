"""What does not come from Shopify, or from another browser than began, is refused: a page for people, else a problem."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from shopwarden.domain.signing import hmac_hex
from shopwarden.settings import Settings
from shopwarden.store.database import Database
from shopwarden.vendors.shopify_auth import oauth_message
from shopwarden.web import build_app
from tests.shopify_app.conftest import KEYS, SHOP

SECRET = "shpss_test_secret"
READY = Settings(
    shopify_api_key="key", shopify_api_secret=SECRET, shopify_api_secret_previous="older", encryption_keys=KEYS,
    public_url="https://app.example", rate_limit_per_minute=100_000,
)  # fmt: skip
BROWSER = {"accept": "text/html,application/xhtml+xml"}


async def opened(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    application = build_app(settings, database)
    async with (
        application.running(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(application),  # type: ignore[arg-type]
            base_url="https://app.example",
        ) as client,
    ):
        yield client


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async for one in opened(READY, database):
        yield one


@pytest.fixture
async def bare(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Of an installation without Shopify's keys."""
    async for one in opened(Settings(encryption_keys=KEYS), database):
        yield one


def signed(secret: str = SECRET, **asked: str) -> str:
    pairs = {"shop": SHOP, "timestamp": str(int(time.time())), **asked}
    pairs["hmac"] = hmac_hex(secret, oauth_message(pairs.items()).encode())
    return urlencode(pairs)


async def begun(client: httpx.AsyncClient) -> str:
    """The state sent along."""
    answer = await client.get(f"/shopify/install?shop={SHOP}")
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]


async def test_the_merchant_is_sent_to_the_shop_with_a_state_bound_to_the_browser(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/shopify/install?shop={SHOP.upper().replace('.MYSHOPIFY.COM', '.myshopify.com')}")
    way = urlsplit(answer.headers["location"])
    assert (way.scheme, way.netloc, way.path) == ("https", SHOP, "/admin/oauth/authorize")
    assert parse_qs(way.query)["redirect_uri"] == ["https://app.example/shopify/callback"]
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "secure", "samesite=lax", "path=/shopify"} <= {part.strip() for part in cookie.split(";")}


async def test_the_state_is_kept_as_a_digest_only(client: httpx.AsyncClient, database: Database) -> None:
    state = await begun(client)
    row = await database.pool.fetchrow("SELECT * FROM shop_installs")
    assert state not in str(dict(row))


@pytest.mark.parametrize("secret", [SECRET, "older"])
async def test_the_app_opened_from_the_shop_goes_on_to_the_shop(client: httpx.AsyncClient, secret: str) -> None:
    answer = await client.get(f"/shopify/install?{signed(secret, host='aG9zdA')}")
    assert answer.status_code == 302


@pytest.mark.parametrize("where", ["/shopify/install", "/shopify/callback"])
@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        (str, 400, "unknown-shop"),
        (lambda: "shop=evil.example", 400, "unknown-shop"),
        (lambda: "shop=demo.myshopify.com.evil.example", 400, "unknown-shop"),
        (lambda: f"shop={SHOP}&hmac=00", 401, "bad-signature"),
        (lambda: signed("another secret"), 401, "bad-signature"),
        (lambda: signed() + "&more=1", 401, "bad-signature"),
        (lambda: signed(timestamp="1700000000"), 400, "stale-address"),
        (lambda: signed(timestamp="soon"), 400, "stale-address"),
    ],
)
async def test_a_forged_or_old_address_is_refused(
    client: httpx.AsyncClient, where: str, query: Callable[[], str], status: int, problem: str
) -> None:
    told = await client.get(f"{where}?{query()}")
    assert (told.status_code, told.json()["type"].rpartition(":")[2]) == (status, problem)
    seen = await client.get(f"{where}?{query()}", headers=BROWSER)
    assert seen.status_code == status
    assert seen.headers["content-type"].startswith("text/html")
    assert "<h1>" in seen.text


async def test_a_callback_without_the_browser_that_began_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    state = await begun(client)
    client.cookies.clear()
    answer = await client.get(f"/shopify/callback?{signed(code='abc', state=state)}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "state")
    assert await database.pool.fetchval("SELECT count(*) FROM shop_installs") == 1


async def test_a_state_nobody_gave_out_and_one_of_another_shop_are_refused(client: httpx.AsyncClient) -> None:
    state = await begun(client)
    for asked in ({"state": "0" * 64}, {"state": state, "shop": "other.myshopify.com"}, {}):
        answer = await client.get(f"/shopify/callback?{signed(code='abc', **asked)}")
        assert answer.status_code == 400


async def test_a_state_that_is_too_old_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    state = await begun(client)
    await database.pool.execute("UPDATE shop_installs SET created_at = created_at - interval '11 minutes'")
    answer = await client.get(f"/shopify/callback?{signed(code='abc', state=state)}", headers=BROWSER)
    assert answer.status_code == 400
    assert "Begin again" in answer.text


async def test_a_merchant_who_did_not_agree_is_told_that_nothing_was_kept(client: httpx.AsyncClient) -> None:
    await begun(client)
    query = f"shop={SHOP}&error=access_denied"
    answer = await client.get(f"/shopify/callback?{query}", headers=BROWSER)
    assert answer.status_code == 403
    assert "nothing was installed" in answer.text
    assert f"/shopify/install?shop={SHOP}" in answer.text


async def test_without_keys_the_settings_are_named(bare: httpx.AsyncClient) -> None:
    for where in ("/shopify/install", "/shopify/callback"):
        told = await bare.get(f"{where}?shop={SHOP}")
        assert told.status_code == 404
        assert "SHOPIFY_API_KEY, SHOPIFY_API_SECRET" in told.json()["detail"]
    exchange = await bare.post("/shopify/token-exchange", headers={"authorization": "Bearer a.b.c"})
    assert exchange.status_code == 404


async def test_a_session_token_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"authorization": "Bearer a.b.c"}):
        answer = await client.post("/shopify/token-exchange", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_the_page_brings_its_own_style_and_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    seen = await client.get("/shopify/install", headers=BROWSER)
    assert 'href="/shopify/page.css"' in seen.text
    assert "http://" not in seen.text
    style = await client.get("/shopify/page.css")
    assert "light dark" in style.text
    assert "url(" not in style.text


async def test_what_a_stranger_names_is_not_written_into_the_page_as_code(client: httpx.AsyncClient) -> None:
    seen = await client.get("/shopify/install?shop=%3Cscript%3Ealert(1)%3C/script%3E", headers=BROWSER)
    assert "<script" not in seen.text
