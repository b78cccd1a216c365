"""What the form of a postal address tells: complete for its country, a post box, a freight forwarder's warehouse."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

from msgspec.structs import replace

from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.place import fold, normalise_place

NEED_REGION = frozenset({"US", "CA", "AU"})
NEED_NO_CITY = frozenset({"SG", "HK", "MO", "MC", "VA", "GI"})
NEED_NO_POSTAL_CODE = frozenset({"AR", "CL", "CO", "IE", "PE", "SA", "VN"})
"""Countries with postal codes that their own people leave out."""

_BOX_BY_COUNTRY = {
    "SE": re.compile(r"^box \d"),
    "FI": re.compile(r"^pl \d"),
    "HU": re.compile(r"\bpf\W{0,2}\d"),
    "TR": re.compile(r"\bp\W?k\W{0,2}\d"),
    "IT": re.compile(r"\bc\W?p\W{1,2}\d"),
    "CH": re.compile(r"\bc\W?p\W{1,2}\d"),
    "US": re.compile(r"^box \d"),
}


def read_place(place: PlaceFacts) -> PlaceFacts:
    """The address normalised, with post box, forwarder and validity told; None where street or country are missing.

    In countries without street delivery (the Gulf states, much of Africa) a post box is the ordinary address.
    """
    tidy = normalise_place(place)
    street = fold(" ".join(part for part in (tidy.line1, tidy.line2) if part))
    return replace(
        tidy,
        is_po_box=_is_box(street, tidy.country) if street else None,
        is_freight_forwarder=_is_forwarder(street, tidy) if street else None,
        is_valid=None if tidy.country is None else not faults_of(tidy),
    )


def faults_of(place: PlaceFacts) -> tuple[str, ...]:
    """What is wrong with a normalised address of a known country: "line1 missing", "postal_code does not fit FR"."""
    country = place.country or ""
    faults = []
    if not place.line1:
        faults.append("line1 missing")
    if not place.city and country not in NEED_NO_CITY:
        faults.append("city missing")
    if not place.region and country in NEED_REGION:
        faults.append("region missing")
    pattern = _postal_codes().get(country)
    if pattern is not None and not place.postal_code and country not in NEED_NO_POSTAL_CODE:
        faults.append("postal_code missing")
    elif pattern is not None and place.postal_code and not pattern.fullmatch(place.postal_code):
        faults.append(f"postal_code does not fit {country}")
    return tuple(faults)


@cache
def _postal_codes() -> dict[str, re.Pattern[str]]:
    with files(__package__).joinpath("data/postal_codes.tsv").open(encoding="utf-8") as lines:
        return {row["country"]: re.compile(row["pattern"], re.ASCII) for row in csv.DictReader(lines, delimiter="\t")}


@cache
def _any_of(file: str) -> re.Pattern[str]:
    """The patterns of a list, one to a line, as one; they are matched against folded text."""
    return re.compile("|".join(files(__package__).joinpath("data", file).read_text(encoding="utf-8").split("\n")).strip("|"))


def _is_box(street: str, country: str | None) -> bool:
    local = _BOX_BY_COUNTRY.get(country or "")
    return _any_of("post_boxes.txt").search(street) is not None or (local is not None and local.search(street) is not None)


def _is_forwarder(street: str, place: PlaceFacts) -> bool:
    names = fold(" ".join(part for part in (place.first_name, place.last_name) if part))
    return _any_of("freight_forwarders.txt").search(f"{names} | {street}") is not None
