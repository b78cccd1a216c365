"""Whatever people type into a shop, the question made of it goes to the vendor alone and in the vendor's form."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.contracts.vendor import Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import Inquiry
from tests.vendors.breaking import places, replaced
from tests.vendors.recorded import account_of, inquiry_of, lookups, settled

LOOKUPS = [pytest.param(vendor, lookup, id=lookup.key) for vendor, lookup in lookups()]
TYPED = ("email", "phone", "first_name", "last_name", "user_agent", "accept_language", "session_id", "shop_domain")
ODD = st.text(max_size=60) | st.sampled_from([
    "", " ", "\r\nX-Injected: 1", "../../v1/other?key=1#", "a/b\\c", "\u202eevil", "😀" * 50, '"}],"x":', "x" * 5000,
    "%2e%2e", "rosa@example.org@evil.example", "//evil.example/", "\x00", "'; DROP TABLE", "<script>",
])  # fmt: skip


def typed_places() -> list[tuple[Any, ...]]:
    """Everything of an inquiry that a stranger writes."""
    whole = json.loads(msgspec.json.encode(inquiry_of()))
    found = [path for path in places(whole, deep=False) if path[0] in TYPED or path[0] in ("address", "order")]
    numbers = (
        "at",
        "created_at",
        "updated_at",
        "cancelled_at",
        "total",
        "subtotal",
        "discounts",
        "price",
        "shipping_price",
        "quantity",
    )
    return [path for path in found if not {*path} & {*numbers, "is_express"}]


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
@given(st.lists(st.tuples(st.sampled_from(typed_places()), ODD), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_strangers_type_stays_in_its_place(vendor: Vendor, lookup: Lookup, typed: list[tuple[Any, str]]) -> None:
    account = account_of(vendor)
    plain = urlsplit(lookup.ask(inquiry_of(), account).url)
    members = json.loads(msgspec.json.encode(inquiry_of()))
    for path, text in typed:
        members = replaced(members, path, text)
    ask = settled(lambda: lookup.ask(msgspec.convert(members, Inquiry, strict=False), account))
    if isinstance(ask, VendorFault):
        assert ask.kind == "invalid_input"
        return
    address = urlsplit(ask.url)
    assert (address.scheme, address.netloc, address.fragment) == ("https", plain.netloc, "")
    assert address.path.count("/") == plain.path.count("/")
    assert ask.url.isascii()
    assert not any(character.isspace() or character < " " for character in ask.url)
    for name, value in ask.headers.items():
        assert (name + value).isascii()
        assert (name + value).isprintable()
    assert ask.body is None or ask.body.decode()
    assert lookup.identity(msgspec.convert(members, Inquiry, strict=False), account)
