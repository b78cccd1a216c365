"""Promises every webhook source keeps, and that Shopify's topics are all there with a body each."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.events import Event
from shopwarden.errors import SkipError
from shopwarden.sources import find_sources
from tests.sources.shopify_bodies import CAPTURED

AT = datetime(2026, 3, 1, tzinfo=UTC)
NINE = {
    "customers/create", "customers/update", "customers/delete", "orders/create", "orders/updated", "checkouts/create",
    "checkouts/update", "carts/create", "carts/update",
}  # fmt: skip
WITHOUT_EVENTS = {"app/scopes_update", "bulk_operations/finish"}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1899-01-01T00:00:00Z", "2999-12-31T23:59:59+14:00", "-12.50", "1e999", "\0\0", "gid://shopify/X/1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def cases() -> list[tuple[str, bytes]]:
    return [(topic, json.dumps(body).encode()) for topic, bodies in CAPTURED.items() for body in bodies]


def test_shopify_is_found_by_itself_and_reads_every_captured_topic() -> None:
    source = find_sources()["shopify"]
    assert source.topics == set(CAPTURED)
    assert source.topics >= NINE


@pytest.mark.parametrize(("topic", "body"), cases())
def test_a_body_becomes_events_that_carry_time_and_version(topic: str, body: bytes) -> None:
    translate = find_sources()["shopify"].translate
    events: tuple[Event, ...] = translate(topic, body, AT)
    assert bool(events) is (topic not in WITHOUT_EVENTS) or topic == "order_transactions/create"
    for event in events:
        assert event.at.tzinfo is not None
        assert event.version
    assert translate(topic, body, AT) == events


@given(topic=st.sampled_from(sorted(CAPTURED)), data=st.data())
@settings(max_examples=400, deadline=None)
def test_whatever_a_field_holds_the_body_is_read_or_refused(topic: str, data: st.DataObject) -> None:
    body = dict(data.draw(st.sampled_from(CAPTURED[topic])))
    for name in data.draw(st.lists(st.sampled_from(sorted(body)), max_size=6, unique=True)):
        if data.draw(st.booleans()):
            body[name] = data.draw(json_values)
        else:
            del body[name]
    try:
        events = find_sources()["shopify"].translate(
            topic, json.dumps(body).encode(), data.draw(st.sampled_from([AT, None]))
        )
    except SkipError:
        return
    assert b"\\u0000" not in msgspec.json.encode(events)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'"text"', b"12"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(SkipError):
        find_sources()["shopify"].translate("orders/create", body, AT)


def test_a_topic_nobody_reads_is_refused() -> None:
    with pytest.raises(SkipError, match="products/create"):
        find_sources()["shopify"].translate("products/create", b"{}", AT)
