"""A minFraud request always has the vendor's form, however odd and large the order is."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.events import Card
from shopwarden.domain.inquiry import AskedItem
from shopwarden.domain.observation import Address
from shopwarden.vendors.minfraud_request import LARGEST, request_body
from tests.vendors.recorded import inquiry_of

TEXTS = st.none() | st.text(max_size=40) | st.text("ü€😀", min_size=200, max_size=2000)
ADDRESSES = st.none() | st.builds(
    Address, first_name=TEXTS, company=TEXTS, address_line1=TEXTS, address_line2=TEXTS, city=TEXTS, state_province=TEXTS,
    country_code=TEXTS | st.sampled_from(["GB", "US"]), postal_code=TEXTS, phone=TEXTS,
)  # fmt: skip
MONEY = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**14), max_value=10**14)
ITEMS = st.lists(st.builds(AskedItem, id=TEXTS, title=TEXTS, quantity=st.integers(-5, 10**6), price=MONEY), max_size=5)
CARDS = st.builds(
    Card, key=TEXTS | st.just("4111111111111111"), bin=TEXTS | st.from_regex(r"\A\d{4,10}\Z"), last4=TEXTS, avs=TEXTS
)


@given(billing=ADDRESSES, shipping=ADDRESSES, items=ITEMS, times=st.integers(1, 400), card=CARDS, total=MONEY, text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_any_order_makes_a_request_the_vendor_takes(billing, shipping, items, times, card, total, text) -> None:
    whole = inquiry_of()
    assert whole.order is not None
    order = msgspec.structs.replace(
        whole.order, billing=billing, shipping=shipping, items=tuple(items * times), card=card, total=total,
        currency=text, gateway=text, referring_site=text, discount_codes=(text,) if text else (),
    )  # fmt: skip
    inquiry = msgspec.structs.replace(whole, user_agent=text, session_id=text, order=order)
    body = request_body(inquiry, order)
    assert len(body) <= LARGEST
    request = json.loads(body)
    assert request["event"]["transaction_id"] == "5001"
    for part in ("billing", "shipping"):
        country = request.get(part, {}).get("country")
        assert country is None or re.fullmatch("[A-Z]{2}", country)
    card_sent = request.get("credit_card", {})
    assert len(card_sent.get("issuer_id_number", "123456")) in (6, 8)
    assert "4111111111111111" not in body.decode()
    assert all(item and item.get("price", 0) >= 0 for item in request.get("shopping_cart", []))
    assert request.get("order", {}).get("amount", 0) >= 0


def test_as_much_of_the_cart_goes_along_as_there_is_room_for() -> None:
    whole = inquiry_of()
    assert whole.order is not None
    item = AskedItem(id="a" * 200, category="b" * 200, price=Decimal(1))
    sent = json.loads(request_body(whole, msgspec.structs.replace(whole.order, items=(item,) * 100)))
    assert 20 <= len(sent["shopping_cart"]) < 100
    assert sent["billing"]["address"] == "12 Mill Lane"
