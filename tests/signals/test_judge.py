"""What the judge promises beyond the sums: gaps for broken signals, overrides that are never silent, versions, speed."""

from __future__ import annotations

import pytest

from shopwarden import __version__
from shopwarden.contracts.signal import Signal
from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import Weights
from shopwarden.signals.panel import seat_panel
from shopwarden.steps.judge import judge, judge_by
from tests.signals.fact_rows import facts_from


def signal(key: str, test, reason=lambda _: "It did.") -> Signal:
    return Signal(key=key, part="ip", points=10, needs=("ip.address",), test=test, reason=reason)


def explode(_: Facts) -> bool:
    raise ZeroDivisionError("a signal's own fault")


def test_a_broken_signal_is_a_gap_and_the_others_still_speak():
    panel = seat_panel(
        [
            signal("ip.bad_test", explode),
            signal("ip.bad_reason", lambda _: True, explode),
            signal("ip.cannot_tell", lambda _: None),
            signal("ip.not_a_number", lambda _: float("nan")),
            signal("ip.good", lambda _: 5.0),
            signal("ip.below_zero", lambda _: -3.0),
        ],
        [],
    )
    verdict = judge_by(panel, facts_from({"ip.is_vpn": False}), Weights())
    assert [(reason.key, reason.points) for reason in verdict.reasons] == [("ip.good", 10)]
    assert [gap.key for gap in verdict.gaps] == ["ip.bad_reason", "ip.bad_test", "ip.cannot_tell", "ip.not_a_number"]


def test_nothing_known_says_nothing_and_lists_everything():
    verdict = judge(facts_from({}), Weights(version=7))
    assert (verdict.score, verdict.points, verdict.advice, verdict.reasons) == (1, 0, "approve", ())
    assert len(verdict.gaps) > 90
    assert (verdict.weights_version, verdict.code_version) == (7, __version__)
    assert verdict.at == facts_from({}).at


def test_without_an_order_its_questions_are_gaps_but_leave_the_band_alone():
    order_only = dict.fromkeys((gap.key for gap in judge(facts_from({}), Weights()).gaps), 0.0)
    del order_only["order.cvv"]
    verdict = judge(facts_from({}), Weights(points=order_only))
    assert [gap.key for gap in verdict.gaps] == ["order.cvv"]
    assert (verdict.band.low, verdict.band.high) == (1, 1)
    with_order = judge(facts_from({"order.total": "1"}), Weights(points=order_only))
    assert with_order.band.high > 1


@pytest.mark.parametrize(("row", "was"), [({}, "approve"), ({"device.seen_in_fraud": True, "device.is_strong": True,
                                           "ip.is_tor": True}, "decline")])  # fmt: skip
def test_a_blocked_customer_is_declined_and_the_verdict_says_so(row, was: str):
    verdict = judge(facts_from({**row, "customer.is_blocked": True}), Weights())
    assert verdict.advice == "decline"
    (override,) = verdict.overrides
    assert (override.by, override.was, override.now) == ("customer.blocked", was, "decline")
    assert judge(facts_from(row), Weights()).score == verdict.score


def test_a_vip_gains_trust_but_overrides_nothing():
    verdict = judge(facts_from({"customer.status": "vip", "device.seen_in_fraud": True, "device.is_strong": True,
                                "ip.is_tor": True, "email.is_disposable": True}), Weights())  # fmt: skip
    assert verdict.advice != "approve"
    assert verdict.overrides == ()
    assert "trust.vip" in {reason.key for reason in verdict.reasons}


def test_the_stores_fraud_rate_moves_the_score_and_not_the_points():
    calm, troubled = (judge(facts_from({"ip.is_tor": True, "store.fraud_rate": rate}), Weights()) for rate in (0.001, 0.05))
    assert calm.points == troubled.points
    assert calm.score < troubled.score
