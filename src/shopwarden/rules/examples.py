"""What an editor completes a name with: values it may have, and a condition that can be taken as it stands."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shopwarden.domain.advice import ADVICE
from shopwarden.domain.policy import LIST_KINDS
from shopwarden.domain.verdict import LEVELS
from shopwarden.rules.descriptions import describe
from shopwarden.rules.vocabulary import Name, NameType, vocabulary

PLATFORM_RISKS = ("none", "low", "medium", "high")
CLOSED: dict[str, Sequence[str]] = {
    "risk.level": LEVELS,
    "lists.allowed": LIST_KINDS,
    "lists.blocked": LIST_KINDS,
    "lists.watched": LIST_KINDS,
    "joined_by": ("session", "checkout", "customer", "email", "ip"),
    "order.platform_risk": PLATFORM_RISKS,
    "order.avs_result": ("Y", "A", "Z", "N", "U"),
    "order.cvv_result": ("M", "N", "P", "S", "U"),
    "customer.account_type": ("guest", "registered", "wholesale"),
    "customer.status": ("active", "inactive", "vip", "blocked"),
    "ip.connection_type": ("Residential", "Corporate", "Education", "Mobile", "Satellite", "Data Center"),
    "device.kind": ("desktop", "mobile", "tablet", "tv", "console", "bot"),
    "phone.kind": ("mobile", "fixed_line", "fixed_line_or_mobile", "voip", "toll_free", "premium_rate", "pager", "uan",
                   "unknown"),
    "vendor.maxmind_minfraud.opinion": ADVICE,
    "vendor.riskified_decide.opinion": ADVICE,
    "vendor.sift_score.opinion": ADVICE,
    "vendor.sendgrid_email.verdict": ("valid", "risky", "invalid"),
}  # fmt: skip
"""Names whose values are all known, in the order they are offered in."""

_TEXTS = {
    "country": "DE", "card_country": "US", "region": "BE", "city": "Berlin", "postal_code": "10115", "currency": "EUR",
    "address": "jane@example.com", "domain": "example.com", "number": "+4930123456", "timezone": "Europe/Berlin",
    "browser": "Chrome", "os": "Windows", "first_name": "Jane", "last_name": "Doe", "line1": "Main Street 1",
    "source_name": "web", "referrer_kind": "search", "screen": "1920x1080", "brand": "Apple", "model": "iPhone",
}  # fmt: skip
_NUMBERS = {
    "total": 500.0,
    "total_spent": 1000.0,
    "seconds": 20.0,
    "asn": 3320,
    "score": 50,
    "fraud_score": 80.0,
    "worst_score": 80.0,
    "fastest_travel_kmh": 900.0,
}
_OTHER_TEXTS = {"ip.address": "203.0.113.9", "device.languages": "de-DE", "risk.reasons": "ip.tor", "known": "ip.is_vpn",
                "vendor.answered": "sift.score"}  # fmt: skip
_SHARES = ("share", "rate", "agreement", "randomness", "rhythm")


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A name for an editor. `values`: all it may have, where they are known. `example` is a condition with it."""

    name: str
    type: NameType
    description: str
    values: tuple[str, ...]
    example_value: str
    example: str


def described() -> tuple[Described, ...]:
    """The whole vocabulary in alphabetical order, names without a part first."""
    return tuple(_described(each) for name, each in sorted(vocabulary().items(), key=lambda one: ("." in one[0], one[0])))


def _described(each: Name) -> Described:
    values = tuple(CLOSED.get(each.name, ("true", "false") if each.type == "bool" else ()))
    value = _value(each, values)
    return Described(
        name=each.name,
        type=each.type,
        description=describe(each.name),
        values=values,
        example_value=value,
        example=_example(each, value),
    )


def _value(each: Name, values: tuple[str, ...]) -> str:
    last = each.name.rpartition(".")[2]
    if each.type == "bool":
        return "true"
    if each.type in ("string", "list(string)"):
        return f'"{values[-1] if values else _OTHER_TEXTS.get(each.name) or _TEXTS.get(last, "...")}"'
    if each.type == "timestamp":
        return 'timestamp("2026-01-31T00:00:00Z")'
    number = _NUMBERS.get(last, 0.5 if any(word in last for word in _SHARES) else 3)
    return str(int(number)) if each.type == "int" else str(float(number))


def _example(each: Name, value: str) -> str:
    if each.type == "bool":
        return each.name
    if each.type == "list(string)":
        return f"{value} in {each.name}"
    if each.type == "timestamp":
        return f"{each.name} < {value}" if each.name == "at" else f'at - {each.name} < duration("24h")'
    return f"{each.name} == {value}" if each.type == "string" else f"{each.name} >= {value}"


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """An operator, function or macro: `insert` is what an editor puts, `$1` where the writer goes on."""

    word: str
    insert: str
    description: str
    example: str


def _word(word: str, insert: str, description: str, example: str) -> Word:
    return Word(word=word, insert=insert, description=description, example=example)


WORDS: tuple[Word, ...] = (
    _word("&&", " && $1", "Both hold.", "ip.is_vpn && order.total > 500.0"),
    _word("||", " || $1", "At least one holds.", "ip.is_vpn || ip.is_tor"),
    _word("!", "!$1", "It does not hold.", "!customer.email_verified"),
    _word("? :", " ? $1 : $2", "One or the other.", "ip.is_vpn ? order.total > 200.0 : order.total > 900.0"),
    _word("==", " == $1", "Is the same.", 'order.shipping.country == "DE"'),
    _word("!=", " != $1", "Is another one.", "order.billing.country != order.shipping.country"),
    _word("in", " in [$1]", "Is one of a list.", 'ip.country in ["DE", "AT", "CH"]'),
    _word("known", '"$1" in known', "Whether a fact is known at all.", '"ip.is_vpn" in known'),
    _word("contains()", '.contains("$1")', "The text holds another one.", 'email.address.contains("+")'),
    _word("startsWith()", '.startsWith("$1")', "The text begins with another one.", 'phone.number.startsWith("+49")'),
    _word("endsWith()", '.endsWith("$1")', "The text ends with another one.", 'email.domain.endsWith(".xyz")'),
    _word("matches()", '.matches("$1")', "The text fits a regular expression (RE2).", 'email.address.matches("[0-9]{6}@")'),
    _word("size()", "size($1)", "Length of a text, members of a list.", "size(risk.reasons) > 3"),
    _word("exists()", ".exists(each, $1)", "A member of a list fits.", 'risk.reasons.exists(each, each.startsWith("ip."))'),
    _word("all()", ".all(each, $1)", "All members of a list fit.", 'device.languages.all(each, each != "de-DE")'),
    _word("double()", "double($1)", "A whole number as one with decimals.", "double(order.item_count) > order.total / 10.0"),
    _word("duration()", 'duration("$1")', "A span of time: h, m, s.", 'at - customer.created_at < duration("1h30m")'),
    _word("timestamp()", 'timestamp("$1")', "A time.", 'customer.created_at > timestamp("2026-01-31T00:00:00Z")'),
    _word("getHours()", '.getHours("$1")', "Hour of a time, 0 to 23, in a time zone.", 'at.getHours("Europe/Berlin") < 6'),
    _word("getDayOfWeek()", '.getDayOfWeek("$1")', "Day of the week; 0 is Sunday.", 'at.getDayOfWeek("Europe/Berlin") == 0'),
)
