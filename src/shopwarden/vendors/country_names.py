"""Two-letter codes of countries that vendors write out in English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import phonenumbers

ALIASES = {
    "usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "korea": "KR", "republic of korea": "KR", "russian federation": "RU",
    "viet nam": "VN", "holland": "NL", "the netherlands": "NL", "czech republic": "CZ", "turkey": "TR", "türkiye": "TR",
    "ivory coast": "CI", "macedonia": "MK", "bosnia and herzegovina": "BA", "trinidad and tobago": "TT",
    "antigua and barbuda": "AG", "myanmar": "MM", "macau": "MO", "hong kong": "HK", "palestine": "PS",
}  # fmt: skip
"""Names in use beside the one of the locale data (Unicode CLDR)."""


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    """Code -> language -> name. The file is read alone: its package would load 70 MB of places of phone numbers."""
    file = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    spec = spec_from_file_location("phonenumbers.names_of_countries.locale", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Mapping[str, Mapping[str, str]] = module.LOCALE_DATA
    return found


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, names in _names().items():
        name = names.get("en", "")
        # The data name another language that writes it the same way.
        name = names.get(name[1:], "") if name.startswith("*") else name
        if name and len(code) == 2:
            found[name.lower()] = code
    return found | ALIASES


def country_code(name: str | None) -> str | None:
    """The code, in upper case, of an English name or of a code itself; None for what is not known."""
    lower = (name or "").strip().lower()
    if len(lower) == 2 and lower.upper() in _names():
        return lower.upper()
    return _codes().get(lower)
