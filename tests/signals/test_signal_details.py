"""Where single signals must hold back: facts that look like an answer and are none."""

from __future__ import annotations

import pytest

from shopwarden.domain.verdict import Weights
from shopwarden.signals.wording import named
from shopwarden.steps.judge import judge
from tests.signals.fact_rows import Row, facts_from

BERLIN = {"ip.timezone": "Europe/Berlin"}
PRICED = {"store.usual_order_value": "50", "order.total": "900"}


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("order.avs", {"order.avs_result": "U"}),
        ("order.avs", {"order.avs_result": "C"}),
        ("order.cvv", {"order.cvv_result": "P"}),
        ("order.platform_risk", {"order.platform_risk": "pending"}),
        ("order.above_usual", {**PRICED, "order.currency": "JPY"}),
        ("order.above_usual", {**PRICED, "store.usual_order_value": "0"}),
        ("order.above_usual", {**PRICED, "order.total": "NaN"}),
        ("device.timezone", {**BERLIN, "device.timezone": "UTC"}),
        ("device.timezone", {**BERLIN, "device.timezone": "Mars/Olympus"}),
        ("device.timezone", {**BERLIN, "device.timezone": "../../etc/passwd"}),
        ("device.timezone", {**BERLIN, "device.timezone": "a\0b"}),
        ("device.timezone", {**BERLIN, "device.timezone": "x" * 10_000}),
        ("device.seen_in_fraud", {"device.is_strong": False, "device.seen_in_fraud": True}),
    ],
)
def test_what_is_no_answer_is_a_gap(key: str, row: Row):
    verdict = judge(facts_from(row), Weights())
    assert key in {gap.key for gap in verdict.gaps}
    assert key not in {reason.key for reason in verdict.reasons}


def points_of(key: str, row: Row) -> float:
    return next((reason.points for reason in judge(facts_from(row), Weights()).reasons if reason.key == key), 0.0)


@pytest.mark.parametrize(
    ("key", "path", "values"),
    [
        ("order.cards_tried", "order.distinct_cards_tried", [2, 3, 4, 5]),
        ("order.gift_cards", "order.gift_card_share", [0.2, 0.5, 0.8]),
        ("ip.impossible_travel", "visitor.fastest_travel_kmh", [900, 1500, 2500]),
        ("order.past_disputes", "customer.disputes", [0, 1, 2]),
        ("email.random", "email.randomness", [0.6, 0.8, 0.95]),
    ],
)
def test_more_of_it_weighs_more(key: str, path: str, values: list[float]):
    weighed = [points_of(key, {path: value}) for value in values]
    assert weighed == sorted(set(weighed))


def test_trust_in_an_account_goes_to_its_owner_only():
    account = {"customer.seasoned_orders": 9}
    owner = points_of("trust.seasoned_orders", {**account, "customer.known_device": True})
    nobody_knows = points_of("trust.seasoned_orders", account)
    stranger = {"customer.known_device": False, "customer.known_ip": False, "customer.known_shipping_address": False}
    assert owner < nobody_knows < points_of("trust.seasoned_orders", {**account, **stranger}) == 0


def test_a_known_relay_explains_a_far_away_address():
    far = {"ip.country": "NL", "order.billing.country": "DE"}
    assert 0 < points_of("ip.billing_country", {**far, "ip.is_vpn": True}) < points_of("ip.billing_country", far)


def test_no_history_outweighs_hard_evidence():
    best = {
        "customer.seasoned_orders": 500, "customer.known_device": True, "customer.known_shipping_address": True,
        "customer.known_ip": True, "customer.ip_known_days": 900, "customer.created_at": "2015-01-01T00:00:00Z",
        "customer.status": "vip", "customer.email_verified": True, "customer.phone_verified": True,
    }  # fmt: skip
    assert judge(facts_from(best), Weights()).points == pytest.approx(-40)
    testing = {
        "order.failed_payments": 20, "order.distinct_cards_tried": 9, "visitor.failed_payments_1h": 20,
        "velocity.cards_by_email": {"h1": 9, "h24": 9, "d7": 9},
    }  # fmt: skip
    assert judge(facts_from({**best, **testing}), Weights()).advice != "approve"


@pytest.mark.parametrize("name", ["x" * 10_000, "a\nb\r\n c", "", None])
def test_names_from_outside_stay_one_short_line(name: str | None):
    assert 0 < len(named(name)) <= 60
    assert "\n" not in named(name)
