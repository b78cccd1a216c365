"""Postal addresses as text: one tidy form, and one key under which the same address is counted."""

from __future__ import annotations

import re
from unicodedata import combining, normalize

from msgspec.structs import replace

from shopwarden.domain.facts import PlaceFacts

LONGEST_LINE = 255

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_NO_WORD = re.compile(r"[^\w#]+")
_UNIT = re.compile(
    r"(?:\b(?:apartment|apt|apto|appt|suite|ste|unit|flat|room|rm|no|nr|num|numero|numéro|top|whg)\b[ #]*|# *)(?=\w)"
)
_STREET_ENDING = re.compile(r"stra(?:ss|ß)e\b|\bstreet\b")
_SHORT_FORMS = """
ave avenue av avenida avda|rd road|blvd boulevard bd|dr drive|ln lane|ct court|pl place plaza platz piazza
sq square|hwy highway|pkwy parkway|ter terrace|cir circle|cres crescent|cl close|fl floor|bldg building
st saint sankt|ste sainte|r rue rua|c calle|v via|n north|s south|e east|w west|ne northeast|nw northwest
se southeast|sw southwest|mt mount|ft fort|1st first|2nd second|3rd third
"""
"""Each group: the short form, then the words it stands for."""

_ABBREVIATIONS = {
    long: group.split()[0] for group in _SHORT_FORMS.strip().replace("\n", "|").split("|") for long in group.split()[1:]
}


def normalise_place(place: PlaceFacts) -> PlaceFacts:
    """The same address with blanks folded, control characters gone, codes in upper case and empty parts None."""
    country = _tidy(place.country)
    postal_code = _tidy(place.postal_code)
    return replace(
        place,
        first_name=_tidy(place.first_name),
        last_name=_tidy(place.last_name),
        line1=_tidy(place.line1),
        line2=_tidy(place.line2),
        city=_tidy(place.city),
        region=_tidy(place.region),
        postal_code=postal_code.upper() if postal_code else None,
        country=country.upper() if country and len(country) == 2 and country.isascii() and country.isalpha() else None,
    )


def place_key(place: PlaceFacts) -> str:
    """A key two spellings of one address share: country, postal code (or city), street with number and unit.

    Names of persons are no part of it. Empty without a street line: such an address identifies nothing.
    """
    street = _folded_street(" ".join(part for part in (place.line1, place.line2) if part))
    if not street:
        return ""
    country = (place.country or "").upper()
    code = re.sub(r"[\W_]+", "", fold(place.postal_code or ""))
    if country == "US":
        code = code[:5]
    return "|".join((country, code or _NO_WORD.sub(" ", fold(place.city or "")).strip(), street))


def fold(text: str) -> str:
    """Without case and accents, for comparing."""
    spread = normalize("NFKD", normalize("NFKD", text).casefold())
    return normalize("NFC", "".join(mark for mark in spread if not combining(mark)))


def _folded_street(text: str) -> str:
    words = _STREET_ENDING.sub("st", _NO_WORD.sub(" ", fold(text).replace("'", "").replace(".", " ")))
    words = re.sub(r"str\b", "st", _UNIT.sub("#", words))
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words.split())


def _tidy(text: str | None) -> str | None:
    if text is None:
        return None
    return _BLANKS.sub(" ", normalize("NFC", text[:LONGEST_LINE])).strip() or None
