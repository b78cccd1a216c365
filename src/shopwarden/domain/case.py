"""A case of the review queue: what an analyst decides about, how urgent it is, and how a store wants its queue run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from shopwarden.domain.advice import Advice
from shopwarden.domain.label import LabelName

CaseSubject = Literal["order", "customer"]
CaseState = Literal["open", "escalated", "decided"]
Decision = Literal["approve", "decline"]
URGENT = 1
SEEN_FOR = timedelta(seconds=60)
"""How long a case counts as open on somebody's screen after they last said so."""
_CENT = Decimal("0.01")
_MOST = Decimal("999999999999.99")


class ReviewCase(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be decided. `advice`, `score` and `verdict_id` are of the newest verdict while the case is undecided, and
    of the one it was decided by afterwards. People are named as `user:<id>` or `key:<id>`. `version` grows with every
    change that another analyst has to know of before deciding."""

    id: UUID
    subject: CaseSubject
    subject_id: UUID
    opened_by: str
    opened_at: datetime
    updated_at: datetime
    customer_id: UUID | None = None
    order_external_id: str | None = None
    order_name: str | None = None
    verdict_id: UUID | None = None
    opened_for: str | None = None
    state: CaseState = "open"
    score: int | None = None
    advice: Advice | None = None
    amount: Decimal | None = None
    currency: str | None = None
    expected_loss: Decimal = Decimal(0)
    urgency: int = 0
    due_at: datetime | None = None
    assigned_to: str | None = None
    assigned_at: datetime | None = None
    seen_by: str | None = None
    seen_until: datetime | None = None
    decision: Decision | None = None
    reason_code: str | None = None
    decision_note: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    settled_at: datetime | None = None
    version: int = 1

    @property
    def is_decided(self) -> bool:
        return self.state == "decided"


class ReasonCode(msgspec.Struct, frozen=True):
    """Why a case was decided. `label`: what the order thereby is known to be; None where the decision says nothing of
    fraud, so that nothing is learnt from it."""

    decision: Decision
    sentence: str
    label: LabelName | None


REASON_CODES: Mapping[str, ReasonCode] = {
    "verified": ReasonCode("approve", "The customer was reached and confirmed the order.", "legitimate"),
    "known_customer": ReasonCode("approve", "The customer is known and trusted.", "legitimate"),
    "explained": ReasonCode("approve", "What looked odd has an honest explanation.", "legitimate"),
    "low_risk": ReasonCode("approve", "The evidence speaks for the customer.", "legitimate"),
    "accepted_risk": ReasonCode("approve", "Doubts remain; the store takes the risk.", None),
    "stolen_card": ReasonCode("decline", "The card is not the customer's.", "fraud"),
    "account_takeover": ReasonCode("decline", "The account was taken over.", "fraud"),
    "card_testing": ReasonCode("decline", "Cards are being tried out.", "fraud"),
    "fake_identity": ReasonCode("decline", "The person is made up.", "fraud"),
    "fraud_ring": ReasonCode("decline", "The order belongs to a group of fraudsters.", "fraud"),
    "refund_abuse": ReasonCode("decline", "The customer disputes or returns what they received.", "fraud"),
    "suspected_fraud": ReasonCode("decline", "The evidence speaks for fraud.", "fraud"),
    "reseller": ReasonCode("decline", "Bought to be sold again, against the store's terms.", None),
    "promotion_abuse": ReasonCode("decline", "A promotion is used more often than allowed.", None),
    "unreachable": ReasonCode("decline", "The customer could not be reached to confirm.", None),
    "customer_request": ReasonCode("decline", "The customer asked for it.", None),
}
CANCELLED = "cancelled_in_shop"
"""Reason code of a case that ended with its order: nobody decided it, and nothing is learnt from it."""
DEFAULT_REASONS: Mapping[Decision, str] = {"approve": "low_risk", "decline": "suspected_fraud"}

Minutes = Annotated[int, Meta(ge=1, le=43_200)]


class ReviewSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """How a store wants its queue run. `target_minutes`: a case is to be decided within; `urgent_minutes`: one that is
    urgent, or whose expected loss is at least `urgent_from`. `declined`: orders advised to be declined are cases too.
    `oldest_days`: older orders are none. `grace_seconds`: for so long a decision may be taken back, and only then it goes
    to the shop and to vendors. `free_after_minutes`: a case somebody took and left alone for so long is anybody's again."""

    target_minutes: Minutes = 240
    urgent_minutes: Minutes = 30
    urgent_from: Annotated[int, Meta(ge=0, le=999_999_999)] | None = None
    declined: bool = True
    oldest_days: Annotated[int, Meta(ge=1, le=365)] = 14
    grace_seconds: Annotated[int, Meta(ge=0, le=3600)] = 60
    free_after_minutes: Minutes = 120

    @property
    def free_after(self) -> timedelta:
        return timedelta(minutes=self.free_after_minutes)

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_seconds)


def settings_in(settings: Mapping[str, object]) -> ReviewSettings:
    """What a store's settings say under `review`; the defaults where they say nothing, or nothing readable."""
    try:
        return msgspec.convert(settings.get("review") or {}, ReviewSettings, strict=False)
    except msgspec.ValidationError:
        return ReviewSettings()


def expected_loss(amount: Decimal | None, probability: float) -> Decimal:
    """Amount times the probability of fraud, in the amount's currency; 0 where the amount is not known."""
    if amount is None or amount <= 0:
        return Decimal(0)
    share = Decimal(str(min(1.0, max(0.0, probability))))
    return min(_MOST, (amount * share).quantize(_CENT, ROUND_HALF_EVEN))


def due_at(opened_at: datetime, urgency: int, loss: Decimal, settings: ReviewSettings) -> datetime:
    """When the case is to be decided by."""
    is_urgent = urgency >= URGENT or (settings.urgent_from is not None and loss >= settings.urgent_from)
    return opened_at + timedelta(minutes=settings.urgent_minutes if is_urgent else settings.target_minutes)
