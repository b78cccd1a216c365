"""MaxMind-format files written from the published test networks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPNetwork, IPSet

from shopwarden.vendors.offline.ip import IpLookup

NETWORKS = Path(__file__).parents[2] / "data" / "geoip"
LookupOf = Callable[..., IpLookup]


@pytest.fixture(scope="session")
def mmdb(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Path of the mmdb file of a kind such as "GeoIP2-City", written once."""
    folder, written = tmp_path_factory.mktemp("mmdb"), dict[str, Path]()

    def path_of(kind: str) -> Path:
        if kind not in written:
            writer = MMDBWriter(6, database_type=kind, ipv4_compatible=True, int_type="auto", float_type="f64")
            with gzip.open(NETWORKS / f"{kind}-Test.json.gz", "rt", encoding="utf-8") as file:
                for entry in json.load(file):
                    for network, record in entry.items():
                        writer.insert_network(IPSet([_as_written(network)]), record)
            written[kind] = folder / f"{kind}.mmdb"
            writer.to_db_file(str(written[kind]))
        return written[kind]

    return path_of


@pytest.fixture
def lookup_of(mmdb: Callable[[str], Path]) -> Iterator[LookupOf]:
    opened: list[IpLookup] = []

    def build(*kinds: str) -> IpLookup:
        opened.append(IpLookup([mmdb(kind) for kind in kinds]))
        return opened[-1]

    yield build
    for lookup in opened:
        lookup.close()


def _as_written(network: str) -> IPNetwork:
    """IPv4 networks are published as ::a.b.c.d/n of the IPv6 tree."""
    base, _, length = network.partition("/")
    if base.startswith("::") and "." in base:
        return IPNetwork(f"{base[2:]}/{int(length) - 96}")
    return IPNetwork(network)
