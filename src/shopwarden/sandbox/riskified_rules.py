"""How the made-up Riskified judges an order, and what it wants to be told."""

from __future__ import annotations

from collections.abc import Mapping

from shopwarden.sandbox.dice import Dice
from shopwarden.sandbox.mail import mail_of
from shopwarden.sandbox.places import parse, place_of

_NEEDED = str.split("id email created_at updated_at gateway browser_ip total_price line_items customer billing_address")
_FREE = {"gateway", "billing_address"}
_OUTSIDE = {
    "approved", "declined", "checkout", "cancelled", "declined_fraud", "declined_business", "chargeback_fraud",
    "chargeback_not_fraud",
}  # fmt: skip
_TELLS = {
    "cancel": ("cancelled_at", "cancel_reason"),
    "refund": ("refunds",),
    "fulfill": ("fulfillments",),
    "decision": ("decision",),
    "chargeback": ("chargeback_details",),
}
_PARTS = {
    "refunds": ("refund_id", "amount", "currency", "refunded_at", "reason"),
    "fulfillments": ("fulfillment_id", "created_at", "status"),
}
_STATES = {"cancel": "cancelled", "fulfill": "fulfilled", "chargeback": "chargeback"}


def missing(order: Mapping[str, object]) -> list[str]:
    """Fields an order has to have; one without charge (`no_charge_details`) needs none about the payment."""
    free = _FREE if order.get("no_charge_details") else set()
    return [name for name in _NEEDED if name not in free and order.get(name) in (None, "", [], {})]


def verdict(order: Mapping[str, object], dice: Dice) -> dict[str, object]:
    """Approved or declined, from the buyer's mail and internet address; the same for the same buyer."""
    mail = mail_of(str(order.get("email") or ""), dice)
    address = parse(str(order.get("browser_ip") or ""))
    place = place_of(str(address), dice) if address is not None and address.is_global else None
    known = mail.address in {"test@approve.com", "test@decline.com"}
    risk = mail.risk if known else max(mail.risk, place.risk * 0.9 if place else 0.0)
    declined = risk > 0.78
    return {
        "id": order["id"],
        "status": "declined" if declined else "approved",
        "description": "Reviewed and declined by Riskified" if declined else "Reviewed and approved by Riskified",
        "category": ("Fraudulent" if risk > 0.9 else "High-Risk") if declined else "Strong approve",
        "decision_code": "linked_to_fraud" if declined else "approved",
        "risk_score": round(risk * 100, 1),
    }


def told(what: str, order: Mapping[str, object], known: dict[str, object]) -> str:
    """Takes what a merchant tells of an order it knows; answers what is wrong with it."""
    gaps = [name for name in _TELLS.get(what, ()) if order.get(name) in (None, "", [], {})]
    if gaps:
        return f"missing fields: {', '.join(gaps)}"
    for list_name, parts in _PARTS.items():
        entries = order.get(list_name) if list_name in _TELLS.get(what, ()) else None
        for entry in entries if isinstance(entries, list) else []:
            gaps = [name for name in parts if not isinstance(entry, dict) or entry.get(name) in (None, "")]
            if gaps:
                return f"{list_name}: missing {', '.join(gaps)}"
    decision = order.get("decision")
    if what == "decision" and (not isinstance(decision, dict) or decision.get("external_status") not in _OUTSIDE):
        return "decision.external_status is not one of the known ones"
    if what == "decision" and isinstance(decision, dict) and not decision.get("decided_at"):
        return "decision.decided_at is missing"
    known["status"] = _STATES.get(what, known["status"])
    return ""
