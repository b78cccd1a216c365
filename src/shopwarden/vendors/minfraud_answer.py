"""What minFraud answers of an order: its risk, and what it knows of the IP address and the e-mail address.

Contract: score, insights and factors v2.0. `risk_score` reads as the chance of fraud in percent, 0.01 to 99.
"""

from __future__ import annotations

from decimal import Decimal

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import Finding, VendorFault
from shopwarden.domain.answers import EmailAnswer, Opinion, RiskAnswer, RiskReason
from shopwarden.vendors.fields import Fields, read_object, told
from shopwarden.vendors.maxmind_faults import fault_in
from shopwarden.vendors.maxmind_place import knows_anonymity, read_place

TITLE = "MaxMind minFraud"
OPINIONS: dict[str, Opinion] = {"accept": "approve", "reject": "decline", "manual_review": "review"}


def read_minfraud(reply: Reply) -> Finding:
    if reply.status != 200:
        raise fault_in(reply, TITLE)
    fields = read_object(reply, TITLE)
    if not {"id", "risk_score"} & set(fields.names()):
        raise VendorFault("contract_changed", f"{TITLE} answered neither a score nor an id")
    left = fields.number("queries_remaining", 0)
    place = fields.inside("ip_address")
    # The score service sends nothing of the address but its risk.
    is_full = knows_anonymity(reply) and "traits" in place
    return Finding(
        answers=told(_risk(fields), read_place(place, knows_anonymity=is_full), _email(fields.inside("email"))),
        reference=fields.text("id", 100),
        credits_left=None if left is None else Decimal(int(left)),
    )


def _risk(fields: Fields) -> RiskAnswer:
    disposition = fields.inside("disposition")
    action = disposition.text("action", 50)
    return RiskAnswer(
        score=fields.number("risk_score", 0, 100),
        opinion=OPINIONS.get(action or ""),
        status=action,
        category=disposition.text("rule_label", 100),
        reasons=_reasons(fields),
        warnings=tuple(warning for each in fields.each("warnings") if (warning := _warning(each))),
        reference=fields.text("id", 100),
    )


def _reasons(fields: Fields) -> tuple[RiskReason, ...]:
    """Those that raise the risk, the heaviest first as the vendor sorts them; multipliers under 1 speak for the order."""
    heavy = [group for group in fields.each("risk_score_reasons") if (group.number("multiplier", 0) or 0.0) > 1]
    listed = [each for group in heavy for each in group.each("reasons")]
    found: dict[str, RiskReason] = {}
    for each in (*listed, *fields.inside("ip_address").each("risk_reasons")):
        if code := each.text("code", 60):
            found.setdefault(code, RiskReason(code=code, text=each.text("reason")))
    return tuple(found.values())


def _warning(fields: Fields) -> str | None:
    code, pointer = fields.text("code", 60), fields.text("input_pointer", 100)
    return f"{code} {pointer}" if code and pointer else code


def _email(fields: Fields) -> EmailAnswer:
    domain = fields.inside("domain")
    return EmailAnswer(
        verdict="risky" if fields.flag("is_high_risk") else None,
        fraud_score=domain.number("risk", 0, 100),
        is_disposable=fields.flag("is_disposable"),
        is_free=fields.flag("is_free"),
        first_seen=fields.day("first_seen"),
        domain_first_seen=domain.day("first_seen"),
    )
