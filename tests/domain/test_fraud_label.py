"""The fraud label of an order: what confirms, what raises suspicion, what clears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.fraud_label import ABOUT_THE_SALE, Dispute, FraudLabel, label_of

CHARGEBACK = Dispute("chargeback", "lost", "fraudulent")
WON = Dispute("chargeback", "won", "fraudulent")
DISPUTES = st.builds(
    Dispute,
    st.sampled_from(["chargeback", "inquiry", None]),
    st.sampled_from(["won", "lost", "needs_response", "under_review", "accepted", None]),
    st.sampled_from(["fraudulent", "unrecognized", "general", *ABOUT_THE_SALE, None]),
)


@pytest.mark.parametrize(
    ("disputes", "cancelled", "advice", "level", "expected"),
    [
        ([], None, None, None, "legitimate"),
        ([CHARGEBACK], None, "approve", "low", "confirmed"),
        ([Dispute("chargeback", "needs_response", None)], None, None, None, "confirmed"),
        ([Dispute("chargeback", "lost", "product_not_received")], None, None, None, "legitimate"),
        ([Dispute("inquiry", "lost", "fraudulent")], None, None, None, "legitimate"),
        ([WON], None, None, None, "legitimate"),
        ([], "fraud", "approve", "low", "confirmed"),
        ([WON], "fraud", None, None, "confirmed"),
        ([], "customer", "decline", None, "suspected"),
        ([], None, "review", "critical", "suspected"),
        ([], None, "review", "high", "legitimate"),
        ([WON], None, "decline", "critical", "legitimate"),
        ([WON, CHARGEBACK], None, None, None, "confirmed"),
    ],
)
def test_labels(
    disputes: list[Dispute], cancelled: str | None, advice: str | None, level: str | None, expected: str
) -> None:
    label = label_of(disputes, cancelled, advice, level)
    assert label == expected
    assert label.is_fraud == (expected != "legitimate")


@given(st.lists(DISPUTES, max_size=4), st.permutations(range(4)))
def test_the_order_of_disputes_does_not_matter(disputes: list[Dispute], places: list[int]) -> None:
    turned = [disputes[place] for place in places if place < len(disputes)]
    assert label_of(disputes, None, "decline", None) == label_of(turned, None, "decline", None)


@given(st.lists(DISPUTES, max_size=4))
def test_only_scoring_makes_suspects(disputes: list[Dispute]) -> None:
    assert label_of(disputes, None, "approve", "low") is not FraudLabel.SUSPECTED
