"""IP addresses as text: one spelling each, the visitor's address behind trusted proxies, the network around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

LONGEST_TEXT = 100
MOST_HOPS = 32
_V4_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}", re.ASCII)
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::\d{1,5})?", re.ASCII)
_FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("?)([^";]*)\1\s*(?=;|$)', re.IGNORECASE)


@lru_cache(maxsize=65_536)
def normalise_ip(text: str) -> str | None:
    """The one spelling of an address: compressed IPv6, IPv4-mapped IPv6 as IPv4; ports, brackets and zones dropped.

    None for anything that is not an address.
    """
    address = _parse(text)
    return None if address is None else str(address)


@lru_cache(maxsize=65_536)
def is_public(ip: str) -> bool:
    """True for a unicast address of the public Internet; False for private, reserved and unreadable ones."""
    address = _parse(ip)
    return address is not None and address.is_global and not address.is_multicast


@lru_cache(maxsize=65_536)
def network_of(ip: str) -> str | None:
    """The network one customer line usually has: /24 of IPv4, /64 of IPv6; None for garbage."""
    address = _parse(ip)
    if address is None:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks from "10.0.0.0/8" or single addresses; ValueError names the one that cannot be read."""
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ip_network(text.strip(), strict=False))
        except ValueError:
            raise ValueError(f"not an IP network: {text[:LONGEST_TEXT]!r}") from None
    return tuple(networks)


def client_ip(peer: str, forwarded_for: str | None, trusted: Sequence[Network], forwarded: str | None = None) -> str | None:
    """The visitor's address: the right-most hop no trusted proxy vouches for itself.

    `peer` is the other end of the connection; `forwarded_for` the X-Forwarded-For header (several joined by commas);
    `forwarded` the RFC 7239 Forwarded header, read only where X-Forwarded-For is missing. A peer that is not trusted is
    the visitor, whatever it claims. None if the peer itself is not an address.
    """
    nearest = normalise_ip(peer)
    networks = tuple(trusted)
    if nearest is None or not _is_within(nearest, networks):
        return nearest
    for hop in _hops_from_the_right(forwarded_for, forwarded):
        address = normalise_ip(hop)
        if address is None:
            return nearest
        nearest = address
        if not _is_within(address, networks):
            return address
    return nearest


def _hops_from_the_right(forwarded_for: str | None, forwarded: str | None) -> Iterator[str]:
    header = forwarded_for if forwarded_for is not None else forwarded
    if not header or not header.strip():
        return
    # The left end of an over-long header is what the sender wrote, so it is cut there.
    for hop in reversed(header.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
        if forwarded_for is not None:
            yield hop
        else:
            found = _FORWARDED_FOR.search(hop)
            yield found.group(2) if found else ""


@lru_cache(maxsize=65_536)
def _is_within(ip: str, networks: tuple[Network, ...]) -> bool:
    address = ip_address(ip)
    return any(address in network for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    if len(text) > LONGEST_TEXT:
        return None
    bare = text.strip().strip('"')
    if match := _BRACKETED.fullmatch(bare) or _V4_WITH_PORT.fullmatch(bare):
        bare = match.group(1)
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
