"""What happened to an order as Riskified's requests: which path, which body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from shopwarden.domain.inquiry import AskedOrder, Happening, HappeningKind
from shopwarden.vendors.riskified_order import Body, denied_checkout, money, order_body, said, stamp

UNDECIDED = "undecided"
"""Status of an `order_created` whose decision could not be waited for: it is asked for again, to come by notification."""

Told = tuple[str, Body] | None
"""(last part of the path, body)."""
_DECIDED = {"approve": "approved", "decline": "declined_fraud"}


def _order(happening: Happening, **fields: object) -> Body:
    return {"order": said({"id": happening.inquiry.order.id if happening.inquiry.order else "", **fields})}


def _created(happening: Happening, order: AskedOrder) -> Told:
    path = "submit" if happening.status == UNDECIDED else "create"
    return path, {"order": order_body(happening.inquiry, order)}


def _updated(happening: Happening, order: AskedOrder) -> Told:
    return "update", {"order": order_body(happening.inquiry, order)}


def _cancelled(happening: Happening, order: AskedOrder) -> Told:
    reason = happening.reason or order.cancel_reason or "other"
    return "cancel", _order(happening, cancelled_at=stamp(order.cancelled_at or happening.at), cancel_reason=reason)


def _refunded(happening: Happening, order: AskedOrder) -> Told:
    amount = happening.amount if happening.amount is not None else order.total
    refund = said(
        {
            "refund_id": happening.reference or f"{order.id}-refund",
            "amount": money(amount) if amount is not None else Decimal("0.00"),
            "currency": happening.currency or order.currency,
            "refunded_at": stamp(happening.at),
            "reason": happening.reason or "refund",
        }
    )
    return "refund", _order(happening, refunds=[refund])


def _fulfilled(happening: Happening, order: AskedOrder) -> Told:
    shipped = said(
        {
            "fulfillment_id": happening.reference or f"{order.id}-fulfillment",
            "created_at": stamp(happening.at),
            "status": happening.status if happening.status in ("success", "cancelled", "error", "failure") else "success",
        }
    )
    return "fulfill", _order(happening, fulfillments=[shipped])


def _decision(happening: Happening, status: str) -> Told:
    decision = said(
        {
            "external_status": status,
            "decided_at": stamp(happening.at),
            "reason": happening.reason,
            "amount": money(happening.amount),
            "currency": happening.currency,
        }
    )
    return "decision", _order(happening, decision=decision)


def _decided(happening: Happening, order: AskedOrder) -> Told:
    status = _DECIDED.get(happening.decision or "")
    return None if status is None else _decision(happening, status)


def _labelled(happening: Happening, order: AskedOrder) -> Told:
    return None if happening.is_bad is None else _decision(happening, "declined_fraud" if happening.is_bad else "approved")


def _denied(happening: Happening, order: AskedOrder) -> Told:
    return "checkout_denied", {"checkout": denied_checkout(happening, order)}


def _chargeback(happening: Happening, order: AskedOrder) -> Told:
    details = said(
        {
            "id": happening.reference,
            "chargeback_at": stamp(happening.at),
            "chargeback_currency": happening.currency or order.currency,
            "chargeback_amount": money(happening.amount if happening.amount is not None else order.total),
            "reason_code": happening.code or happening.reason,
            "reason_desc": happening.reason,
            "type": "cb",
        }
    )
    dispute = said({"case_id": happening.reference, "status": happening.status, "disputed_at": stamp(happening.at)})
    return "chargeback", _order(happening, chargeback_details=details, dispute_details=dispute)


PATHS: Mapping[HappeningKind, Callable[[Happening, AskedOrder], Told]] = {
    "order_created": _created,
    "order_updated": _updated,
    "order_cancelled": _cancelled,
    "order_refunded": _refunded,
    "order_fulfilled": _fulfilled,
    "decided": _decided,
    "labelled": _labelled,
    "payment_failed": _denied,
    "chargeback": _chargeback,
}


def told_of(happening: Happening) -> Told:
    """None where Riskified has no request for it, or there is no order."""
    order, make = happening.inquiry.order, PATHS.get(happening.kind)
    return None if order is None or make is None else make(happening, order)
