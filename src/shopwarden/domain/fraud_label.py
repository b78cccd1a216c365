"""What an order turned out to be, as known at a time: confirmed fraud, suspected fraud or legitimate.

What somebody said of it decides first (`standing`). Where nobody did, the shop's own rows do. Confirmed: the shop cancelled
it as fraud, or a chargeback stands against it that was not won and is not about the goods or the bill. Suspected: advice
`decline` or risk `critical`, unless a dispute over it was won. Every other order is legitimate so far. An inquiry is a
question, not a claim, and confirms nothing. `store/fraud_sql.py` says the same in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from shopwarden.domain.label import LabelName, LabelSource


class FraudLabel(StrEnum):
    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    LEGITIMATE = "legitimate"

    @property
    def is_fraud(self) -> bool:
        """Of the fraud segment: confirmed or suspected."""
        return self is not FraudLabel.LEGITIMATE


class ToldLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A label of one order, with when it was known and, if so, withdrawn."""

    id: UUID
    label: LabelName
    source: LabelSource
    known_at: datetime
    withdrawn_at: datetime | None = None

    def is_known(self, at: datetime) -> bool:
        return self.known_at <= at and (self.withdrawn_at is None or self.withdrawn_at > at)


TOLD_BY_HAND: tuple[LabelSource, ...] = ("analyst", "api", "import")
OUTCOMES: tuple[LabelSource, ...] = ("dispute", "refund", "cancellation")


def rank(label: ToldLabel) -> int:
    """0 for a person's word and for an outcome that means fraud, 2 for silence past the chargeback window, else 1."""
    if label.source in TOLD_BY_HAND or (label.source in OUTCOMES and label.label == "fraud"):
        return 0
    return 2 if label.source == "delivered" else 1


def standing(labels: Iterable[ToldLabel], at: datetime) -> ToldLabel | None:
    """The label that counts at `at`: of those known by then the lowest rank, within it the one known last.

    So an analyst's word stands against all that was known when it was given; a chargeback that comes after it stands
    against it; that a bank took a claim back says less than a person who says fraud.
    """
    known = [label for label in labels if label.is_known(at)]
    return min(known, key=lambda label: (rank(label), -label.known_at.timestamp(), -label.id.int), default=None)


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
    disputes: Iterable[Dispute],
    cancel_reason: str | None,
    advice: str | None,
    risk_level: str | None,
    told: LabelName | None = None,
) -> FraudLabel:
    """The label of an order from what was told of it (`standing`), all its disputes, why it was cancelled, and what scoring
    said last."""
    if told is not None:
        return FraudLabel.CONFIRMED if told == "fraud" else FraudLabel.LEGITIMATE
    heard = tuple(disputes)
    if cancel_reason == CANCELLED_AS_FRAUD or any(map(confirms, heard)):
        return FraudLabel.CONFIRMED
    if (advice == DECLINE or risk_level == CRITICAL) and not any(dispute.status == WON for dispute in heard):
        return FraudLabel.SUSPECTED
    return FraudLabel.LEGITIMATE
