"""Stands in for Riskified: orders judged at once or later, what merchants tell of them, and its notifications."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

import msgspec

from shopwarden.sandbox.riskified_rules import missing, told, verdict
from shopwarden.sandbox.stand_in import Heard, Hook, Said, StandIn, Wish, magic, spell

_PATH = re.compile(r"/api/([a-z_]+)")
_JUDGED = {"create", "submit", "decide"}
_TOLD = {"update", "cancel", "refund", "fulfill", "decision", "chargeback"}
_CHECKOUTS = {"checkout_create", "checkout_denied", "advise"}


def error(status: int, message: str) -> Said:
    """Riskified's `{error: {message}}`."""
    return Said.of({"error": {"message": message}}, status)


def sign(secret: str, body: bytes) -> str:
    """The header `X-RISKIFIED-HMAC-SHA256`."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def answer(heard: Heard) -> Said:
    """POST to `/api/...`, signed over the raw body with this sandbox's secret for the vendor.

    PUT `/_sandbox/notify` {"to": address} sets where decisions of submitted orders are sent.
    """
    if heard.path == "/_sandbox/notify" and heard.method == "PUT":
        heard.memory["notify"] = heard.json().get("to")
        return Said.of({})
    found = _PATH.fullmatch(heard.path)
    if found is None or found[1] not in _JUDGED | _TOLD | _CHECKOUTS | {"historical"}:
        return error(404, "no such path")
    if heard.method != "POST":
        return error(405, "only POST")
    signature = heard.headers.get("x-riskified-hmac-sha256", "")
    if not heard.headers.get("x-riskified-shop-domain") or not hmac.compare_digest(
        signature.encode(), sign(heard.secret, heard.body).encode()
    ):
        return error(401, "HMAC signature or shop domain is wrong")
    if "version=2" not in heard.headers.get("accept", "version=2").replace(" ", ""):
        return error(400, "API version must be 2")
    if not heard.is_json():
        return error(400, "the body is not JSON")
    body = heard.json()
    if found[1] == "historical":
        return _historical(body)
    wrapper = "checkout" if found[1] in _CHECKOUTS else "order"
    order = body.get(wrapper)
    if not isinstance(order, dict) or order.get("id") in (None, ""):
        return error(400, f"{wrapper}.id is missing")
    return _one(heard, found[1], wrapper, order)


def _one(heard: Heard, what: str, wrapper: str, order: Mapping[str, object]) -> Said:
    address = str(order.get("email") or "")
    special = spell(address) if what in _JUDGED | _CHECKOUTS else None
    if special is not None:
        return special
    orders = heard.memory.setdefault("orders", {})
    known: dict[str, dict[str, object]] = orders if isinstance(orders, dict) else {}
    number = str(order["id"])
    if what in _CHECKOUTS:
        return _checkout(what, order)
    if what in _TOLD:
        if number not in known:
            return error(404, "order not found")
        wrong = told(what, order, known[number])
        return error(400, wrong) if wrong else Said.of({"order": known[number]})
    gaps = missing(order)
    if gaps:
        return error(400, f"missing fields: {', '.join(gaps)}")
    old = known.get(number, {}).get("status")
    waits = what == "submit" or magic(address) == "pending"
    found = _state(order, "created", "Order was created") if what == "create" else verdict(order, heard.dice)
    known[number] = _state(order, "submitted", "Under review by Riskified") if waits else dict(found)
    said = known[number] | ({"old_status": old} if old else {})
    return Said(
        200,
        msgspec.json.encode({wrapper: said, "warnings": _warnings(order)}),
        {"content-type": "application/vnd.riskified.com; version=2"},
        billed=what != "create",
        hooks=_notice(heard, found) if waits and magic(address) != "pending" else (),
        note=what,
    )


def _checkout(what: str, order: Mapping[str, object]) -> Said:
    if what == "checkout_denied" and not _denied(order):
        return error(400, "payment_details need an authorization_error")
    state = {"checkout_denied": "denied", "checkout_create": "created", "advise": "created"}[what]
    body: dict[str, object] = {"id": order["id"], "status": state}
    if what == "advise":
        body["advice"] = {"in_regulatory_scope": False, "safe_order": True, "recommendations": []}
    return Said.of({"checkout": body})


def _denied(order: Mapping[str, object]) -> bool:
    details = order.get("payment_details")
    first = details[0] if isinstance(details, list) and details else details
    return isinstance(first, dict) and isinstance(first.get("authorization_error"), dict)


def _historical(body: Mapping[str, object]) -> Said:
    orders = body.get("orders")
    if not isinstance(orders, list) or not orders:
        return error(400, "orders must be a list")
    wrong = [str(one.get("id")) for one in orders if not isinstance(one, dict) or missing(one)]
    return error(400, f"orders not complete: {', '.join(wrong)}") if wrong else Said.of({"status": "ok"})


def _state(order: Mapping[str, object], status: str, description: str) -> dict[str, object]:
    return {"id": order["id"], "status": status, "description": description}


def _warnings(order: Mapping[str, object]) -> list[str]:
    return [f"{name} is missing" for name in ("cart_token", "payment_details") if not order.get(name)]


def _notice(heard: Heard, found: Mapping[str, object]) -> tuple[Hook, ...]:
    """The decision that follows a submission, where an address for notifications was set."""
    heard.memory.setdefault("decided", {})
    decided = heard.memory["decided"]
    if isinstance(decided, dict):
        decided[str(found["id"])] = dict(found)
    to = str(heard.memory.get("notify") or "")
    return (_hook(to, heard.secret, {"order": dict(found) | {"old_status": "submitted"}}),) if to else ()


def _hook(to: str, secret: str, body: Mapping[str, object]) -> Hook:
    raw = msgspec.json.encode(body)
    shop = "sandbox.myshopify.com"
    return Hook(to, raw, {"X-RISKIFIED-HMAC-SHA256": sign(secret, raw), "X-RISKIFIED-SHOP-DOMAIN": shop})


def send(wish: Wish) -> Hook:
    """A notification about `order_id`: `status` (approved), `old_status`, `description`, `category`, `decision_code`,
    `risk_score`. For an order submitted before, what is not named is what was decided of it."""
    kept, number = wish.memory.get("decided"), str(wish.rest.get("order_id", "1"))
    order: dict[str, object] = {"status": "approved", "old_status": "submitted", "description": "Reviewed and approved"}
    if isinstance(kept, dict):
        order.update(kept.get(number) or {})
    order["id"] = number
    order.update({name: value for name, value in wish.rest.items() if name != "order_id"})
    return _hook(wish.to, wish.secret, {"order": order})


STAND_IN = StandIn(
    name="riskified",
    hosts=("wh.riskified.com", "wh-sync.riskified.com", "sandbox.riskified.com", "api.riskified.com"),
    answer=answer,
    faults={
        "quota": error(402, "account is suspended"),
        "refuse": error(401, "HMAC signature or shop domain is wrong"),
        "rate_limited": error(429, "too many requests"),
        "error": error(504, "temporary problem, send again"),
    },
    send=send,
)
