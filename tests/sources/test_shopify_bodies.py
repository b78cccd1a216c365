"""What Shopify's bodies mean, whatever state they are in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

from shopwarden.domain.events import CheckoutSeen, CustomerSeen, DomainEvent, OrderSeen, PaymentAttempted, RefundSeen
from shopwarden.errors import SkipError
from shopwarden.sources.shopify import translate
from tests.sources.shopify_bodies import body_of

AT = datetime(2026, 3, 1, tzinfo=UTC)


def read(topic: str, body: dict[str, Any] | bytes, at: datetime | None = AT) -> DomainEvent:
    return translate(topic, body if isinstance(body, bytes) else json.dumps(body).encode(), at)[0]


def order(**changes: Any) -> OrderSeen:
    event = read("orders/create", body_of("order", **changes))
    assert isinstance(event, OrderSeen)
    return event


def customer(**changes: Any) -> Any:
    event = read("customers/update", {"id": 5, "updated_at": "2026-02-01T00:00:00Z", **changes})
    assert isinstance(event, CustomerSeen)
    return event.customer


def test_a_captured_order_is_read_whole() -> None:
    read_order = order()
    assert (read_order.external_id, read_order.name, read_order.customer_external_id) == ("450789469", "#1001", "207119551")
    assert (read_order.total, read_order.currency, read_order.item_count) == (Decimal("409.94"), "USD", 3)
    assert read_order.created_at == datetime(2008, 1, 10, 16, tzinfo=UTC)
    assert read_order.shipping_address is not None
    assert read_order.shipping_address.country_code == "US"
    assert read_order.card.last4 == "4242"
    assert read_order.card.key is None, "four digits stand for ten thousand cards, not for one"


def test_nothing_but_an_id_is_still_an_order() -> None:
    event = read("orders/create", {"id": "gid://shopify/Order/7"})
    assert isinstance(event, OrderSeen)
    assert (event.external_id, event.created_at, event.customer, event.total) == ("7", AT, None, None)


@pytest.mark.parametrize("total", [-1, "-0.01", "abc", "NaN", "Infinity", "1e400", None, True, [], 10**15])
def test_money_that_is_none_is_unknown(total: object) -> None:
    assert order(total_price=total).total is None


@pytest.mark.parametrize("total", ["409.94", 409.94, {"amount": "409.940", "currency_code": "USD"}])
def test_money_comes_in_several_types(total: object) -> None:
    assert order(total_price=total).total == Decimal("409.94")


@pytest.mark.parametrize(
    "moment", ["1899-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", 1e300, "x", ""]
)
def test_times_nobody_can_believe_are_not_believed(moment: object) -> None:
    read_order = order(created_at=moment, updated_at=moment, cancelled_at=moment)
    assert (read_order.created_at, read_order.updated_at, read_order.cancelled_at) == (AT, AT, None)
    assert read_order.version.startswith("2026-03-01T00:00:00.000000Z|"), "a version from the future would win for ever"


def test_a_card_with_a_bin_has_a_key_that_is_no_number() -> None:
    details = {"credit_card_bin": "424242", "credit_card_number": "•••• •••• •••• 4242", "avs_result_code": "Y"}
    card = order(payment_details=details).card
    assert card.key is not None
    assert "4242" not in (card.key or "")[:6]
    assert card == order(payment_details={**details, "credit_card_company": "Visa"}).card.__class__(
        key=card.key, bin="424242", last4="4242", avs="Y"
    )


@pytest.mark.parametrize("missing", ["client_details", "payment_details", "customer", "billing_address", "line_items"])
def test_any_part_may_be_null(missing: str) -> None:
    assert order(**{missing: None}).external_id == "450789469"


def test_a_buyer_without_a_customer_is_known_by_the_orders_own_address() -> None:
    guest = order(customer=None).customer
    assert guest is not None
    assert (guest.shopify_id, guest.email, guest.first_name) == (None, "bob.norman@hostmail.com", "Bob")


def test_ten_thousand_characters_are_cut_and_nul_bytes_dropped() -> None:
    seen = customer(first_name="A" * 10_000, last_name="\0O\0x", note="n\0")
    assert (len(seen.first_name), seen.last_name, seen.notes) == (100, "Ox", "n")


@pytest.mark.parametrize("tags", ["b, a ,a", ["a", "b", "a"]])
def test_tags_are_text_or_a_list(tags: object) -> None:
    assert customer(tags=tags).tags == ("a", "b")


def test_what_is_not_said_takes_nothing_away_and_null_does() -> None:
    said, unsaid = customer(email=None, first_name=None), customer()
    assert (said.email, said.first_name) == (None, None)
    assert (unsaid.email, unsaid.first_name, unsaid.tags, unsaid.addresses) == (UNSET, UNSET, UNSET, UNSET)
    assert customer(email="not an address").email is UNSET


def test_the_default_address_is_found_wherever_it_is() -> None:
    home = {"address1": "1 Main St", "city": "Ottawa", "country_code": "CA", "zip": "K1A 0B1"}
    for given in (
        {"default_address": home},
        {"addresses": [home], "default_address": home},
        {"addresses": [{**home, "default": True}]},
    ):
        listed = customer(**given).addresses
        assert [(one.city, one.is_default) for one in listed] == [("Ottawa", True)]


def test_half_a_character_costs_only_itself() -> None:
    event = read("customers/update", b'{"id": 5, "first_name": "A\\ud800nn", "last_name": "B\xff"}')
    assert isinstance(event, CustomerSeen)
    assert str(event.customer.first_name).startswith("A")


@pytest.mark.parametrize(
    ("kind", "status", "meant"),
    [("sale", "success", "succeeded"), ("authorization", "failure", "failed"), ("sale", "error", "failed")],
)
def test_transactions_are_payment_attempts(kind: str, status: str, meant: str) -> None:
    event = read("order_transactions/create", body_of("transaction", kind=kind, status=status))
    assert isinstance(event, PaymentAttempted)
    assert (event.status, event.order_external_id) == (meant, "450789469")


@pytest.mark.parametrize("kind", ["capture", "void", "refund"])
def test_what_moves_money_later_is_no_attempt(kind: str) -> None:
    assert translate("order_transactions/create", json.dumps(body_of("transaction", kind=kind)).encode(), AT) == ()


def test_a_refund_is_the_same_from_its_own_topic_and_from_its_order() -> None:
    own = read("refunds/create", body_of("refund"))
    _, within = translate("orders/updated", json.dumps(body_of("order", refunds=[body_of("refund")])).encode(), AT)
    assert isinstance(own, RefundSeen)
    assert own == within
    assert own.amount == Decimal("209.00")


def test_our_own_risk_assessment_is_no_news() -> None:
    told = {"order_id": 1, "risk_level": "HIGH", "provider_title": "Shopwarden"}
    assert translate("orders/risk_assessment_changed", json.dumps(told).encode(), AT) == ()


@pytest.mark.parametrize(
    ("topic", "body"),
    [("orders/create", {}), ("checkouts/create", {"id": 1}), ("carts/create", {}), ("customers/update", {"note": "x"}),
     ("customers/delete", {}), ("refunds/create", {"id": 1}), ("disputes/create", {}),
     ("customer.tags_added", {"tags": "a"})],
)  # fmt: skip
def test_a_body_without_what_it_is_about_is_refused(topic: str, body: dict[str, Any]) -> None:
    with pytest.raises(SkipError):
        read(topic, body)


def test_a_captured_checkout_is_read_whole() -> None:
    event = read("checkouts/create", body_of("abandoned_checkout_2026_07"))
    assert isinstance(event, CheckoutSeen)
    assert (event.total, event.email) == (Decimal("379.69"), "bob.norman@mail.example.com")
    assert event.customer is not None
    assert event.customer.phone == "+16136120707"
