"""What happened in the shop as Sift's events: one body for each kind, by version 205 of its Events API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from shopwarden.domain.inquiry import Happening, HappeningKind, Inquiry
from shopwarden.vendors.sift_words import (
    Body,
    address_of,
    id_of,
    item_of,
    micros,
    milliseconds,
    payment_of,
    promotions_of,
    said,
    surroundings,
)  # fmt: skip

PAST = timedelta(hours=1)
"""Sift sets the time itself; only what lies further back is told with its own."""
_CHARGEBACK_STATES = {
    "needs_response": "$received", "under_review": "$disputed", "charge_refunded": "$accepted", "accepted": "$accepted",
    "won": "$won", "lost": "$lost",
}  # fmt: skip
_CHARGEBACK_REASONS = {
    "fraudulent": "$fraud", "unrecognized": "$fraud", "duplicate": "$duplicate",
    "product_not_received": "$product_not_received", "product_unacceptable": "$product_unacceptable",
    "subscription_canceled": "$cancel_subscription", "credit_not_processed": "$other", "general": "$other",
}  # fmt: skip
_DECLINES = {
    "card_declined": "$bank_decline", "insufficient_funds": "$bank_decline", "do_not_honor": "$bank_decline",
    "expired_card": "$expired", "invalid_number": "$invalid", "incorrect_number": "$invalid",
    "incorrect_cvc": "$invalid", "invalid_cvc": "$invalid", "incorrect_zip": "$invalid", "fraud_suspected": "$fraud",
    "pick_up_card": "$lost_or_stolen", "stolen_card": "$lost_or_stolen", "processing_error": "$other",
}  # fmt: skip


def order_body(inquiry: Inquiry, kind: str = "$create_order") -> Body:
    """`$create_order` or `$update_order` of the inquiry's order; needs `order`."""
    order = inquiry.order
    if order is None:
        return {}
    payment = payment_of(order.gateway, order.card)
    name = _name(inquiry)
    return surroundings(inquiry) | said(
        {
            "$type": kind,
            "$order_id": id_of(order.id),
            "$user_email": inquiry.email,
            "$verification_phone_number": inquiry.phone,
            "$amount": micros(order.total),
            "$currency_code": order.currency,
            "$billing_address": address_of(order.billing, name),
            "$shipping_address": address_of(order.shipping, name),
            "$payment_methods": [payment] if payment else None,
            "$expedited_shipping": order.is_express,
            "$shipping_method": _shipping(inquiry),
            "$items": [item_of(item, order.currency) for item in order.items],
            "$promotions": promotions_of(order),
        }
    )


def _name(inquiry: Inquiry) -> str | None:
    return " ".join(part for part in (inquiry.first_name, inquiry.last_name) if part) or None


def _shipping(inquiry: Inquiry) -> str | None:
    """$physical or $electronic; None where nobody said whether the goods are sent."""
    items = inquiry.order.items if inquiry.order is not None else ()
    stated = {item.requires_shipping for item in items if item.requires_shipping is not None}
    return None if not stated else "$physical" if True in stated else "$electronic"


def _account(happening: Happening, kind: str) -> Body:
    inquiry = happening.inquiry
    account_type = inquiry.customer.account_type if inquiry.customer is not None else None
    return said(
        {
            "$type": kind,
            "$user_email": inquiry.email,
            "$name": _name(inquiry),
            "$phone": inquiry.phone,
            "$billing_address": address_of(inquiry.address, _name(inquiry)),
            "$account_types": [account_type] if account_type else None,
        }
    )


def _create_account(happening: Happening) -> Body:
    return _account(happening, "$create_account")


def _update_account(happening: Happening) -> Body:
    return _account(happening, "$update_account")


def _create_order(happening: Happening) -> Body:
    return order_body(happening.inquiry)


def _update_order(happening: Happening) -> Body:
    return order_body(happening.inquiry, "$update_order")


def _cart(kind: str) -> Callable[[Happening], Body]:
    def body(happening: Happening) -> Body:
        if happening.item is None:
            return {}
        return {"$type": kind, "$item": item_of(happening.item, happening.currency)}

    return body


def _link(happening: Happening) -> Body:
    return {"$type": "$link_session_to_user"} if happening.inquiry.session_id else {}


def _order_status(status: str) -> Callable[[Happening], Body]:
    def body(happening: Happening) -> Body:
        order = happening.inquiry.order
        if order is None:
            return {}
        is_fraud = (happening.reason or order.cancel_reason) == "fraud"
        return said(
            {
                "$type": "$order_status",
                "$order_id": id_of(order.id),
                "$order_status": status,
                "$reason": "$payment_risk" if is_fraud and status == "$canceled" else None,
                "$source": "$manual_review" if happening.by else "$automated",
                "$analyst": happening.by,
            }
        )

    return body


def _transaction(kind: str, status: str) -> Callable[[Happening], Body]:
    def body(happening: Happening) -> Body:
        order = happening.inquiry.order
        return said(
            {
                "$type": "$transaction",
                "$user_email": happening.inquiry.email,
                "$transaction_type": kind,
                "$transaction_status": status,
                "$amount": micros(happening.amount if happening.amount is not None else order.total if order else None),
                "$currency_code": happening.currency or (order.currency if order else None),
                "$order_id": id_of(order.id) if order else None,
                "$transaction_id": id_of(happening.reference) if happening.reference else None,
                "$decline_category": _DECLINES.get(happening.code or "", "$other") if status == "$failure" else None,
                "$payment_method": payment_of(order.gateway, order.card) if order else None,
            }
        )

    return body


def _chargeback(happening: Happening) -> Body:
    order = happening.inquiry.order
    return said(
        {
            "$type": "$chargeback",
            "$order_id": id_of(order.id) if order else None,
            "$transaction_id": id_of(happening.reference) if happening.reference else None,
            "$chargeback_state": _CHARGEBACK_STATES.get(happening.status or "", "$received"),
            "$chargeback_reason": _CHARGEBACK_REASONS.get(happening.reason or "", "$other"),
        }
    )


def _promotion(happening: Happening) -> Body:
    codes = (
        (happening.code,) if happening.code else happening.inquiry.order.discount_codes if happening.inquiry.order else ()
    )
    promotions = [{"$promotion_id": id_of(code), "$status": "$success"} for code in codes]
    return {"$type": "$add_promotion", "$promotions": promotions} if promotions else {}


BODIES: Mapping[HappeningKind, Callable[[Happening], Body]] = {
    "customer_created": _create_account,
    "customer_updated": _update_account,
    "cart_item_added": _cart("$add_item_to_cart"),
    "cart_item_removed": _cart("$remove_item_from_cart"),
    "session_linked": _link,
    "order_created": _create_order,
    "order_updated": _update_order,
    "order_cancelled": _order_status("$canceled"),
    "order_fulfilled": _order_status("$fulfilled"),
    "order_refunded": _transaction("$refund", "$success"),
    "payment_failed": _transaction("$sale", "$failure"),
    "payment_succeeded": _transaction("$sale", "$success"),
    "chargeback": _chargeback,
    "coupon_applied": _promotion,
}


# What the shop or a bank does happens at no browser of the customer's.
_ALONE: Mapping[HappeningKind, frozenset[str]] = {
    "session_linked": frozenset({"$user_id", "$session_id"}),
    "order_cancelled": frozenset({"$user_id"}),
    "order_fulfilled": frozenset({"$user_id"}),
    "order_refunded": frozenset({"$user_id"}),
    "chargeback": frozenset({"$user_id"}),
}


def event_of(happening: Happening) -> Body | None:
    """The event's body without the key; None where Sift has no event for it or nobody it could be about."""
    make = BODIES.get(happening.kind)
    own = make(happening) if make is not None else {}
    if not own:
        return None
    around = surroundings(happening.inquiry)
    named = _ALONE.get(happening.kind)
    body = {name: value for name, value in around.items() if named is None or name in named} | own
    if "$user_id" not in body and "$session_id" not in body:
        return None
    if happening.at < happening.inquiry.at - PAST:
        body["$time"] = milliseconds(happening.at)
    return body
