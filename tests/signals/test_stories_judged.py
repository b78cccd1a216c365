"""Stories of honest and dishonest buyers, each with the advice a good analyst would give."""

from __future__ import annotations

import pytest

from shopwarden.domain.verdict import Weights
from shopwarden.steps.judge import judge
from tests.signals.buyers import DISHONEST, HONEST, HONEST_UNUSUAL, ORDINARY_VISIT
from tests.signals.fact_rows import Row, facts_from

RATES = [None, 0.005, 0.02]


def by_story(stories: dict[str, Row]):
    return pytest.mark.parametrize("row", stories.values(), ids=stories.keys())


@by_story(HONEST)
@pytest.mark.parametrize("fraud_rate", RATES)
def test_honest_buyers_are_approved(row: Row, fraud_rate: float | None):
    verdict = judge(facts_from({**row, "store.fraud_rate": fraud_rate}), Weights())
    assert (verdict.advice, verdict.score < 30) == ("approve", True), verdict.reasons


@by_story(HONEST_UNUSUAL)
def test_honest_but_unusual_buyers_are_never_declined(row: Row):
    assert judge(facts_from(row), Weights()).advice in ("approve", "review")


@by_story({name: row for name, (row, _) in DISHONEST.items()})
def test_dishonest_buyers_are_stopped(row: Row):
    assert judge(facts_from(row), Weights()).advice in ("review", "decline")


@pytest.mark.parametrize(("row", "advice"), DISHONEST.values(), ids=DISHONEST.keys())
def test_dishonest_buyers_get_the_advice_they_deserve(row: Row, advice: str):
    verdict = judge(facts_from(row), Weights())
    assert verdict.advice == advice, (verdict.score, verdict.reasons)


def test_every_fraud_ranks_above_every_honest_buyer():
    honest = [judge(facts_from(row), Weights()).points for row in {**HONEST, **HONEST_UNUSUAL}.values()]
    dishonest = [judge(facts_from(row), Weights()).points for row, _ in DISHONEST.values()]
    assert min(dishonest) > max(honest)


def test_a_weak_fingerprint_never_convicts():
    crowd = {"h1": 50, "h24": 500, "d7": 5000}
    counts = {f"velocity.{what}_by_device": crowd for what in ("orders", "customers", "emails", "failed_payments")}
    verdict = judge(
        facts_from({**ORDINARY_VISIT, **counts, "device.is_strong": False, "device.seen_in_fraud": True}), Weights()
    )
    assert verdict.points <= 0
    assert {"device.many_customers", "device.seen_in_fraud"} <= {gap.key for gap in verdict.gaps}


def test_shared_addresses_count_less():
    busy = {
        "velocity.customers_by_ip": {"h1": 6, "h24": 9, "d7": 9},
        "velocity.orders_by_ip": {"h1": 8, "h24": 20, "d7": 20},
    }

    def points(**network: object) -> float:
        return judge(facts_from({**busy, **{f"ip.{name}": value for name, value in network.items()}}), Weights()).points

    home, carrier = points(connection_type="Residential"), points(is_mobile=True)
    campus = points(connection_type="Education")
    assert 0 < carrier < campus < home
    assert points(is_vpn=True) < home + 15


def test_a_visit_found_by_address_alone_counts_half():
    row = {"visitor.device_changes": 5, "device.is_automated": True}
    sure, unsure = (judge(facts_from({**row, "joined_by": how}), Weights()) for how in ("session", "ip"))
    assert unsure.points == pytest.approx(sure.points / 2)
