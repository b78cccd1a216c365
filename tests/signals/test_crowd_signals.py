"""A crowd is not one person: what an office, a campus or a common phone brings is no burst, and a card tester's is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.verdict import Weights
from shopwarden.signals.grading import households
from shopwarden.steps.judge import judge
from tests.signals.fact_rows import facts_from

Counted = Mapping[str, int]
OFFICE = 40
# Forty colleagues order five times an hour, eight hours a day, five days a week; two payments in a hundred are refused.
OFFICE_HOURS = {"h1": 5, "h24": 40, "d7": 200}
OFFICE_PEOPLE = {"h1": 5, "h24": 30, "d7": 40}
OFFICE_REFUSALS = {"h1": 0, "h24": 1, "d7": 4}
# Thirty stolen cards within the hour, most of them refused.
TESTING = {"h1": 30, "h24": 30, "d7": 30}
SHARED = ("velocity.", "device.many", "device.seen_in_fraud")


def points(row: Mapping[str, object]) -> dict[str, float]:
    reasons = judge(facts_from(row), Weights()).reasons
    return {reason.key: reason.points for reason in reasons if reason.key.startswith(SHARED)}


def on_ip(orders: Counted, people: Counted, refused: Counted, crowd: int | None) -> dict[str, object]:
    return {
        "ip.is_mobile": False, "crowd.ip": crowd, "velocity.orders_by_ip": orders, "velocity.customers_by_ip": people,
        "velocity.emails_by_ip": people, "velocity.cards_by_ip": people, "velocity.failed_payments_by_ip": refused,
    }  # fmt: skip


def test_an_office_of_forty_calm_customers_is_quiet() -> None:
    assert points(on_ip(OFFICE_HOURS, OFFICE_PEOPLE, OFFICE_REFUSALS, OFFICE)) == {}


def test_the_same_traffic_from_one_household_is_not() -> None:
    said = points(on_ip(OFFICE_HOURS, OFFICE_PEOPLE, OFFICE_REFUSALS, 2))
    assert {"velocity.orders_by_ip", "velocity.customers_by_ip", "velocity.cards_by_ip"} <= said.keys()


@pytest.mark.parametrize("crowd", [0, None])
def test_thirty_fresh_visitors_on_a_fresh_address_fire_in_full(crowd: int | None) -> None:
    said = points(on_ip(TESTING, TESTING, TESTING, crowd))
    assert said["velocity.failed_payments_by_ip"] >= 30
    assert "velocity.customers_by_ip" in said


def test_a_card_tester_inside_an_office_is_still_told_by_the_refusals() -> None:
    refused = {"h1": 30, "h24": 31, "d7": 34}
    assert "velocity.failed_payments_by_ip" in points(on_ip(OFFICE_HOURS, OFFICE_PEOPLE, refused, OFFICE))


def test_a_common_phone_is_not_one_person() -> None:
    owners = {"h1": 2, "h24": 9, "d7": 40}
    phone = {
        "device.is_strong": True, "device.seen_in_fraud": True, "velocity.customers_by_device": owners,
        "velocity.emails_by_device": owners, "velocity.orders_by_device": owners,
    }  # fmt: skip
    alone, common = points({**phone, "crowd.device": 1}), points({**phone, "crowd.device": 200})
    assert alone.keys() >= {"device.many_customers", "device.many_emails", "device.seen_in_fraud"}
    assert common.keys() == {"device.seen_in_fraud"}
    assert common["device.seen_in_fraud"] < 1 < alone["device.seen_in_fraud"]


def test_a_dormitory_is_not_a_drop_address() -> None:
    rooms = {"h1": 0, "h24": 3, "d7": 12}
    place = {f"velocity.{thing}_by_address": rooms for thing in ("orders", "customers", "emails")}
    assert "velocity.customers_by_address" in points({**place, "crowd.address": 0})
    assert points({**place, "crowd.address": 60}) == {}


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 300), st.integers(0, 300))
def test_more_people_never_make_an_address_more_suspicious(orders: int, refused: int, people: int, more: int) -> None:
    counts, refusals = {"h1": orders, "h24": orders, "d7": orders}, {"h1": refused, "h24": refused, "d7": refused}
    few = judge(facts_from(on_ip(counts, counts, refusals, people)), Weights()).points
    many = judge(facts_from(on_ip(counts, counts, refusals, people + more)), Weights()).points
    assert many <= few + 1e-9


@given(st.integers(0, 10**6) | st.none())
def test_a_crowd_that_is_unknown_or_small_is_one_household(people: int | None) -> None:
    assert households(people) >= 1
    assert (households(people) == 1) == (people is None or people <= 3)


def test_being_on_an_address_of_many_is_no_mark_of_the_owner() -> None:
    account = {
        "customer.seasoned_orders": 9, "customer.known_device": False, "customer.known_shipping_address": False,
        "customer.known_ip": True,
    }  # fmt: skip

    def trust(crowd: int) -> float:
        reasons = judge(facts_from({**account, "crowd.ip": crowd}), Weights()).reasons
        return -sum(reason.points for reason in reasons if reason.key == "trust.seasoned_orders")

    assert trust(2) > trust(400) >= 0
