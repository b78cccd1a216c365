"""Vendors' own webhooks: who signed them, and what they say in our own words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.events import EngagementHappened, VendorDecided
from shopwarden.domain.signing import hmac_hex
from shopwarden.errors import RefuseError, SkipError
from shopwarden.sources import find_sources
from shopwarden.sources.sift import opinion_of

RAW = b'{"id":1,"email":"a@example.com"}'
AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
STAMP = "Tue, 14 Apr 2026 03:50:12 GMT"
VECTORS = [
    ("sift", "sift_sig_key", {
        "x-sift-science-signature": "sha256=328ca5859769457367cad97268016e7564e34d925799409e2326a6d767640d12",
    }),
    ("sift", "sift_sig_key", {"x-sift-science-signature": "sha1=8bac9ef0489f69f0e46d9ec9b26d7ee52f54197e"}),
    ("riskified", "riskified_token", {
        "x-riskified-hmac-sha256": "a8ae93e60eccb1d2f33c55977c7445f9a6faeeb4f2657b10ece6a933fdd3975d",
    }),
    ("klaviyo", "klaviyo_secret_0123", {
        "klaviyo-signature": "6c20dc2854d9fb017ffb19ae5c7da018c0808e80d9f04093980c622aea9545bf", "klaviyo-timestamp": STAMP,
    }),
]  # fmt: skip


def decided(source: str, body: object) -> VendorDecided:
    (event,) = find_sources()[source].translate("decision", json.dumps(body).encode(), AT)
    assert isinstance(event, VendorDecided)
    return event


@pytest.mark.parametrize(("source", "secret", "headers"), VECTORS)
def test_the_right_signature_fits_and_any_other_does_not(source: str, secret: str, headers: dict[str, str]) -> None:
    verify = find_sources()[source].verify
    assert verify(headers, RAW, (secret,))
    assert verify(headers, RAW, ("an older one", "", secret))
    assert not verify(headers, RAW, ("another",))
    assert not verify(headers, RAW, ())
    assert not verify(headers, RAW + b" ", (secret,))
    assert not verify({}, RAW, (secret,))
    assert not verify(dict.fromkeys(headers, ""), RAW, (secret, ""))


@given(value=st.text(max_size=80), source=st.sampled_from(["sift", "riskified", "klaviyo"]))
def test_no_text_in_the_header_breaks_the_check(value: str, source: str) -> None:
    names = ("x-sift-science-signature", "x-riskified-hmac-sha256", "klaviyo-signature", "klaviyo-timestamp")
    assert not find_sources()[source].verify(dict.fromkeys(names, value), RAW, ("secret",))


def test_an_algorithm_of_the_senders_own_choice_is_refused() -> None:
    assert not find_sources()["sift"].verify({"x-sift-science-signature": f"md5={hmac_hex('k', RAW)}"}, RAW, ("k",))


def test_klaviyos_webhook_is_the_one_the_header_names() -> None:
    body = b'{"data":[],"meta":{"klaviyo_webhook_id":"w1"}}'
    headers = {"klaviyo-timestamp": STAMP, "klaviyo-signature": hmac_hex("s", body + STAMP.encode())}
    assert find_sources()["klaviyo"].verify(headers | {"klaviyo-webhook-id": "w1"}, body, ("s",))
    assert not find_sources()["klaviyo"].verify(headers | {"klaviyo-webhook-id": "w2"}, body, ("s",))


def test_klaviyo_has_to_say_when_it_signed() -> None:
    with pytest.raises(RefuseError, match="Klaviyo-Timestamp"):
        find_sources()["klaviyo"].envelope({"klaviyo-timestamp": "yesterday"})


@pytest.mark.parametrize(
    ("decision", "opinion"),
    [
        ("looks_bad_payment_abuse", "decline"), ("block_user_payment_abuse", "decline"), ("watch_order", "review"),
        ("looks_ok_payment_abuse", "approve"), ("unblock_user", "approve"), ("not_fraud", None), ("bank_transfer", None),
    ],
)  # fmt: skip
def test_what_a_decisions_name_says(decision: str, opinion: str | None) -> None:
    assert opinion_of(decision) == opinion


def test_a_decision_of_sifts_is_about_an_order_or_a_user() -> None:
    body = {"entity": {"type": "order", "id": "A%20B"}, "decision": {"id": "block_order"}, "time": 1795168800000}
    event = decided("sift", body)
    assert (event.subject, event.external_id, event.answer.opinion) == ("order", "A B", "decline")
    assert event.at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert decided("sift", body | {"entity": {"type": "user", "id": "7001"}}).subject == "user"
    session = json.dumps(body | {"entity": {"type": "session", "id": "s"}}).encode()
    assert find_sources()["sift"].translate("decision", session, AT) == ()


def test_a_notification_of_riskifieds_says_what_it_decided() -> None:
    order = {"id": 5001, "status": "declined", "decision_code": "B2", "description": "No", "category": "High-Risk"}
    event = decided("riskified", {"order": order | {"risk_score": 93}})
    assert (event.external_id, event.answer.opinion, event.answer.score) == ("5001", "decline", 93)
    assert (event.answer.category, event.answer.reasons[0].code) == ("High-Risk", "B2")
    assert decided("riskified", {"order": order | {"status": "submitted"}}).answer.opinion is None


def item(topic: str, **attributes: object) -> dict[str, object]:
    data = {
        "type": "event",
        "id": f"e-{topic}",
        "attributes": {"datetime": "2026-11-20T09:00:00+00:00", **attributes},
        "relationships": {"profile": {"data": {"type": "profile", "id": "P1"}}},
    }
    included = [{"type": "profile", "id": "P1", "attributes": {"email": "Rosa@Example.org"}}]
    return {"external_id": f"x-{topic}", "topic": f"event:klaviyo.{topic}", "payload": {"data": data, "included": included}}


def test_each_event_of_klaviyos_is_read_by_itself() -> None:
    opened = {"Subject": "Hello", "machine_open": True}
    items = [item("opened_email", event_properties=opened), item("clicked_email"), "rubbish", item("ready_to_review"), {}]
    events = find_sources()["klaviyo"].translate("events", json.dumps({"data": items}).encode(), AT)
    assert all(isinstance(event, EngagementHappened) for event in events)
    said = [(e.external_id, e.channel, e.what, e.email) for e in events if isinstance(e, EngagementHappened)]
    assert said == [
        ("e-opened_email", "email", "opened_by_machine", "rosa@example.org"),
        ("e-clicked_email", "email", "clicked", "rosa@example.org"),
    ]


@pytest.mark.parametrize("source", ["sift", "riskified", "klaviyo"])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"{}", b'{"order":{"id":[]}}'])
def test_a_body_that_says_nothing_is_refused(source: str, body: bytes) -> None:
    with pytest.raises(SkipError):
        find_sources()[source].translate("decision", body, AT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["\0", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data(), source=st.sampled_from(["sift", "riskified", "klaviyo"]))
def test_whatever_a_member_holds_the_body_is_read_or_refused(data: st.DataObject, source: str) -> None:
    body: dict[str, object] = {
        "entity": {"type": "order", "id": "1"}, "decision": {"id": "block"}, "time": 1, "data": [item("opened_email")],
        "order": {"id": "1", "status": "approved"},
    }  # fmt: skip
    for name in data.draw(st.lists(st.sampled_from(sorted(body)), unique=True)):
        inner = body[name]
        if isinstance(inner, dict) and inner and data.draw(st.booleans()):
            body[name] = {**inner, data.draw(st.sampled_from(sorted(inner))): data.draw(json_values)}
        else:
            body[name] = data.draw(json_values)
    try:
        events = find_sources()[source].translate("decision", json.dumps(body).encode(), AT)
    except SkipError:
        return
    for event in events:
        assert event.at.tzinfo is not None
        assert event.version
