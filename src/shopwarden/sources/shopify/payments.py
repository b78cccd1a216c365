"""Money topics: payment attempts, refunds and disputes, and what a gateway tells of a card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from shopwarden.domain.events import (
    Card,
    DisputeSeen,
    DomainEvent,
    PaymentAttempted,
    RefundSeen,
    version_of,
)
from shopwarden.domain.ids import stable_id
from shopwarden.errors import SkipError
from shopwarden.sources.shopify.body import EPOCH, Body, Part, currency, identifier, money, part, parts, text

ATTEMPTS = frozenset({"authorization", "sale"})
_STATUSES: dict[str, Literal["succeeded", "failed", "pending"]] = {
    "success": "succeeded", "failure": "failed", "error": "failed", "pending": "pending",
}  # fmt: skip
_LAST4 = re.compile(r"(\d{4})\D*$", re.ASCII)
_BIN = re.compile(r"\d{6,8}", re.ASCII)


def card_of(details: Part) -> Card:
    """What is told of a card. Its key needs more than the last four digits, which ten thousand cards share."""
    shown = _LAST4.search(text(details, "credit_card_number", "last4", longest=60) or "")
    last4 = shown.group(1) if shown else None
    first = text(details, "credit_card_bin", longest=20)
    number = first if first and _BIN.fullmatch(first) else None
    company = text(details, "credit_card_company", longest=60)
    month, year = text(details, "credit_card_expiration_month"), text(details, "credit_card_expiration_year")
    return Card(
        key=card_key(number, last4, company, f"{year}-{month}" if year and month else None),
        bin=number,
        company=company,
        last4=last4,
        avs=text(details, "avs_result_code", longest=10),
        cvv=text(details, "cvv_result_code", longest=10),
    )


def card_key(number: str | None, last4: str | None, company: str | None, expiry: str | None) -> str | None:
    """What stands for a card: a hash of its BIN and last digits, else of company, last digits and expiry; else None."""
    if last4 and number:
        return stable_id("card", number, last4).hex
    if last4 and company and expiry:
        return stable_id("card", company.casefold(), last4, expiry).hex
    return None


def attempted(body: Body) -> tuple[DomainEvent, ...]:
    """A payment somebody tried to make; captures, voids and refunds are no attempts."""
    data = body.data
    external_id = identifier(data, "id", "admin_graphql_api_id")
    if external_id is None:
        raise SkipError("the transaction has no id")
    status = _STATUSES.get((text(data, "status", longest=40) or "").lower())
    if (text(data, "kind", longest=40) or "").lower() not in ATTEMPTS or status is None:
        return ()
    at = body.moment("processed_at", "created_at") or body.triggered_at or EPOCH
    attempt = PaymentAttempted(
        version=body.version(at),
        at=at,
        external_id=external_id,
        order_external_id=identifier(data, "order_id"),
        status=status,
        error_code=text(data, "error_code", "message", longest=200) if status == "failed" else None,
        gateway=text(data, "gateway", longest=100),
        amount=money(data.get("amount")),
        currency=currency(data.get("currency")),
        card=card_of(part(data, "payment_details")),
    )
    return (attempt,)


def refunded(body: Body) -> tuple[DomainEvent, ...]:
    order = identifier(body.data, "order_id")
    refund = None if order is None else _refund(body, body.data, order, None)
    if refund is None:
        raise SkipError("the refund has no id or no order")
    return (refund,)


def refunds_within(body: Body, order: str, order_currency: str | None) -> Iterable[RefundSeen]:
    """The refunds an order tells of, the same as their own topic would."""
    for one in parts(body.data, "refunds"):
        refund = _refund(body, one, order, order_currency)
        if refund is not None:
            yield refund


def _refund(body: Body, one: Part, order: str, order_currency: str | None) -> RefundSeen | None:
    external_id = identifier(one, "id", "admin_graphql_api_id")
    if external_id is None:
        return None
    at = body.moment("created_at", "processed_at", of=one) or body.triggered_at or EPOCH
    paid = [t for t in parts(one, "transactions") if t.get("kind") == "refund" and t.get("status") == "success"]
    code = next((found for t in paid if (found := currency(t.get("currency")))), order_currency)
    refund = RefundSeen(
        version="",
        at=at,
        external_id=external_id,
        order_external_id=order,
        created_at=at,
        amount=_paid_back(one, paid),
        currency=code,
        note=text(one, "note", longest=1000),
    )
    # Two topics tell of one refund with different bodies: what was understood is what is versioned.
    return msgspec.structs.replace(refund, version=version_of(at, None, msgspec.json.encode(refund)))


def _paid_back(one: Part, paid: list[dict[str, object]]) -> Decimal | None:
    if paid:
        amounts = [money(transaction.get("amount")) for transaction in paid]
    else:
        lines = parts(one, "refund_line_items")
        amounts = [money(line.get(name)) for line in lines for name in ("subtotal", "total_tax")]
    known = [amount for amount in amounts if amount is not None]
    return money(str(sum(known, Decimal(0)))) if known else None


def disputed(body: Body) -> tuple[DomainEvent, ...]:
    data = body.data
    external_id = identifier(data, "id", "admin_graphql_api_id")
    if external_id is None:
        raise SkipError("the dispute has no id")
    changed_at = body.triggered_at or body.moment("finalized_on", "updated_at", "evidence_sent_on")
    initiated_at = body.moment("initiated_at")
    at = body.triggered_at or changed_at or initiated_at or EPOCH
    dispute = DisputeSeen(
        version=body.version(changed_at or initiated_at),
        at=at,
        external_id=external_id,
        order_external_id=identifier(data, "order_id"),
        kind=text(data, "type", longest=40),
        status=text(data, "status", longest=40),
        reason=text(data, "reason", longest=100),
        amount=money(data.get("amount")),
        currency=currency(data.get("currency")),
        initiated_at=initiated_at,
        updated_at=changed_at or initiated_at or at,
    )
    return (dispute,)


TOPICS = {
    "order_transactions/create": attempted,
    "refunds/create": refunded,
    "disputes/create": disputed,
    "disputes/update": disputed,
}
