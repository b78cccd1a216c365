"""Questions to vendors from our rows: what scoring looks at first, nothing private, nothing absurd."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.ids import CustomerId, OrderId, new_id
from shopwarden.steps.inquiries import Sight, asked_item, inquiry_of
from shopwarden.steps.vendor_view import check_seconds
from shopwarden.store.asked_rows import AskedCustomerRow, AskedRows, SeenIp
from shopwarden.store.facts_rows import OrderRow

AT = datetime(2026, 3, 1, tzinfo=UTC)
PUBLIC, OTHER, PRIVATE = "81.2.69.142", "81.2.69.160", "10.0.0.7"
CUSTOMER = AskedCustomerRow(id=CustomerId(new_id()), email="mary@example.com", phone="+15035550142", first_name="Mary")


def order(**more: object) -> OrderRow:
    return OrderRow(id=OrderId(new_id()), external_id="1", source="shopify", created_at=AT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "ips", "asked"),
    [
        (PUBLIC, (OTHER,), PUBLIC),
        (PRIVATE, (OTHER,), None),
        (None, (PRIVATE, OTHER, PUBLIC), OTHER),
        (None, (PRIVATE, "127.0.0.1", "fe80::1"), None),
        (None, (), None),
    ],
)
def test_the_address_that_is_scored_is_asked_about_and_never_a_private_one(seen, ips, asked):
    rows = AskedRows(customer=CUSTOMER, ips=tuple(SeenIp(ip_address=ip, user_agent="UA") for ip in ips))
    assert inquiry_of(AT, None, rows, Sight(ip=seen)).ip == asked


def test_what_the_order_lacks_is_the_customers():
    inquiry = inquiry_of(AT, order(total=Decimal("9.90"), currency="USD"), AskedRows(customer=CUSTOMER), Sight())
    assert (inquiry.email, inquiry.phone, inquiry.first_name) == ("mary@example.com", "+15035550142", "Mary")
    assert inquiry.order is not None
    assert (inquiry.order.id, inquiry.order.total) == ("1", Decimal("9.90"))
    assert inquiry_of(AT, None, AskedRows(customer=CUSTOMER), Sight(email="other@example.com")).email == "other@example.com"


def test_addresses_that_name_no_place_are_left_out():
    inquiry = inquiry_of(
        AT, order(billing_address={"first_name": "M"}, shipping_address={"city": "Oslo"}), AskedRows(), Sight()
    )
    assert inquiry.address is not None
    assert inquiry.address.city == "Oslo"
    assert inquiry.order is not None
    assert inquiry.order.billing is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda one: st.lists(one, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(["title", "name", "price", "quantity", "vendor", "gift_card", "requires_shipping", "id"]),
        json_values,
    )
)
def test_any_line_item_becomes_one_to_ask_by(stated):
    item = asked_item(stated)
    assert item.quantity >= 0
    assert item.price is None or item.price.is_finite()


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [(None, 0.8), (0, 0), (300, 0.3), (-1, 0.8), (10**9, 0.8), ("fast", 0.8), (True, 0.8), (float("nan"), 0.8)],
)
def test_how_long_a_check_may_wait(stated, seconds):
    assert check_seconds({"check_deadline_ms": stated}) == seconds
