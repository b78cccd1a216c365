"""One spelling per address, and nobody talks us into a false one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.ip import client_ip, is_public, network_of, normalise_ip, parse_networks

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8"])
ADDRESSES = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 1.2.3.4 ", "1.2.3.4"),
        ("1.2.3.4:8080", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("[2001:DB8:0:0::1]:443", "2001:db8::1"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ('"[2001:db8::7]"', "2001:db8::7"),
        ("1.2.3", None),
        ("01.2.3.4", None),
        ("unknown", None),
        ("", None),
        ("1.2.3.4, 5.6.7.8", None),
        ("9" * 5000, None),
        ("\x00", None),
    ],
)
def test_one_spelling(text: str, expected: str | None) -> None:
    assert normalise_ip(text) == expected


@given(st.text() | ADDRESSES)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise_ip(text)
    assert once is None or normalise_ip(once) == once


def test_public_and_network() -> None:
    assert is_public("8.8.8.8")
    assert not any(map(is_public, ["10.1.1.1", "224.0.0.1", "::1", "fe80::1", "nonsense", "100.64.0.1"]))
    assert network_of("198.51.100.77") == "198.51.100.0/24"
    assert network_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert network_of("nonsense") is None


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "forwarded", "expected"),
    [
        ("203.0.113.5", "1.1.1.1", None, "203.0.113.5"),
        ("10.0.0.1", None, None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", None, "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.9", None, "198.51.100.7"),
        ("10.0.0.1", "10.0.0.7, 10.0.0.9", None, "10.0.0.7"),
        ("10.0.0.1", "198.51.100.7, unknown", None, "10.0.0.1"),
        ("10.0.0.1", "", None, "10.0.0.1"),
        ("fd00::1", "2001:db8::9", None, "2001:db8::9"),
        ("10.0.0.1", None, 'for=6.6.6.6, for="[2001:db8::9]:4711";proto=https', "2001:db8::9"),
        ("10.0.0.1", None, "for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("10.0.0.1", None, "proto=https;For=192.0.2.60", "192.0.2.60"),
        ("10.0.0.1", None, "for=_hidden", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "for=6.6.6.6", "198.51.100.7"),
        ("", "198.51.100.7", None, None),
    ],
)
def test_the_visitor_behind_proxies(
    peer: str, forwarded_for: str | None, forwarded: str | None, expected: str | None
) -> None:
    assert client_ip(peer, forwarded_for, PROXIES, forwarded) == expected


@given(ADDRESSES, st.text() | st.lists(ADDRESSES).map(", ".join), st.text())
def test_an_untrusted_peer_is_never_spoofed(peer: str, header: str, forwarded: str) -> None:
    assert client_ip(peer, header, (), forwarded) == normalise_ip(peer)


@given(st.lists(ADDRESSES, max_size=50), st.ip_addresses(v=4, network="198.51.100.0/24").map(str))
def test_what_the_sender_wrote_itself_never_counts(spoofed: list[str], real: str) -> None:
    assert client_ip("10.0.0.1", ", ".join([*spoofed, real]), PROXIES) == real


def test_a_wrong_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        parse_networks(["10.0.0.0/99"])
