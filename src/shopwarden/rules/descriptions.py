"""What each name of the vocabulary means: the facts' own words from their source, else their names read aloud."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from functools import cache

import msgspec

from shopwarden.domain import facts as facts_module
from shopwarden.domain.facts import Facts
from shopwarden.rules.vocabulary import vocabulary, without_none

PARTS: dict[str, str] = {
    "store": "Store", "order": "Order", "order.billing": "Billing address", "order.shipping": "Shipping address",
    "customer": "Customer", "visitor": "Visitor", "session": "Session", "ip": "IP address", "device": "Device",
    "email": "E-mail address", "phone": "Phone number", "velocity": "Velocity", "crowd": "Crowd",
}  # fmt: skip
"""How a part of the facts is called before a colon."""

SAID: dict[str, str] = {
    "at": "The time of the decision.",
    "crowd.ip": "How many different people are known to use the IP address.",
    "crowd.address": "How many different people are known to use the shipping address.",
    "crowd.device": "How many different people are known to use the device.",
    "customer.email_verified": "Whether the e-mail address was verified.",
    "customer.phone_verified": "Whether the phone number was verified.",
    "customer.total_spent": "Money spent before this order.",
    "customer.usual_order_value": "Median value of earlier orders.",
    "device.fingerprint": "What the device is known by.",
    "ip.recent_abuse": "Whether abuse was reported lately.",
    "order.distinct_cards_tried": "How many different cards were tried.",
    "order.distinct_items": "How many different items.",
    "order.item_count": "How many pieces altogether.",
    "order.total": "Its value in its currency.",
    "order.card_country": "Country of the card's bank, two letters.",
    "session.seconds": "How long the visit lasted, in seconds.",
    "session.seconds_to_checkout": "Seconds from the first page to the checkout.",
    "visitor.avg_session_seconds": "Mean length of the visits, in seconds.",
    "visitor.device_changes": "How often the device changed.",
    "visitor.location_changes": "How often the place changed.",
}
"""Where a field's name alone says too little, and its source says no more."""

_SPANS = {"h1": "in the hour before", "h24": "in the 24 hours before", "d7": "in the 7 days before"}
_WORDS = {
    "vpn": "a VPN", "tor": "Tor", "ip": "IP address", "mx": "a mail server", "asn": "autonomous system number (ASN)",
    "isp": "internet provider", "os": "operating system", "km": "in kilometres", "kmh": "in km/h", "avs": "AVS",
    "cvv": "CVV", "po": "a PO", "email": "e-mail address", "emails": "e-mail addresses", "ips": "IP addresses",
    "proxy": "a proxy", "hosting": "a hosting provider", "crawler": "a crawler", "bot": "a bot", "1h": "in the hour before",
    "24h": "in the 24 hours before", "at": "time", "line1": "first line", "line2": "second line", "role": "a role address",
}  # fmt: skip


@cache
def describe(name: str) -> str:
    """A sentence for the name; its part comes first where several parts have a fact of this name."""
    known = vocabulary()[name]
    if known.about:
        return known.about
    branch, _, last = name.rpartition(".")
    part = PARTS.get(branch, "")
    if last in _SPANS and branch.startswith("velocity."):
        return f"{_aloud(branch.partition('.')[2])} {_SPANS[last]}; this order is not counted."
    told = SAID.get(name) or _documented().get(_owner(name), {}).get(last) or f"{_aloud(last, known.type)}."
    if not part:
        return told
    return f"{part}: {told if told[1:2].isupper() else told[:1].lower() + told[1:]}"


def _aloud(name: str, kind: str = "") -> str:
    if kind == "bool" and (found := re.match(r"(is|has)_(.*)", name)):
        verb = "it is" if found[1] == "is" else "it has"
        return f"Whether {verb} {_spoken(found[2])}"
    told = _spoken(name)
    return f"{told[:1].upper()}{told[1:]}"


def _spoken(name: str) -> str:
    return " ".join(_WORDS.get(word, word) for word in name.split("_"))


def _owner(name: str) -> str:
    """The struct that has the last field of a dotted path."""
    struct: type[msgspec.Struct] = Facts
    for step in name.split(".")[:-1]:
        inner = without_none(typing.get_type_hints(struct)[step])
        if not (isinstance(inner, type) and issubclass(inner, msgspec.Struct)):
            return ""
        struct = inner
    return struct.__name__


@cache
def _documented() -> dict[str, dict[str, str]]:
    """Struct -> field -> the text under the field, as it stands in the source."""
    tree = ast.parse(inspect.getsource(facts_module))
    return {each.name: _fields_of(each) for each in tree.body if isinstance(each, ast.ClassDef)}


def _fields_of(struct: ast.ClassDef) -> dict[str, str]:
    found = {}
    for field, below in zip(struct.body, struct.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            found[field.target.id] = " ".join(below.value.value.split())
    return found
