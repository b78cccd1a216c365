"""What an order turned out to be, as far as is known: confirmed fraud, suspected fraud or legitimate.

Confirmed: the shop cancelled it as fraud, or a chargeback stands against it that was not won and is not about the goods or
the bill. Suspected: advice `decline` or risk `critical`, unless a dispute over it was won. Everything else with an order is
legitimate so far. An inquiry is a question, not a claim, and confirms nothing. `store/fraud_sql.py` says the same in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class FraudLabel(StrEnum):
    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    LEGITIMATE = "legitimate"

    @property
    def is_fraud(self) -> bool:
        """Of the fraud segment: confirmed or suspected."""
        return self is not FraudLabel.LEGITIMATE


class Dispute(msgspec.Struct, frozen=True):
    """As the shop tells it: kind `chargeback` or `inquiry`; status `won`, `lost`, `needs_response` and others; reason.

    A kind or reason that is not told counts as a chargeback for fraud: that is what most chargebacks are.
    """

    kind: str | None
    status: str | None
    reason: str | None


INQUIRY, WON, CANCELLED_AS_FRAUD = "inquiry", "won", "fraud"
DECLINE, CRITICAL = "decline", "critical"

# Reasons of card networks, in Shopify's words, that complain of the shop or its billing and not of a stranger's order.
ABOUT_THE_SALE = (
    "bank_cannot_process",
    "credit_not_processed",
    "duplicate",
    "incorrect_account_details",
    "insufficient_funds",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
)


def confirms(dispute: Dispute) -> bool:
    """Whether this dispute alone makes its order confirmed fraud."""
    return dispute.kind != INQUIRY and dispute.status != WON and dispute.reason not in ABOUT_THE_SALE


def label_of(
    disputes: Iterable[Dispute], cancel_reason: str | None, advice: str | None, risk_level: str | None
) -> FraudLabel:
    """The label of an order from all its disputes, why it was cancelled, and what scoring said last."""
    told = tuple(disputes)
    if cancel_reason == CANCELLED_AS_FRAUD or any(map(confirms, told)):
        return FraudLabel.CONFIRMED
    if (advice == DECLINE or risk_level == CRITICAL) and not any(dispute.status == WON for dispute in told):
        return FraudLabel.SUSPECTED
    return FraudLabel.LEGITIMATE
