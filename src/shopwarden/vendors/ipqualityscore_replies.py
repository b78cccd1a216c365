"""What IPQualityScore answers, read into our own facts."""

from __future__ import annotations

from datetime import date

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import FaultKind, Finding, VendorFault
from shopwarden.domain.answers import Answer, EmailAnswer, IpAnswer, PhoneAnswer, RiskAnswer, RiskReason
from shopwarden.vendors.faults import fault, fault_of
from shopwarden.vendors.fields import HIGHEST_ASN, Fields, read_object, told

TITLE = "IPQualityScore"
CONNECTIONS = {
    name.lower(): name for name in ("Residential", "Corporate", "Education", "Mobile", "Data Center", "Satellite")
}
VELOCITIES = {name: name for name in ("none", "low", "medium", "high")}
LINES = {
    "wireless": "mobile", "mobile": "mobile", "landline": "fixed_line", "fixed line": "fixed_line", "voip": "voip",
    "toll free": "toll_free", "premium rate": "premium_rate", "pager": "pager", "satellite": "satellite",
}  # fmt: skip
NETWORK_ABUSE = ("frequent_abuser", "high_risk_attacks", "security_scanner")
REFUSALS: tuple[tuple[str, FaultKind], ...] = (
    ("quota", "quota"), ("insufficient credit", "quota"), ("out of credit", "quota"),
    ("unauthorized key", "auth"), ("invalid key", "auth"), ("api key", "auth"), ("too many", "rate_limited"),
    ("invalid", "invalid_input"), ("not a valid", "invalid_input"),
)  # fmt: skip
"""Words in the message of a refusal, and what they mean; the first that is in it counts."""


def opened(reply: Reply) -> Fields:
    """The fields of a successful reply; VendorFault for a refusal, which comes with HTTP 200 too."""
    if reply.status != 200:
        raise fault_of(reply, TITLE)
    fields = read_object(reply, TITLE)
    success = fields.flag("success")
    if success is None:
        raise VendorFault("contract_changed", f"{TITLE} does not say whether it succeeded")
    if not success:
        message = (fields.text("message") or "").lower()
        kind: FaultKind = next((kind for words, kind in REFUSALS if words in message), "unavailable")
        raise fault(kind, TITLE, "success is false")
    return fields


def read_ip(reply: Reply) -> Finding:
    fields = opened(reply)
    connection = fields.one_of("connection_type", CONNECTIONS)
    is_vpn, is_tor = fields.any_flag("vpn", "active_vpn"), fields.any_flag("tor", "active_tor")
    abuse = tuple(name for name in NETWORK_ABUSE if fields.flag(name))
    answer = IpAnswer(
        fraud_score=fields.number("fraud_score", 0, 100),
        reasons=abuse + fields.texts("abuse_events"),
        country=fields.country("country_code"),
        region=fields.text("region"),
        city=fields.text("city"),
        postal_code=fields.text("zip_code", 20),
        latitude=fields.number("latitude", -90, 90),
        longitude=fields.number("longitude", -180, 180),
        timezone=fields.text("timezone", 64),
        asn=fields.whole("ASN", 0, HIGHEST_ASN),
        isp=fields.text("ISP"),
        organization=fields.text("organization"),
        connection_type=connection,
        is_vpn=is_vpn,
        # The vendor's "proxy" is true for every VPN and Tor exit too: it says more only where neither explains it.
        is_proxy=None if is_vpn or is_tor else fields.flag("proxy"),
        is_tor=is_tor,
        is_hosting=None if connection is None else connection == "Data Center",
        is_crawler=fields.flag("is_crawler"),
        is_mobile=fields.flag("mobile"),
        bot_status=fields.flag("bot_status"),
        recent_abuse=fields.flag("recent_abuse"),
        abuse_velocity=fields.one_of("abuse_velocity", VELOCITIES),
        operating_system=fields.text("operating_system", 100),
        browser=fields.text("browser", 100),
        device_brand=fields.text("device_brand", 100),
        device_model=fields.text("device_model", 100),
    )
    details = fields.inside("transaction_details")
    reasons = tuple(RiskReason(code=text) for text in details.texts("risk_factors"))
    return _finding(fields, answer, RiskAnswer(score=details.number("risk_score", 0, 100), reasons=reasons))


def read_email(reply: Reply) -> Finding:
    fields = opened(reply)
    quality = fields.number("overall_score", 0, 4)
    # A mail server that was too slow makes the vendor say "not valid": that is not known then.
    is_valid = None if fields.flag("timed_out") else fields.flag("valid")
    answer = EmailAnswer(
        verdict=_verdict(fields, is_valid),
        quality=None if quality is None else quality / 4,
        fraud_score=fields.number("fraud_score", 0, 100),
        is_valid=is_valid,
        has_mx=fields.flag("dns_valid"),
        is_disposable=fields.flag("disposable"),
        is_role=fields.flag("generic"),
        is_free=fields.flag("common"),
        is_catch_all=fields.flag("catch_all"),
        recent_abuse=fields.flag("recent_abuse"),
        is_honeypot=fields.flag("honeypot"),
        is_leaked=fields.flag("leaked"),
        first_seen=_day(fields.inside("first_seen")),
        domain_first_seen=_day(fields.inside("domain_age")),
        suggestion=fields.text("suggested_domain"),
    )
    return _finding(fields, answer)


def _day(moment: Fields) -> date | None:
    return moment.day("iso") or moment.day("timestamp")


def _verdict(fields: Fields, is_valid: bool | None) -> str | None:
    if is_valid is False:
        return "invalid"
    doubts = (fields.flag("timed_out"), fields.flag("suspect"), fields.flag("catch_all"), fields.flag("disposable"))
    if any(doubts) or fields.text("deliverability") == "low":
        return "risky"
    return "valid" if is_valid else None


def read_phone(reply: Reply) -> Finding:
    fields = opened(reply)
    answer = PhoneAnswer(
        fraud_score=fields.number("fraud_score", 0, 100),
        is_valid=fields.flag("valid"),
        is_active=fields.flag("active"),
        is_voip=fields.flag("VOIP"),
        is_prepaid=fields.flag("prepaid"),
        recent_abuse=fields.flag("recent_abuse"),
        kind=fields.one_of("line_type", LINES),
        carrier=fields.text("carrier", 100),
        country=fields.country("country"),
    )
    return _finding(fields, answer)


def _finding(fields: Fields, *answers: Answer) -> Finding:
    return Finding(answers=told(*answers), reference=fields.text("request_id", 100))
