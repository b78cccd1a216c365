"""What connected and unconnected vendors do to a verdict."""

from __future__ import annotations

import pytest

from shopwarden.contracts.signal import OTHER_LOOKUPS
from shopwarden.domain.verdict import Weights
from shopwarden.signals import find_signals
from shopwarden.signals.vendor import by_odds
from shopwarden.steps.judge import judge
from tests.signals.fact_rows import facts_from

LOOKUPS = [signal.lookup for signal in find_signals() if signal.lookup and signal.lookup != OTHER_LOOKUPS]


def test_vendors_that_are_not_connected_leave_neither_reasons_nor_gaps():
    verdict = judge(facts_from({}), Weights())
    assert not [gap for gap in verdict.gaps if gap.key.startswith("vendor.")]
    assert judge(facts_from({"vendor.made_up": False}), Weights()) == verdict


def test_a_connected_vendor_that_gave_nothing_is_a_gap_in_words_and_widens_the_band():
    owed = {key: {"kind": "timeout", "sentence": f"{key} did not answer in time."} for key in LOOKUPS}
    verdict = judge(facts_from({"vendor.missing": owed}), Weights())
    gaps = {gap.missing: gap.why for gap in verdict.gaps if gap.key.startswith("vendor.")}
    assert gaps == {(f"vendor.{key}",): f"{key} did not answer in time." for key in LOOKUPS}
    alone = Weights(points={signal.key: 0.0 for signal in find_signals() if not signal.lookup})
    assert judge(facts_from({"vendor.missing": owed}), alone).band.high > judge(facts_from({}), alone).band.high


def test_who_was_asked_and_knows_nobody_is_no_gap():
    verdict = judge(facts_from({"vendor.answered_at": {"sift.score": "2026-03-01T12:00:00Z"}}), Weights())
    assert not [gap for gap in verdict.gaps if gap.key.startswith("vendor.")]


def test_answers_without_a_score_are_gaps_not_zeros():
    verdict = judge(facts_from({"vendor.ip": {"ipqualityscore.ip": {"is_vpn": False}}}), Weights())
    assert "vendor.ipqualityscore_ip" in {gap.key for gap in verdict.gaps}


def test_one_bad_address_told_by_three_does_not_convict():
    row = {
        "ip.recent_abuse": True,
        "vendor.ip": {"ipqualityscore.ip": {"fraud_score": 100}, "maxmind.insights": {"fraud_score": 99}},
    }
    verdict = judge(facts_from(row), Weights())
    assert verdict.points <= 26
    assert verdict.advice == "approve"


def test_made_up_answers_mark_the_verdict():
    row = {"vendor.risk": {"sift.score": {"score": 90}}}
    assert not judge(facts_from(row), Weights()).made_up
    assert judge(facts_from({**row, "vendor.made_up": True}), Weights()).made_up


@pytest.mark.parametrize(("opinion", "said"), [("decline", True), ("review", True), ("approve", False)])
def test_what_was_decided_at_sift_outweighs_its_score(opinion: str, said: bool):
    verdict = judge(
        facts_from({"vendor.risk": {"sift.score": {"score": 99 if not said else 1, "opinion": opinion}}}), Weights()
    )
    reasons = {reason.key: reason.sentence for reason in verdict.reasons}
    assert reasons.get("vendor.sift_score") == (f"It was decided at Sift to {opinion}." if said else None)


def test_odds_grow_evenly():
    assert by_odds(1, 50) == 0
    assert by_odds(50, 50) == 1
    assert 0 < by_odds(5, 50) < by_odds(20, 50) < 1
    assert by_odds(0, 50) == 0
    assert by_odds(100, 50) == 1
