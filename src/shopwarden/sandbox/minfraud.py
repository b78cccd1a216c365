"""minFraud's part of MaxMind: score, insights and factors of a transaction, and what merchants report afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shopwarden.sandbox.mail import Mail, mail_of
from shopwarden.sandbox.maxmind_places import about_place
from shopwarden.sandbox.places import Place, parse, place_of
from shopwarden.sandbox.stand_in import Heard, Said, spell

_MOST = 20_000
_ERROR = "application/vnd.maxmind.com-error+json; charset=UTF-8; version=2.0"
_PARTS = frozenset(
    str.split("device event account email billing shipping payment credit_card order shopping_cart custom_inputs")
)
_TAGS = {"chargeback", "not_fraud", "spam_or_abuse", "suspected_fraud", "clear"}
_REPORTED = {"ip_address", "maxmind_id", "minfraud_id", "transaction_id", "tag", "chargeback_code", "notes"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class _Case:
    """What was read out of a transaction. `risk` is 0.01 to 99."""

    place: Place | None
    mail: Mail | None
    billing: str
    shipping: str
    bin: str
    risk: float
    warnings: tuple[dict[str, str], ...]


def _error(code: str, text: str) -> Said:
    return Said.of({"code": code, "error": text}, 400, kind=_ERROR)


def transaction(heard: Heard, service: str, queries_left: int) -> Said:
    """Judges a transaction; odd input brings warnings, not errors."""
    if len(heard.body) > _MOST:
        return Said(403, b"Request body too large", {"content-type": "text/plain"})
    if not heard.is_json():
        return _error("JSON_INVALID", "The request body could not be parsed as JSON.")
    body = heard.json()
    address = _text(_part(body, "email"), "address")
    special = spell(address)
    if special is not None:
        return special
    case = _read(heard, body, address)
    event = _text(_part(body, "event"), "transaction_id")
    own = heard.dice.about("minfraud", event, address, case.place.ip if case.place else "")
    said: dict[str, object] = {
        "id": own.uuid("id"),
        "risk_score": case.risk,
        "funds_remaining": 25.5,
        "queries_remaining": queries_left,
        "ip_address": _ip(case, service),
        "disposition": {"action": "manual_review" if case.risk > 60 else "accept", "reason": "default"},
    }
    if case.warnings:
        said["warnings"] = list(case.warnings)
    if service != "score":
        said |= _details(case)
    if service == "factors":
        said["risk_score_reasons"] = _factors(case)
    return Said.of(
        said, kind=f"application/vnd.maxmind.com-minfraud-{service}+json; charset=UTF-8; version=2.0", billed=True
    )


def _read(heard: Heard, body: Mapping[str, object], address: str) -> _Case:
    warnings = [
        {"code": "INPUT_UNKNOWN", "warning": f"Encountered an unknown JSON key: {name}.", "input_pointer": f"/{name}"}
        for name in body
        if name not in _PARTS
    ]
    place = None
    written = _text(_part(body, "device"), "ip_address")
    ip = parse(written) if written else None
    if written and (ip is None or not ip.is_global):
        code = "IP_ADDRESS_INVALID" if ip is None else "IP_ADDRESS_RESERVED"
        text = f"Encountered value at /device/ip_address that is {'not valid' if ip is None else 'reserved'}."
        warnings.append({"code": code, "warning": text, "input_pointer": "/device/ip_address"})
    elif ip is not None:
        place = place_of(str(ip), heard.dice)
    domain = _text(_part(body, "email"), "domain")
    mail = mail_of(address if "@" in address or not domain else f"{address}@{domain}", heard.dice) if address else None
    billing, shipping = (_text(_part(body, side), "country") for side in ("billing", "shipping"))
    far = bool(place and billing and place.country.code != billing)
    parts = [place.risk if place else 0.1, mail.risk if mail else 0.1]
    risk = min(
        0.99, max(parts) * 0.7 + min(parts) * 0.2 + far * 0.15 + bool(billing and shipping and billing != shipping) * 0.05
    )
    card = _text(_part(body, "credit_card"), "issuer_id_number")
    return _Case(place, mail, billing, shipping, card, round(max(risk * 100, 0.01), 2), tuple(warnings))


def _ip(case: _Case, service: str) -> dict[str, object]:
    place = case.place
    if place is None:
        return {"risk": 1.0}
    risk: dict[str, object] = {"risk": round(max(place.risk * 99, 0.01), 2)}
    if service == "score":
        return risk
    body = about_place(place, "insights") | risk
    traits = body["traits"]
    if isinstance(traits, dict):
        # minFraud's address has these only in location services.
        for name in ("ip_risk_snapshot", "static_ip_score", "user_count"):
            traits.pop(name, None)
    reasons = []
    if place.hidden:
        reasons.append({"code": "ANONYMOUS_IP", "reason": "The IP address belongs to an anonymous network."})
    if place.risk > 0.9:
        reasons.append(
            {"code": "MINFRAUD_NETWORK_ACTIVITY", "reason": "Suspicious activity has been seen on this IP address."}
        )
    return body | ({"risk_reasons": reasons} if reasons else {})


def _details(case: _Case) -> dict[str, object]:
    said: dict[str, object] = {}
    if case.mail:
        first_seen = f"{case.mail.dice.whole('seen', 2010, 2024)}-04-02" if case.mail.risk < 0.8 else "2026-11-19"
        said["email"] = {
            "domain": {
                "classification": "isp_email" if case.mail.free else "business",
                "first_seen": "2009-02-23",
                "risk": round(case.mail.risk * 30, 2),
                "visit": {"status": "live", "last_visited_on": "2026-10-15", "has_redirect": False},
                "volume": 37000 if case.mail.free else 12,
            },
            "first_seen": first_seen,
            "is_disposable": case.mail.disposable,
            "is_free": case.mail.free,
            "is_high_risk": case.mail.risk > 0.85,
        }
    country = case.place.country.code if case.place else ""
    if case.billing:
        said["billing_address"] = {"is_in_ip_country": case.billing == country, "is_postal_in_city": True}
    if case.shipping:
        said["shipping_address"] = {
            "is_in_ip_country": case.shipping == country,
            "is_postal_in_city": True,
            "is_high_risk": case.risk > 85,
            "distance_to_billing_address": 0 if case.shipping == case.billing else 4200,
        }
    if case.bin:
        said["credit_card"] = {
            "brand": "Visa" if case.bin.startswith("4") else "Mastercard",
            "country": case.billing or "US",
            "type": "credit",
            "is_prepaid": case.risk > 80,
            "is_virtual": False,
            "is_business": False,
            "issuer": {"name": "Sandbox Bank"},
            "is_issued_in_billing_address_country": True,
        }
    return said


def _factors(case: _Case) -> list[dict[str, object]]:
    found = []
    if case.place and case.place.hidden:
        found.append(_factor(3.2, "ANONYMOUS_IP", "Risk due to IP being an Anonymous IP"))
    if case.mail and case.mail.risk > 0.75:
        found.append(_factor(2.4, "EMAIL_DOMAIN_NEW", "Risk due to newness of email domain"))
    if case.billing and case.place and case.billing != case.place.country.code:
        found.append(_factor(1.7, "COUNTRY_MISMATCH", "Risk due to the country of the IP being another than billed"))
    return found or [_factor(0.6, "EMAIL_ADDRESS_OLD", "Lower risk due to age of the email address")]


def _factor(multiplier: float, code: str, reason: str) -> dict[str, object]:
    return {"multiplier": multiplier, "reasons": [{"code": code, "reason": reason}]}


def report(heard: Heard) -> Said:
    """Takes a report on a transaction: 204 without a body."""
    if not heard.is_json():
        return _error("JSON_INVALID", "The request body could not be parsed as JSON.")
    body = heard.json()
    unknown = sorted(set(body) - _REPORTED)
    if unknown:
        return _error("PARAMETER_UNKNOWN", f"Unknown parameter: {unknown[0]}.")
    if not body.get("tag"):
        return _error("TAG_REQUIRED", "You have not supplied a tag.")
    if body["tag"] not in _TAGS:
        return _error("TAG_INVALID", "The tag is not one of the known ones.")
    ip = _text(body, "ip_address")
    if not any(body.get(name) for name in ("ip_address", "maxmind_id", "minfraud_id", "transaction_id")):
        return _error("TRANSACTION_ID_REQUIRED", "One of ip_address, maxmind_id, minfraud_id, transaction_id is required.")
    if ip and parse(ip) is None:
        return _error("IP_ADDRESS_INVALID", "You have not supplied a valid IP address.")
    if body.get("minfraud_id") and not _UUID.fullmatch(_text(body, "minfraud_id")):
        return _error("MINFRAUD_ID_INVALID", "The minfraud_id is not a UUID.")
    if body.get("maxmind_id") and len(_text(body, "maxmind_id")) != 8:
        return _error("MAXMIND_ID_INVALID", "The maxmind_id must have eight characters.")
    if len(_text(body, "notes")) > 1000:
        return _error("NOTES_INVALID", "The notes are too long.")
    return Said(204, note=str(body["tag"]))


def _part(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _text(part: Mapping[str, object], name: str) -> str:
    found = part.get(name)
    return found if isinstance(found, str) else ""
