"""Signed addresses, tokens and sessions of Shopify's installation: only what Shopify made passes."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.signing import hmac_hex
from shopwarden.errors import RefuseError
from shopwarden.vendors import shopify_auth as auth
from shopwarden.vendors.shopify_app import ShopApp, missing_scopes, shop_app, shop_name
from shopwarden.vendors.shopify_session import read_session

SECRET = "shpss_test_secret"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
APP = ShopApp(client_id="key", secrets=(SECRET, "the-one-before"))
CALLBACK = [
    ("code", "abc"),
    ("host", "aG9zdA"),
    ("shop", "demo.myshopify.com"),
    ("state", "s1"),
    ("timestamp", "1700000000"),
]
VECTOR = "455f6291c8339fbce07e5789a4e7491d9cd5b908ca995e0d0f52ecac39c9941b"
PROXIED = [
    ("logged_in_customer_id", ""),
    ("path_prefix", "/apps/track"),
    ("shop", "demo.myshopify.com"),
    ("timestamp", "1700000000"),
]
PROXY_VECTOR = "5e4914f7ee3ac54836d6527be25d60416d6f9be9b86439d4ef217dc812f8a506"
pairs = st.lists(
    st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), max_size=6, unique_by=lambda each: each[0]
)


def test_the_known_vector_of_an_address_fits_in_any_order() -> None:
    assert auth.is_signed([*CALLBACK, ("hmac", VECTOR)], (SECRET,))
    assert auth.is_signed([("hmac", VECTOR), *reversed(CALLBACK)], ("newer", SECRET))
    assert not auth.is_signed([*CALLBACK, ("hmac", VECTOR)], ("newer",))
    assert not auth.is_signed(CALLBACK, (SECRET,))
    assert not auth.is_signed([*CALLBACK, ("hmac", VECTOR), ("hmac", VECTOR)], (SECRET,))


def test_the_known_vector_of_a_proxied_request_fits() -> None:
    assert auth.proxy_message(PROXIED) == (
        "logged_in_customer_id=path_prefix=/apps/trackshop=demo.myshopify.comtimestamp=1700000000"
    )
    assert auth.is_proxied([*PROXIED, ("signature", PROXY_VECTOR)], (SECRET,))
    assert not auth.is_proxied([*PROXIED[:-1], ("timestamp", "1700000001"), ("signature", PROXY_VECTOR)], (SECRET,))


def test_lists_and_marks_are_written_as_shopify_writes_them() -> None:
    assert auth.oauth_message([("ids[]", "1"), ("ids[]", "2")]) == 'ids=["1", "2"]'
    assert auth.oauth_message([("a&b", "50%&=")]) == "a%26b=50%25%26="
    assert auth.proxy_message([("extra", "1"), ("extra", "2")]) == "extra=1,2"


@given(given_pairs=pairs, changed=pairs)
def test_no_other_parameters_have_the_same_signature(
    given_pairs: list[tuple[str, str]], changed: list[tuple[str, str]]
) -> None:
    kept = [each for each in given_pairs if each[0] not in ("hmac", "signature") and not each[0].endswith("[]")]
    other = [each for each in changed if each[0] not in ("hmac", "signature") and not each[0].endswith("[]")]
    signed = hmac_hex(SECRET, auth.oauth_message(kept).encode("utf-8", "surrogatepass"))
    assert auth.is_signed([*kept, ("hmac", signed)], (SECRET,))
    assert auth.is_signed([*other, ("hmac", signed)], (SECRET,)) == (sorted(kept) == sorted(other))


@pytest.mark.parametrize(
    "wrong",
    ["demo", "demo.myshopify.com.evil.example", "evil.example/demo.myshopify.com", "-a.myshopify.com", "",
     "demo.myshopify.com\n", "demo.myshopify.com:443", "d@mo.myshopify.com",
     "a.b.myshopify.com", "x" * 80 + ".myshopify.com"],
)  # fmt: skip
def test_what_is_no_shop_is_refused(wrong: str) -> None:
    assert shop_name(wrong) is None


def test_a_shops_name_is_kept_in_lower_case() -> None:
    assert shop_name("Demo-1.myshopify.com") == "demo-1.myshopify.com"


@given(seconds=st.integers(-10_000, 10_000))
def test_an_address_is_good_for_minutes(seconds: int) -> None:
    made = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    assert auth.is_timely(made, NOW) == (abs(seconds) <= auth.TOLERANCE_SECONDS)


@pytest.mark.parametrize("wrong", ["", "now", "-1", "1e9", "9" * 40, "١٢٣"])
def test_a_time_that_is_none_is_not_timely(wrong: str) -> None:
    assert not auth.is_timely(wrong, NOW)


def test_the_merchant_is_asked_for_the_scopes_with_state_and_way_back() -> None:
    address = urlsplit(auth.authorize_url(APP, "demo.myshopify.com", "https://app.example/shopify/callback", "s1"))
    asked = parse_qs(address.query)
    assert (address.scheme, address.netloc, address.path) == ("https", "demo.myshopify.com", "/admin/oauth/authorize")
    assert asked["client_id"] == ["key"]
    assert asked["state"] == ["s1"]
    assert asked["redirect_uri"] == ["https://app.example/shopify/callback"]
    assert "read_customers" in asked["scope"][0].split(",")


def body_of(ask: object) -> dict[str, str]:
    body = getattr(ask, "body", b"")
    return msgspec.json.decode(body, type=dict[str, str])


def test_requests_for_tokens_carry_what_each_grant_needs() -> None:
    by_code = auth.ask_by_code(APP, "demo.myshopify.com", "abc")
    assert by_code.url == "https://demo.myshopify.com/admin/oauth/access_token"
    assert body_of(by_code) == {"client_id": "key", "client_secret": SECRET, "code": "abc", "expiring": "1"}
    permanent = msgspec.structs.replace(APP, expiring=False)
    assert "expiring" not in body_of(auth.ask_by_code(permanent, "demo.myshopify.com", "abc"))
    assert body_of(auth.ask_by_refresh(APP, "demo.myshopify.com", "r"))["grant_type"] == "refresh_token"
    exchanged = body_of(auth.ask_by_session(APP, "demo.myshopify.com", "jwt"))
    assert exchanged["grant_type"].endswith(":token-exchange")
    assert exchanged["requested_token_type"].endswith(":offline-access-token")
    moved = body_of(auth.ask_by_permanent(APP, "demo.myshopify.com", "old"))
    assert moved["subject_token_type"] == moved["requested_token_type"]
    assert "shpss" not in repr(by_code)


def reply(status: int, body: object) -> Reply:
    return Reply(status, {}, body if isinstance(body, bytes) else msgspec.json.encode(body))


def test_tokens_with_and_without_an_end_are_read() -> None:
    expiring = auth.read_tokens(
        reply(200, {"access_token": "a", "scope": "read_orders,write_orders", "expires_in": 3600, "refresh_token": "r",
                    "refresh_token_expires_in": 7_776_000}), NOW,
    )  # fmt: skip
    assert expiring.expires_at == NOW + timedelta(hours=1)
    assert expiring.refresh_expires_at == NOW + timedelta(days=90)
    assert expiring.scopes == ("read_orders", "write_orders")
    permanent = auth.read_tokens(reply(200, {"access_token": "a", "scope": ""}), NOW)
    assert (permanent.expires_at, permanent.refresh_token) == (None, None)
    assert "'a'" not in repr(expiring)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "code abc was used"}, "auth"),
        (400, b"<html>", "auth"),
        (500, b"", "unavailable"),
        (429, b"", "rate_limited"),
        (200, {"scope": "x"}, "contract_changed"),
        (200, {"access_token": ""}, "contract_changed"),
        (200, b"\xff", "contract_changed"),
        (302, b"", "unavailable"),
    ],
)
def test_refusals_and_rubbish_are_told_apart(status: int, body: object, kind: str) -> None:
    with pytest.raises(VendorFault) as told:
        auth.read_tokens(reply(status, body), NOW)
    assert told.value.kind == kind
    assert "abc" not in str(told.value)


@given(body=st.binary(max_size=80), status=st.sampled_from([200, 400, 401, 500]))
def test_no_answer_breaks_the_reading(body: bytes, status: int) -> None:
    with pytest.raises(VendorFault):
        auth.read_tokens(Reply(status, {}, body), NOW)


@given(
    life=st.one_of(
        st.floats(), st.integers(-(10**30), 10**30), st.text(max_size=5), st.none(), st.lists(st.integers(), max_size=2)
    )
)
def test_no_length_of_life_breaks_the_reading(life: object) -> None:
    raw = msgspec.json.encode({"access_token": "a", "expires_in": life})
    with suppress(VendorFault):
        tokens = auth.read_tokens(Reply(200, {}, raw), NOW)
        assert tokens.expires_at is None or tokens.expires_at >= NOW


def test_writing_includes_reading() -> None:
    assert missing_scopes(("read_orders", "write_orders", "read_customers"), ("write_orders",)) == ("read_customers",)


def test_the_app_is_what_the_environment_says() -> None:
    app = shop_app({"SHOPIFY_API_KEY": "k", "SHOPIFY_API_SECRET": "s", "SHOPIFY_EXPIRING_TOKENS": "false"})
    assert (app.is_ready, app.expiring, app.version) == (True, False, "2026-10")
    assert app.hosts("demo.myshopify.com") == ("demo.myshopify.com",)
    assert not shop_app({"SHOPIFY_API_KEY": "k"}).is_ready
    sandbox = shop_app({}, "http://127.0.0.1:8585")
    assert sandbox.admin("demo.myshopify.com") == "http://127.0.0.1:8585/shopify/demo.myshopify.com/admin"
    assert sandbox.hosts("demo.myshopify.com") == ("127.0.0.1",)
    assert "shpss" not in repr(APP)


CLAIMS = {
    "iss": "https://demo.myshopify.com/admin",
    "dest": "https://demo.myshopify.com",
    "aud": "key",
    "sub": "42",
    "exp": NOW.timestamp() + 60,
    "nbf": NOW.timestamp(),
    "iat": NOW.timestamp(),
    "jti": "j",
    "sid": "s",
}


def token(claims: object = CLAIMS, secret: str = SECRET, head: object = None) -> str:
    def part(value: object) -> str:
        return urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")

    message = f"{part(head or {'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    signed = hmac.new(secret.encode(), message.encode(), "sha256").digest()
    return f"{message}.{urlsafe_b64encode(signed).decode().rstrip('=')}"


def test_a_session_token_names_shop_and_person() -> None:
    session = read_session(token(), APP, NOW)
    assert (session.shop, session.user) == ("demo.myshopify.com", "42")
    assert read_session(token(secret="the-one-before"), APP, NOW).shop == session.shop
    assert read_session(token(CLAIMS | {"exp": NOW.timestamp() - 9}), APP, NOW).shop == session.shop


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "a.b",
        "a.b.c",
        token(secret="another"),
        token(head={"alg": "none"}),
        token(head={"alg": "HS512"}),
        token(CLAIMS | {"aud": "another app"}),
        token(CLAIMS | {"exp": NOW.timestamp() - 11}),
        token(CLAIMS | {"nbf": NOW.timestamp() + 11}),
        token(CLAIMS | {"dest": "https://other.myshopify.com"}),
        token(CLAIMS | {"dest": "https://evil.example", "iss": "https://evil.example/admin"}),
        token({name: value for name, value in CLAIMS.items() if name != "sid"}),
        token(CLAIMS | {"exp": "soon"}),
        token() + "x" * 5000,
        token()[:-4] + "====",
    ],
)
def test_any_other_token_is_refused(wrong: str) -> None:
    with pytest.raises(RefuseError) as told:
        read_session(wrong, APP, NOW)
    assert told.value.status == 401
