"""The bodies of IPQualityScore's answers."""

from __future__ import annotations

from collections.abc import Mapping

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from shopwarden.sandbox.dice import Dice
from shopwarden.sandbox.mail import Mail, mail_of
from shopwarden.sandbox.places import Place, place_of

_LINES = {
    PhoneNumberType.MOBILE: "Wireless",
    PhoneNumberType.FIXED_LINE: "Landline",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "Wireless",
    PhoneNumberType.VOIP: "VOIP",
    PhoneNumberType.TOLL_FREE: "Toll Free",
}


def about_ip(ip: str, options: Mapping[str, str], dice: Dice) -> dict[str, object]:
    """An address; device fields with `user_agent`, `transaction_details` with a billing field or an amount."""
    place = place_of(ip, dice)
    body = _unknown_ip() if place is None else _known_ip(place)
    if options.get("user_agent"):
        body |= {"operating_system": "N/A", "browser": "N/A", "device_brand": "N/A", "device_model": "N/A"}
    if any(name.startswith(("billing_", "shipping_")) or name == "order_amount" for name in options):
        body["transaction_details"] = _transaction(options, place.risk if place else 0.2, dice)
    return body


def _known_ip(place: Place) -> dict[str, object]:
    own, city = place.dice, place.city
    line = "Data Center" if place.hosting else "Mobile" if place.mobile else "Residential"
    abuse = place.risk > 0.85
    return {
        "fraud_score": 100 if place.tor else round(place.risk * 100),
        "country_code": place.country.code,
        "region": city.region if city else "N/A",
        "city": city.name if city else "N/A",
        "zip_code": "N/A",
        "latitude": city.latitude if city else 0.0,
        "longitude": city.longitude if city else 0.0,
        "timezone": city.time_zone if city else "N/A",
        "ISP": place.operator,
        "ASN": own.whole("asn", 1000, 64000),
        "organization": place.operator,
        "host": f"host-{own.token('host', 6)}.example.net",
        "is_crawler": place.crawler,
        "mobile": place.mobile,
        "proxy": place.hidden,
        "vpn": place.vpn,
        "tor": place.tor,
        "active_vpn": place.vpn and own.happens("active", 0.5),
        "active_tor": place.tor,
        "recent_abuse": abuse,
        "bot_status": place.crawler or (abuse and own.happens("bot", 0.4)),
        "frequent_abuser": place.risk > 0.92,
        "high_risk_attacks": place.risk > 0.96,
        "shared_connection": place.mobile,
        "dynamic_connection": not place.hosting,
        "security_scanner": False,
        "trusted_network": False,
        "connection_type": line,
        "abuse_velocity": "high" if place.risk > 0.9 else "medium" if place.risk > 0.75 else "none",
        "abuse_events": ["Chargeback Fraud"] if place.risk > 0.92 else [],
    }


def _unknown_ip() -> dict[str, object]:
    return {
        "fraud_score": 0,
        "country_code": "N/A",
        "region": "N/A",
        "city": "N/A",
        "ISP": "N/A",
        "ASN": 0,
        "organization": "N/A",
        "is_crawler": False,
        "timezone": "N/A",
        "mobile": False,
        "proxy": False,
        "vpn": False,
        "tor": False,
        "recent_abuse": False,
        "bot_status": False,
        "connection_type": "Premium required.",
        "abuse_velocity": "Premium required.",
    }


def _transaction(options: Mapping[str, str], ip_risk: float, dice: Dice) -> dict[str, object]:
    mail = mail_of(options.get("billing_email", ""), dice)
    risk = max(ip_risk, mail.risk if mail.valid else 0.3)
    return {
        "risk_score": round(risk * 100),
        "risk_factors": ["IP address has a history of abuse"] if risk > 0.75 else [],
        "valid_billing_address": None,
        "valid_billing_email": mail.exists if mail.valid else None,
        "risky_billing_phone": None,
        "fraudulent_behavior": risk > 0.92,
        "leaked_billing_email": mail.dice.happens("leaked", 0.4) if mail.valid else None,
        "user_activity": "low",
    }


def about_mail(address: str, dice: Dice) -> dict[str, object]:
    """A mail address."""
    mail = mail_of(address, dice)
    own = mail.dice
    age = {"human": "12 years ago", "timestamp": 1385000000, "iso": "2013-11-21T02:13:20-05:00"}
    return {
        "valid": mail.exists,
        "disposable": mail.disposable,
        "smtp_score": 3 if mail.exists else -1,
        "overall_score": 4 if mail.exists and mail.risk < 0.4 else 2 if mail.exists else 0,
        "first_name": "Unknown",
        "generic": mail.role,
        "common": mail.free,
        "dns_valid": mail.valid,
        "honeypot": mail.risk > 0.97,
        "deliverability": "high" if mail.exists and mail.risk < 0.4 else "medium" if mail.exists else "low",
        "frequent_complainer": own.happens("complainer", 0.03),
        "spam_trap_score": "high" if mail.risk > 0.95 else "none",
        "catch_all": own.happens("catch_all", 0.1) and not mail.free,
        "timed_out": False,
        "suspect": 0.4 < mail.risk < 0.75,
        "recent_abuse": mail.risk > 0.85,
        "fraud_score": _mail_score(mail),
        "suggested_domain": mail.suggestion or "N/A",
        "leaked": own.happens("leaked", 0.4),
        "domain_age": age,
        "first_seen": _first_seen(mail),
        "domain_trust": "trusted" if mail.free else "not_rated",
        "sanitized_email": mail.address,
        "domain_velocity": "Premium required.",
        "user_activity": "Premium required.",
        "associated_names": {"status": "Premium required.", "names": []},
        "associated_phone_numbers": {"status": "Premium required.", "phone_numbers": []},
        "risky_tld": mail.host.endswith((".xyz", ".top", ".click")),
        "spf_record": mail.valid,
        "dmarc_record": mail.free,
        "mx_records": [f"mx.{mail.host}"] if mail.valid else [],
        "a_records": [],
    }


def _mail_score(mail: Mail) -> int:
    return 100 if not mail.valid else round(mail.risk * 100)


def _first_seen(mail: Mail) -> dict[str, object]:
    if mail.risk > 0.8:
        return {"human": "just now", "timestamp": 1795000000, "iso": "2026-11-18T05:46:40-05:00"}
    year = mail.dice.whole("seen", 2009, 2024)
    stamp = 1230768000 + (year - 2009) * 31_556_952
    return {"human": f"{2026 - year} years ago", "timestamp": stamp, "iso": f"{year}-01-01T00:00:00-05:00"}


def about_phone(number: str, country: str, dice: Dice) -> dict[str, object]:
    """A phone number, read with `country` (two letters) where it is not international."""
    own = dice.about("phone", "".join(sign for sign in number if sign.isdigit()))
    try:
        parsed = phonenumbers.parse(number if number.strip().startswith("+") or country else f"+{number}", country or None)
    except phonenumbers.NumberParseException:
        parsed = None
    valid = parsed is not None and phonenumbers.is_valid_number(parsed)
    kind = _LINES.get(phonenumbers.number_type(parsed), "Unknown") if parsed is not None and valid else "Unknown"
    risk = own.risk() if valid else 0.9
    voip = kind == "VOIP" or (valid and own.happens("voip", 0.06))
    return {
        "formatted": _format(parsed, PhoneNumberFormat.E164) if valid else "N/A",
        "local_format": _format(parsed, PhoneNumberFormat.NATIONAL) if valid else "N/A",
        "valid": valid,
        "fraud_score": round(risk * 100),
        "recent_abuse": risk > 0.85,
        "VOIP": voip,
        "prepaid": own.happens("prepaid", 0.15) if valid else None,
        "risky": risk > 0.75,
        "active": valid and own.happens("active", 0.93),
        "active_status": "N/A",
        "carrier": own.pick("carrier", ("Northern Mobile", "Atlas Telecom", "Bluewave")) if valid else "N/A",
        "line_type": "VOIP" if voip else kind,
        "country": phonenumbers.region_code_for_number(parsed) or "N/A" if parsed is not None and valid else "N/A",
        "city": "N/A",
        "zip_code": "N/A",
        "region": "N/A",
        "dialing_code": parsed.country_code if parsed is not None and valid else 0,
        "timezone": "N/A",
        "do_not_call": own.happens("do_not_call", 0.2),
        "leaked": own.happens("leaked", 0.3),
        "spammer": risk > 0.9,
        "name": "N/A",
        "user_activity": "Premium required.",
        "associated_email_addresses": {"status": "Premium required.", "emails": []},
        "mnc": "N/A",
        "mcc": "N/A",
        "accurate_country_code": valid,
        "sms_domain": "N/A",
        "sms_email": "N/A",
    }


def _format(parsed: phonenumbers.PhoneNumber | None, shape: int) -> str:
    return phonenumbers.format_number(parsed, shape) if parsed is not None else "N/A"
