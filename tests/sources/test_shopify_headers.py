"""Signatures and envelopes of Shopify webhooks, in both families of header names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shopwarden.errors import RefuseError
from shopwarden.sources.shopify.headers import read_envelope, sign, verify

BODY = b'{"id":1,"email":"a@example.com"}'
SECRET, SIGNATURE = "shpss_test_secret", "XWB0+SxlvAEC3yNDPg512nnLhRAHtq9+JjdiDTdy0N0="


def test_the_signature_is_base64_of_hmac_sha256_over_the_raw_body() -> None:
    assert sign(SECRET, BODY) == SIGNATURE


@pytest.mark.parametrize("name", ["x-shopify-hmac-sha256", "shopify-hmac-sha256"])
@pytest.mark.parametrize("secrets", [(SECRET,), ("new", SECRET), (SECRET, "older")])
def test_any_secret_in_use_may_have_signed(name: str, secrets: tuple[str, ...]) -> None:
    assert verify({name: SIGNATURE}, BODY, secrets)


@pytest.mark.parametrize(
    ("headers", "body", "secrets"),
    [
        ({}, BODY, (SECRET,)),
        ({"x-shopify-hmac-sha256": ""}, BODY, (SECRET,)),
        ({"x-shopify-hmac-sha256": SIGNATURE}, BODY + b" ", (SECRET,)),
        ({"x-shopify-hmac-sha256": SIGNATURE}, BODY, ()),
        ({"x-shopify-hmac-sha256": SIGNATURE}, BODY, ("",)),
        ({"x-shopify-hmac-sha256": SIGNATURE}, BODY, ("other",)),
        ({"x-shopify-hmac-sha256": SIGNATURE.lower()}, BODY, (SECRET,)),
        ({"x-shopify-hmac-sha256": "ü" * 44}, BODY, (SECRET,)),
    ],
)
def test_anything_else_is_not_signed(headers: dict[str, str], body: bytes, secrets: tuple[str, ...]) -> None:
    assert not verify(headers, body, secrets)


@pytest.mark.parametrize("family", ["x-shopify-", "shopify-"])
def test_the_envelope_says_what_when_and_whose(family: str) -> None:
    envelope = read_envelope(
        {
            f"{family}topic": "orders/create",
            f"{family}webhook-id": "d-1",
            f"{family}event-id": "e-1",
            f"{family}triggered-at": "2026-03-01T12:00:00.123456789Z",
            f"{family}shop-domain": "Demo.myshopify.com",
            f"{family}api-version": "2026-10",
        }
    )
    assert (envelope.topic, envelope.delivery_id, envelope.event_id) == ("orders/create", "d-1", "e-1")
    assert envelope.triggered_at == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert (envelope.shop_domain, envelope.api_version) == ("demo.myshopify.com", "2026-10")


@pytest.mark.parametrize(
    ("topic", "action", "meant"),
    [("customers", "update", "customers/update"), ("order", "update", "orders/updated"), ("cart", "create", "carts/create")],
)
def test_what_and_which_action_told_apart_are_put_together(topic: str, action: str, meant: str) -> None:
    assert read_envelope({"shopify-topic": topic, "shopify-action": action}).topic == meant


def test_a_missing_topic_is_refused_by_name() -> None:
    with pytest.raises(RefuseError) as refused:
        read_envelope({"x-shopify-webhook-id": "d-1"})
    assert "X-Shopify-Topic" in refused.value.fields


def test_a_time_nobody_can_read_is_unknown() -> None:
    assert read_envelope({"x-shopify-topic": "carts/create", "x-shopify-triggered-at": "soon"}).triggered_at is None
