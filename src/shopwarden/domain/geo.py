"""Distance on the globe, and how fast somebody must have travelled between two places."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_KM = 6371.0088
SHORTEST_TRAVEL = timedelta(minutes=1)
"""Two sightings closer in time count as this far apart: clocks differ, and dividing by zero tells nothing."""


class Sighting(NamedTuple):
    """A place somebody was seen at: degrees, radius of uncertainty in km, aware time."""

    latitude: float
    longitude: float
    accuracy_km: float
    at: datetime


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
    return apart / (max(abs(b.at - a.at), SHORTEST_TRAVEL) / timedelta(hours=1))
