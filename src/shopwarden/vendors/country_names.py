"""Two-letter codes of countries that vendors write out in English."""

from __future__ import annotations

from functools import cache

from phonenumbers.geodata.locale import LOCALE_DATA

ALIASES = {
    "usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "korea": "KR", "republic of korea": "KR", "russian federation": "RU",
    "viet nam": "VN", "holland": "NL", "the netherlands": "NL", "czech republic": "CZ", "turkey": "TR", "türkiye": "TR",
    "ivory coast": "CI", "macedonia": "MK", "bosnia and herzegovina": "BA", "trinidad and tobago": "TT",
    "antigua and barbuda": "AG", "myanmar": "MM", "macau": "MO", "hong kong": "HK", "palestine": "PS",
}  # fmt: skip
"""Names in use beside the one of the locale data (Unicode CLDR)."""


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, names in LOCALE_DATA.items():
        name = names.get("en", "")
        # The data name another language that writes it the same way.
        name = names.get(name[1:], "") if name.startswith("*") else name
        if name and len(code) == 2:
            found[name.lower()] = code
    return found | ALIASES


def country_code(name: str | None) -> str | None:
    """The code, in upper case, of an English name or of a code itself; None for what is not known."""
    lower = (name or "").strip().lower()
    if len(lower) == 2 and lower.upper() in LOCALE_DATA:
        return lower.upper()
    return _codes().get(lower)
