"""Distance on the globe, and how fast somebody must have travelled between two places."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from shopwarden.domain.facts import IpFacts

EARTH_RADIUS_KM = 6371.0088
SHORTEST_TRAVEL_SECONDS = 60.0
"""Two sightings closer in time count as this far apart: clocks differ, and dividing by zero tells nothing."""

WIDEST_RADIUS_KM = 500.0
"""A circle wider than this is a country, not a place."""
UNSTATED_CITY_KM = 100.0
"""Radius of a city whose source states none."""
ROVING_CONNECTIONS = frozenset({"mobile", "cellular", "satellite", "data center"})


class Sighting(NamedTuple):
    """A place somebody was seen at: degrees, radius of uncertainty in km, Unix seconds."""

    latitude: float
    longitude: float
    accuracy_km: float
    at: float


def haversine_km(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    """Great-circle distance in km between two points in degrees (haversine formula, mean Earth radius)."""
    half_latitude = radians(latitude_b - latitude_a) / 2
    half_longitude = radians(longitude_b - longitude_a) / 2
    chord = sin(half_latitude) ** 2 + cos(radians(latitude_a)) * cos(radians(latitude_b)) * sin(half_longitude) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


def travel_speed_kmh(a: Sighting, b: Sighting) -> float:
    """Least speed in km/h that explains both sightings, their accuracy radii taken off; 0 where the circles meet."""
    uncertain = max(0.0, a.accuracy_km) + max(0.0, b.accuracy_km)
    apart = haversine_km(a.latitude, a.longitude, b.latitude, b.longitude) - uncertain
    if apart <= 0:
        return 0.0
    return apart / (max(abs(b.at - a.at), SHORTEST_TRAVEL_SECONDS) / 3600.0)


def whereabouts(facts: IpFacts) -> tuple[float, float, float] | None:
    """Latitude, longitude and radius in km of where the user of an address is; None where the address does not tell.

    Carriers lead a whole country through one gateway and relays through another; a satellite's users share its ground
    station; and of a place known no better than its country there is nothing to measure from.
    """
    if facts.latitude is None or facts.longitude is None or facts.is_reserved:
        return None
    if facts.is_mobile or facts.is_vpn or facts.is_proxy or facts.is_tor or facts.is_hosting or facts.is_crawler:
        return None
    if (facts.connection_type or "").casefold() in ROVING_CONNECTIONS:
        return None
    radius = facts.accuracy_km
    if radius is None:
        radius = UNSTATED_CITY_KM if facts.city else WIDEST_RADIUS_KM + 1
    return None if radius > WIDEST_RADIUS_KM else (facts.latitude, facts.longitude, max(0.0, radius))
