"""What vendors may do to a score, and which of them decided it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from shopwarden.domain.answers import IpAnswer, PersonAnswer, RiskAnswer, VendorFacts
from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import Policy
from shopwarden.domain.verdict import Weights, decision_changed
from shopwarden.steps.judge import judge
from shopwarden.steps.settled import Known, Settled, vendor_facts
from shopwarden.steps.swings import Open, deciders, weigh, with_vendors
from tests.signals.fact_rows import facts_from

AT = datetime(2026, 3, 1, tzinfo=UTC)
ORDER = {"order.total": "400", "order.currency": "USD", "ip.is_vpn": False, "ip.is_tor": False, "store.currency": "USD"}
STRONG = Weights(points={"vendor.maxmind_minfraud": 70.0, "vendor.sift_score": 1.0})


def opened(key: str, subject: str, price: str = "0.01") -> Open:
    return Open(key, key, subject, Decimal(price), "worthwhile")


def test_a_look_up_reaches_the_signals_that_read_it_and_those_whose_facts_it_fills():
    (ip, person), outlook = weigh(
        facts_from(ORDER), Weights(), [opened("ipqualityscore.ip", "ip"), opened("x.person", "person")]
    )
    points = outlook.points
    assert ip.up >= 20 + 15 + 18
    assert (person.up, person.down) == (0, 0)
    assert outlook.highest > points >= outlook.lowest
    assert outlook.stake == 400


def test_what_a_look_up_can_not_change_does_not_count_for_it():
    facts = facts_from({**ORDER, "ip.is_vpn": True})
    (full,), _ = weigh(facts, Weights(), [opened("ipqualityscore.ip", "ip")])
    (open_,), _ = weigh(facts_from(ORDER), Weights(), [opened("ipqualityscore.ip", "ip")])
    assert open_.up - full.up == pytest.approx(15)


def test_a_new_vendor_is_reached_by_the_signal_for_all_others():
    (risk,), _ = weigh(facts_from(ORDER), Weights(), [opened("newcomer.order", "risk")])
    assert risk.up == 15


def test_only_the_answer_without_which_the_advice_differs_decided():
    offline = facts_from(ORDER)
    vendor = VendorFacts(risk={"maxmind.minfraud": RiskAnswer(score=80), "sift.score": RiskAnswer(score=95)})
    advice = judge(with_vendors(offline, vendor), STRONG).advice
    assert advice != judge(offline, STRONG).advice
    assert deciders(offline, vendor, advice, Policy(weights=STRONG)) == ("maxmind.minfraud",)


def test_where_two_say_the_same_neither_decided_alone():
    weights = Weights(points={"vendor.maxmind_minfraud": 90.0, "vendor.sift_score": 90.0})
    vendor = VendorFacts(risk={"maxmind.minfraud": RiskAnswer(score=80), "sift.score": RiskAnswer(score=95)})
    offline = facts_from(ORDER)
    assert deciders(offline, vendor, judge(with_vendors(offline, vendor), weights).advice, Policy(weights=weights)) == ()
    assert deciders(offline, None, "approve", Policy(weights=weights)) == ()


def test_nothing_of_a_person_reaches_the_facts():
    person = PersonAnswer(
        full_name="Mary Stone", income_range="150k+", gender="female", city="Paris", marital_status="married"
    )
    settled = Settled(answers={
        "peopledatalabs.person": Known(answers=(person,), at=AT),
        "ipqualityscore.ip": Known(answers=(IpAnswer(is_vpn=True),), at=AT),
    })  # fmt: skip
    facts = with_vendors(facts_from(ORDER), vendor_facts(settled))
    text = msgspec.json.encode(facts).decode()
    assert not [word for word in ("Mary", "150k", "female", "Paris", "married") if word in text]
    assert facts.ip is not None
    assert facts.ip.is_vpn
    assert not {"person", "PersonAnswer"} & set(VendorFacts.__struct_fields__)
    assert msgspec.json.decode(text.encode(), type=Facts) == facts


def test_only_another_advice_is_a_change():
    assert decision_changed("approve", "decline") == "approve"
    assert decision_changed("approve", "approve") is None
    assert decision_changed(None, "approve") is None
