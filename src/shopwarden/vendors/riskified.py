"""Riskified: decides on orders, at once or by notification, and is told what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Limits, Lookup, Teller, Vendor, VendorFault
from shopwarden.domain.answers import Opinion, RiskAnswer, RiskReason
from shopwarden.domain.inquiry import Happening, Inquiry
from shopwarden.domain.signing import hmac_hex
from shopwarden.vendors.faults import fault, fault_of
from shopwarden.vendors.fields import Fields, read_object
from shopwarden.vendors.riskified_order import order_body
from shopwarden.vendors.riskified_tell import PATHS, told_of

NAME = "Riskified"
ORDERS, DECIDE, SANDBOX = "https://wh.riskified.com", "https://wh-sync.riskified.com", "https://sandbox.riskified.com"
NOBODY = "shopwarden-connection-test"
DECIDED_LATER = 3600.0
OPINIONS: dict[str, Opinion] = {
    "approved": "approve", "declined": "decline", "declined_fraud": "decline", "declined_business": "decline",
    "chargeback": "decline", "chargeback_fraud": "decline", "review": "review", "under_review": "review",
    "manual_review": "review", "escalated": "review",
}  # fmt: skip
UNDECIDED = frozenset({"submitted", "created", "pending", "processing", "updated"})
_encode = msgspec.json.Encoder(decimal_format="number").encode


def opinion_of(status: str) -> Opinion | None:
    """What a status advises; None for one that says nothing about fraud, or that is not known here."""
    return OPINIONS.get(status.strip().lower())


def answer_of(order: Fields, warnings: tuple[str, ...] = ()) -> RiskAnswer | None:
    """The judgement in the member `order` of a reply or a notification; None without its status."""
    status = order.text("status", 60)
    if status is None:
        return None
    code = order.text("decision_code", 100)
    score = order.number("risk_score", 0, 100)
    return RiskAnswer(
        score=score if score is not None else order.number("score", 0, 100),
        opinion=opinion_of(status),
        status=status.lower(),
        category=order.text("category", 100),
        reasons=(RiskReason(code=code, text=order.text("description")),) if code else (),
        warnings=warnings,
        reference=_id_of(order),
    )


def _id_of(order: Fields) -> str | None:
    number = order.whole("id", high=2**62)
    return order.text("id", 100) or (None if number is None else str(number))


def _post(account: Account, path: str, body: dict[str, object]) -> Ask:
    # Serialised once: the signature is that of the very bytes sent.
    raw = _encode(body)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/vnd.riskified.com; version=2",
        "API-VERSION": "2",
        "X-RISKIFIED-SHOP-DOMAIN": account.value("shop_domain"),
        "X-RISKIFIED-HMAC-SHA256": hmac_hex(account.value("auth_token"), raw),
    }
    own = SANDBOX if account.value("environment") == "sandbox" else DECIDE if path == "decide" else ORDERS
    return Ask(f"Riskified {path}", account.url(own, f"/api/{path}"), "POST", headers, raw)


def _identity(inquiry: Inquiry, account: Account) -> tuple[str, ...]:
    return (inquiry.order.id,) if inquiry.order is not None else ()


def _ask(inquiry: Inquiry, account: Account) -> Ask:
    path = "submit" if account.value("mode") == "submit" else "decide"
    return _post(account, path, {"order": order_body(inquiry, inquiry.order)} if inquiry.order is not None else {})


def read_decision(reply: Reply) -> Finding:
    """VendorFault `pending` while there is no decision: it comes by notification."""
    if reply.status != 200:
        raise fault_of(reply, NAME)
    body = read_object(reply, NAME)
    answer = answer_of(body.inside("order"), body.texts("warnings"))
    if answer is None:
        raise fault("contract_changed", NAME, "a reply without the order's status")
    if answer.opinion is None and answer.status in UNDECIDED:
        raise VendorFault("pending", "Riskified has the order and decides later, by a notification", DECIDED_LATER)
    return Finding((answer,), reference=answer.reference)


def tell(happening: Happening, account: Account) -> tuple[Ask, ...]:
    told = told_of(happening)
    return () if told is None else (_post(account, *told),)


def read_told(reply: Reply) -> None:
    """Whether it was taken. 404 to a cancellation or a refund: Riskified never heard of the order, so nothing is missed."""
    if reply.status not in (200, 201, 202, 404):
        raise fault_of(reply, NAME)


def historical(inquiries: Sequence[Inquiry], account: Account) -> Ask:
    """Orders of the past, for it to learn from; it decides nothing about them."""
    return _post(
        account, "historical", {"orders": [order_body(one, one.order) for one in inquiries if one.order is not None]}
    )


def check(account: Account) -> Ask:
    """Cancels an order that does not exist: that it is unknown is only told to whom the signature belongs."""
    cancelled = {"id": NOBODY, "cancelled_at": "2000-01-01T00:00:00+00:00", "cancel_reason": "connection test"}
    return _post(account, "cancel", {"order": cancelled})


def read_check(reply: Reply) -> str:
    if reply.status in (200, 400, 404):
        return "The auth token and the shop domain are accepted."
    raise fault_of(reply, NAME)


VENDOR = Vendor(
    name="riskified",
    title="Riskified",
    about="Approves or declines orders, at once or by a notification.",
    credentials=(
        Credential("auth_token", "RISKIFIED_API_KEY", "The auth token; requests and notifications are signed with it."),
        Credential("shop_domain", "RISKIFIED_SHOP_DOMAIN", "The shop's name at Riskified.", secret=False),
        Credential(
            "environment", "RISKIFIED_ENV", "Riskified's production or its own sandbox.", secret=False, needed=False,
            default="production", choices=("production", "sandbox"),
        ),
        Credential(
            "mode", "RISKIFIED_MODE", "decide: wait for the decision. submit: it comes by notification.", secret=False,
            needed=False, default="decide", choices=("decide", "submit"),
        ),
    ),
    hosts=("wh.riskified.com", "wh-sync.riskified.com", "sandbox.riskified.com"),
    lookups=(
        Lookup(
            key="riskified.decide",
            subject="risk",
            needs=("order",),
            identity=_identity,
            ask=_ask,
            read=read_decision,
            price=Decimal("0.20"),
            repeatable=True,
            keep=None,
            keep_miss=None,
            feeds=("advice", "risk score", "category"),
            title="Riskified's decision on an order",
        ),
    ),
    teller=Teller(kinds=frozenset(PATHS), tell=tell, read=read_told),
    check=check,
    read_check=read_check,
    limits=Limits(connect=5.0, total=10.0, at_once=8, tries=3),
    notice="A store on Shopify may run Riskified's own app: with both, every order is submitted twice.",
)  # fmt: skip
