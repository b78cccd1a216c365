"""Where a country is, how far it reaches and which time zones it keeps."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Country(NamedTuple):
    """Middle of a country in degrees, and the radius in km that holds its main land."""

    latitude: float
    longitude: float
    radius_km: float
    time_zones: tuple[str, ...]


@cache
def countries() -> dict[str, Country]:
    """All ISO 3166-1 countries (and Kosovo) by two-letter code."""
    with files(__package__).joinpath("data/countries.csv").open(encoding="utf-8") as lines:
        return {
            row["country"]: Country(
                float(row["latitude"]), float(row["longitude"]), float(row["radius_km"]), tuple(row["time_zones"].split())
            )
            for row in csv.DictReader(lines)
        }


def time_zones_of(country: str) -> tuple[str, ...]:
    """IANA time zones kept in a country; empty for an unknown code."""
    found = countries().get(country)
    return () if found is None else found.time_zones


def only_time_zone_of(country: str) -> str | None:
    """The time zone of a country that keeps a single one."""
    zones = time_zones_of(country)
    return zones[0] if len(zones) == 1 else None
