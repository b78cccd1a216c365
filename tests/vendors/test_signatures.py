"""The seven signatures vendors put under their messages, each against a vector worked out beforehand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.signing import fits, hmac_base64, hmac_hex
from shopwarden.sources import klaviyo, riskified, sift
from shopwarden.sources.shopify import headers as shopify
from shopwarden.vendors.shopify_auth import is_proxied, is_signed, oauth_message, proxy_message

BODY = b'{"id":1,"email":"a@example.com"}'
SHOPIFY = "shpss_test_secret"
OAUTH = "455f6291c8339fbce07e5789a4e7491d9cd5b908ca995e0d0f52ecac39c9941b"
OAUTH_QUERY = {"shop": "demo.myshopify.com", "code": "abc", "timestamp": "1700000000", "state": "s1", "host": "aG9zdA"}
PROXY = "5e4914f7ee3ac54836d6527be25d60416d6f9be9b86439d4ef217dc812f8a506"
PROXY_QUERY = {
    "shop": "demo.myshopify.com", "path_prefix": "/apps/track", "timestamp": "1700000000", "logged_in_customer_id": "",
}  # fmt: skip
STAMP = "Tue, 14 Apr 2026 03:50:12 GMT"
WEBHOOKS = [
    pytest.param(
        shopify.verify, {"x-shopify-hmac-sha256": "XWB0+SxlvAEC3yNDPg512nnLhRAHtq9+JjdiDTdy0N0="}, SHOPIFY, id="shopify",
    ),
    pytest.param(
        shopify.verify, {"shopify-hmac-sha256": "XWB0+SxlvAEC3yNDPg512nnLhRAHtq9+JjdiDTdy0N0="}, SHOPIFY,
        id="shopify events",
    ),
    pytest.param(
        klaviyo.verify,
        {
            "klaviyo-signature": "6c20dc2854d9fb017ffb19ae5c7da018c0808e80d9f04093980c622aea9545bf",
            "klaviyo-timestamp": STAMP,
        },
        "klaviyo_secret_0123", id="klaviyo",
    ),
    pytest.param(
        sift.verify,
        {"x-sift-science-signature": "sha256=328ca5859769457367cad97268016e7564e34d925799409e2326a6d767640d12"},
        "sift_sig_key", id="sift sha256",
    ),
    pytest.param(
        sift.verify, {"x-sift-science-signature": "sha1=8bac9ef0489f69f0e46d9ec9b26d7ee52f54197e"}, "sift_sig_key",
        id="sift sha1",
    ),
    pytest.param(
        riskified.verify,
        {"x-riskified-hmac-sha256": "a8ae93e60eccb1d2f33c55977c7445f9a6faeeb4f2657b10ece6a933fdd3975d"},
        "riskified_token", id="riskified",
    ),
]  # fmt: skip


def test_the_body_is_the_one_the_vectors_were_worked_out_over() -> None:
    assert len(BODY) == 32


@pytest.mark.parametrize(("verify", "headers", "secret"), WEBHOOKS)
def test_a_webhook_is_known_by_its_signature(verify, headers, secret) -> None:
    assert verify(headers, BODY, (secret,))
    assert verify(headers, BODY, ("another", secret))
    assert not verify(headers, BODY, ("another",))
    assert not verify(headers, BODY, ("",))
    assert not verify(headers, BODY, ())
    assert not verify(headers, BODY + b" ", (secret,))
    assert not verify({}, BODY, (secret,))
    for name in headers:
        assert not verify(headers | {name: headers[name][:-1]}, BODY, (secret,))
        assert not verify(headers | {name: "é" + headers[name]}, BODY, (secret,))


def test_klaviyo_signs_the_time_too() -> None:
    later = {
        "klaviyo-signature": "6c20dc2854d9fb017ffb19ae5c7da018c0808e80d9f04093980c622aea9545bf",
        "klaviyo-timestamp": STAMP.replace("12", "13"),
    }
    assert not klaviyo.verify(later, BODY, ("klaviyo_secret_0123",))


def test_an_address_of_the_install_is_signed() -> None:
    message = "code=abc&host=aG9zdA&shop=demo.myshopify.com&state=s1&timestamp=1700000000"
    assert oauth_message([*OAUTH_QUERY.items(), ("hmac", OAUTH)]) == message
    assert hmac_hex(SHOPIFY, message.encode()) == OAUTH
    assert is_signed([*OAUTH_QUERY.items(), ("hmac", OAUTH)], (SHOPIFY,))
    assert not is_signed([*(OAUTH_QUERY | {"shop": "other.myshopify.com"}).items(), ("hmac", OAUTH)], (SHOPIFY,))


def test_an_address_of_the_app_proxy_is_signed() -> None:
    message = "logged_in_customer_id=path_prefix=/apps/trackshop=demo.myshopify.comtimestamp=1700000000"
    assert proxy_message([*PROXY_QUERY.items(), ("signature", PROXY)]) == message
    assert hmac_hex(SHOPIFY, message.encode()) == PROXY
    assert is_proxied([*PROXY_QUERY.items(), ("signature", PROXY)], (SHOPIFY,))
    assert not is_proxied([*(PROXY_QUERY | {"logged_in_customer_id": "1"}).items(), ("signature", PROXY)], (SHOPIFY,))


def test_segments_webhooks_are_signed_with_sha1() -> None:
    assert hmac_hex("segment_secret", BODY, "sha1") == "172f6d4b9fe3a3ea5665ae78e2e34ff6f02d4081"


def test_base64_is_the_same_signature() -> None:
    assert hmac_base64(SHOPIFY, BODY) == shopify.sign(SHOPIFY, BODY)


@given(secret=st.text(min_size=1), body=st.binary(), other=st.binary(), given_text=st.text())
def test_only_the_signature_of_these_bytes_fits(secret: str, body: bytes, other: bytes, given_text: str) -> None:
    signature = hmac_hex(secret, body)
    assert fits(signature, [hmac_hex("another one", body), signature])
    assert fits(hmac_hex(secret, other), [signature]) == (other == body)
    assert fits(given_text, [signature, ""]) == (given_text == signature)
