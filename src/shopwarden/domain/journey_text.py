"""Texts out of events, made fit to show: with personal data, or with whatever looks like it taken out."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from shopwarden.domain.masking import HIDDEN

LONGEST = 300

_PERSONAL = (
    re.compile(r"[^\s/?#&=<>()\"',;]+@[^\s/?#&=<>()\"',;]+"),  # e-mail addresses, however odd
    re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{0,4})(?![\w:])"),
)
# Shops number their products with many digits: in an address only what begins like a phone number is one.
_PHONE = re.compile(r"(?:\+|\b00)[\d][\d\s()./-]{5,}\d")
_DIGITS = re.compile(r"\+?\d[\d\s()./-]{5,}\d")

# Whoever has the address of a checkout or of an order's page can open it.
_TOKEN = re.compile(r"(/(?:checkouts?|orders?)/(?:[a-z]{2}/)?)[^/]{8,}")

Show = Callable[[str | None], str | None]


def whole(text: str | None) -> str | None:
    """As it is, cut to a length that can be shown."""
    return text[:LONGEST] if text else None


def without_people(text: str | None) -> str | None:
    """Free text without e-mail addresses, IP addresses and numbers long enough to be a phone's."""
    if not text:
        return None
    for pattern in (*_PERSONAL, _DIGITS):
        text = pattern.sub(HIDDEN, text)
    return text[:LONGEST]


def page_without_people(address: str | None) -> str | None:
    """A page's path or address without query, e-mail and IP addresses, phone numbers and the tokens of checkouts."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return HIDDEN
    path = unquote(parts.path)
    for pattern in (*_PERSONAL, _PHONE):
        path = pattern.sub(HIDDEN, path)
    path = _TOKEN.sub(rf"\1{HIDDEN}", path)
    return f"{parts.scheme + '://' if parts.scheme and host else ''}{host}{path}"[:LONGEST] or None
