"""The lists that come with the product: country and operator of a network; hosting, VPN, Tor and crawler ranges."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import geoip2fast
from iporigin.core import dataset

from shopwarden.domain.facts import IpFacts
from shopwarden.vendors.offline.network_kind import kind_of_organization

COUNTRY_FILE = "geoip2fast-asn-ipv6.dat.gz"
PRIVATE_RELAY = "Apple Private Relay"
"""A paid extra of ordinary phones that keeps the country right: listed as VPN, but no attempt to hide where one is."""


class Operator(NamedTuple):
    country: str | None
    organization: str | None


def operator_of(ip: str) -> Operator:
    """Country (two letters) and operator of a public address, from the bundled table; the first call loads it (~0.4 s)."""
    found = _country_table().lookup(ip)
    code, organization = str(found.country_code), str(found.asn_name).strip()
    return Operator(
        country=code if len(code) == 2 and code.isalpha() else None,
        organization=organization if organization and not organization.startswith("<") else None,
    )


def range_of(ip: str) -> tuple[str, str] | None:
    """(provider, kind) of the published range an address is in; kind is hosting, cdn, vpn, tor or bot; None if in none."""
    address = ip_address(ip)
    found = dataset().find(int(address), address.version)
    return None if found is None else (str(found[0]), str(found[1]))


def bundled_facts(ip: str) -> IpFacts:
    """All the bundled lists know of a public, normalised address."""
    country, organization = operator_of(ip)
    provider, kind = range_of(ip) or (None, None)
    is_relay = provider == PRIVATE_RELAY
    line = kind_of_organization(organization) if organization else None
    is_hosting = not is_relay and (kind in ("hosting", "cdn", "vpn", "bot") or line == "Data Center")
    is_listed = kind is not None and not is_relay
    return IpFacts(
        address=ip,
        country=country,
        organization=provider if is_relay else organization or provider,
        connection_type=None if is_relay else "Data Center" if is_hosting else line,
        is_hosting=None if kind == "tor" and not is_hosting else is_hosting,
        is_vpn=kind == "vpn" and not is_relay,
        is_tor=kind == "tor",
        is_crawler=kind == "bot",
        is_mobile=None if is_relay else True if line == "Mobile" and not is_listed else None,
    )


@cache
def _country_table() -> geoip2fast.GeoIP2Fast:
    return geoip2fast.GeoIP2Fast(geoip2fast_data_file=str(Path(geoip2fast.__file__).with_name(COUNTRY_FILE)))
