"""Reads MaxMind-format files of any known kind: City, Country, ASN, ISP, Anonymous, Connection-Type, Enterprise, Risk."""

from __future__ import annotations

from pathlib import Path

import maxminddb
import msgspec

from shopwarden.domain.facts import IpFacts
from shopwarden.errors import StopError

RISKY = 50.0
"""IP risk (0.01 to 99) from which MaxMind's score is read as recent abuse."""

CONNECTION_TYPES = {
    "cable/dsl": "Residential",
    "dialup": "Residential",
    "satellite": "Satellite",
    "cellular": "Mobile",
    "corporate": "Corporate",
}
USER_TYPES = {
    "residential": "Residential",
    "consumer_privacy_network": None,
    "business": "Corporate",
    "government": "Corporate",
    "military": "Corporate",
    "college": "Education",
    "school": "Education",
    "library": "Education",
    "cellular": "Mobile",
    "hosting": "Data Center",
    "content_delivery_network": "Data Center",
    "search_engine_spider": "Data Center",
}


class _Named(msgspec.Struct):
    iso_code: str | None = None
    code: str | None = None
    names: dict[str, str] = {}


class _Location(msgspec.Struct):
    latitude: float | None = None
    longitude: float | None = None
    accuracy_radius: float | None = None
    time_zone: str | None = None


class _Traits(msgspec.Struct):
    """What the flat files say at the top level and the Enterprise file under `traits`."""

    autonomous_system_number: int | None = None
    autonomous_system_organization: str | None = None
    isp: str | None = None
    organization: str | None = None
    mobile_country_code: str | None = None
    connection_type: str | None = None
    user_type: str | None = None
    is_anonymous: bool | None = None
    is_anonymous_vpn: bool | None = None
    is_hosting_provider: bool | None = None
    is_public_proxy: bool | None = None
    is_residential_proxy: bool | None = None
    is_tor_exit_node: bool | None = None
    ip_risk: float | None = None


class _Record(_Traits):
    country: _Named | None = None
    registered_country: _Named | None = None
    subdivisions: list[_Named] = []
    city: _Named | None = None
    postal: _Named | None = None
    location: _Location | None = None
    traits: _Traits | None = None


class MmdbFile:
    """One open file; StopError if it is missing or no MaxMind-format file."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError) as problem:
            raise StopError(f"cannot read the IP database {path}: {problem}") from problem
        self.kind = self._reader.metadata().database_type
        self._lists_anonymisers = any(name in self.kind for name in ("Anonymous", "IP-Risk"))
        self._lists_residential_proxies = "Residential-Proxy" in self.kind
        self._has_ipv6 = self._reader.metadata().ip_version == 6

    def facts(self, ip: str) -> IpFacts:
        """What the file tells of a normalised address; a file of anonymisers says no by leaving the address out."""
        try:
            found = self._reader.get(ip) if self._has_ipv6 or ":" not in ip else None
            record = msgspec.convert(found or {}, _Record, strict=False)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return IpFacts(address=ip)
        if self._lists_residential_proxies:
            return IpFacts(address=ip, is_proxy=True if found else None)
        return self._read(ip, record)

    def close(self) -> None:
        self._reader.close()

    def _read(self, ip: str, record: _Record) -> IpFacts:
        traits = record.traits or record
        place = record.country or (record.registered_country if record.city is None else None)
        location = record.location or _Location()
        line = _connection_type(traits)
        unlisted = False if self._lists_anonymisers else None
        proxies = (traits.is_public_proxy, traits.is_residential_proxy)
        return IpFacts(
            address=ip,
            country=place.iso_code if place else None,
            region=_english(record.subdivisions[0]) if record.subdivisions else None,
            city=_english(record.city),
            postal_code=record.postal.code if record.postal else None,
            latitude=location.latitude,
            longitude=location.longitude,
            accuracy_km=location.accuracy_radius,
            timezone=location.time_zone,
            asn=traits.autonomous_system_number,
            organization=traits.organization or traits.autonomous_system_organization,
            isp=traits.isp,
            connection_type=line,
            is_hosting=_first_known(traits.is_hosting_provider, unlisted),
            is_vpn=_first_known(traits.is_anonymous_vpn, unlisted),
            is_proxy=True if any(proxies) else unlisted,
            is_tor=_first_known(traits.is_tor_exit_node, unlisted),
            is_mobile=True if line == "Mobile" or traits.mobile_country_code else None,
            recent_abuse=True if traits.ip_risk is not None and traits.ip_risk >= RISKY else None,
        )


def _connection_type(traits: _Traits) -> str | None:
    if traits.user_type and (kind := USER_TYPES.get(traits.user_type)):
        return kind
    return CONNECTION_TYPES.get((traits.connection_type or "").lower())


def _english(place: _Named | None) -> str | None:
    if place is None:
        return None
    return place.names.get("en") or next(iter(place.names.values()), None) or place.iso_code


def _first_known(*answers: bool | None) -> bool | None:
    return next((answer for answer in answers if answer is not None), None)
