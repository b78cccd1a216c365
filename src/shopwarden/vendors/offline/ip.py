"""All that can be told of an IP address without a network: the user's own files first, the bundled lists after them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from msgspec.structs import asdict, replace

from shopwarden.domain.facts import IpFacts
from shopwarden.domain.ip import is_public, normalise_ip
from shopwarden.vendors.offline.countries import countries, only_time_zone_of
from shopwarden.vendors.offline.mmdb import MmdbFile
from shopwarden.vendors.offline.networks import bundled_facts

PLACE_FIELDS = ("country", "region", "city", "postal_code", "latitude", "longitude", "accuracy_km", "timezone")
CACHED_ADDRESSES = 100_000


class IpLookup:
    """Looks addresses up in the given MaxMind-format files (earlier ones win) and the bundled lists.

    StopError if a file cannot be read. The first public address loads the bundled tables (about half a second, ~115 MB):
    call `warm` at start.
    """

    def __init__(self, mmdb_paths: Sequence[Path] = (), cached: int = CACHED_ADDRESSES) -> None:
        self._files = tuple(MmdbFile(path) for path in mmdb_paths)
        self._cached = lru_cache(maxsize=cached)(self._look_up)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Database types of the user's own files, as the files name themselves."""
        return tuple(file.kind for file in self._files)

    def lookup(self, ip: str) -> IpFacts:
        """Facts of one address in any spelling; everything None for what is not an address."""
        return self._cached(ip)

    def warm(self) -> None:
        """Loads all tables now, so that no visitor waits for them."""
        bundled_facts("8.8.8.8")

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _look_up(self, ip: str) -> IpFacts:
        address = normalise_ip(ip)
        if address is None:
            return IpFacts(address=ip)
        if not is_public(address):
            return IpFacts(address=address, is_reserved=True)
        facts = IpFacts(address=address)
        for file in self._files:
            facts = merge(facts, file.facts(address))
        return _placed(_settled(merge(facts, bundled_facts(address)), is_line_known=facts.connection_type is not None))


def merge(first: IpFacts, second: IpFacts) -> IpFacts:
    """Both sources in one: the first wins, a yes beats a no, and the place comes whole from one of them."""
    ours, theirs = asdict(first), asdict(second)
    if first.country is not None or first.latitude is not None:
        theirs = {name: value for name, value in theirs.items() if name not in PLACE_FIELDS}
    for name, value in theirs.items():
        if ours[name] is None or (value is True and ours[name] is False):
            ours[name] = value
    return IpFacts(**ours)


def _settled(facts: IpFacts, *, is_line_known: bool) -> IpFacts:
    """Lets hosting outweigh a kind of line that was only guessed from the operator's name."""
    if facts.is_hosting and not is_line_known:
        return replace(facts, connection_type="Data Center")
    if facts.connection_type == "Mobile" and facts.is_mobile is None:
        return replace(facts, is_mobile=True)
    return facts


def _placed(facts: IpFacts) -> IpFacts:
    """Gives an address of which only the country is known that country's radius, and its middle where none is given."""
    if facts.country is None:
        return facts
    country = countries().get(facts.country)
    if country is None:
        return facts
    if facts.latitude is not None:
        # Files put what they know only the country of into its middle, with a radius that leaves most of it out.
        known_better = facts.city is not None or facts.region is not None or facts.accuracy_km is None
        return facts if known_better else replace(facts, accuracy_km=max(facts.accuracy_km or 0.0, country.radius_km))
    return replace(
        facts,
        latitude=country.latitude,
        longitude=country.longitude,
        accuracy_km=country.radius_km,
        timezone=facts.timezone or only_time_zone_of(facts.country),
    )
