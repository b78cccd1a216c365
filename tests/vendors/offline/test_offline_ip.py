"""What the offline look-up says of an address, from published test networks and from the bundled lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.facts import IpFacts
from shopwarden.errors import StopError
from shopwarden.vendors.offline.ip import IpLookup, merge

LookupOf = Callable[..., IpLookup]
BUNDLED = IpLookup()


def test_a_city_file_gives_place_accuracy_and_time_zone(lookup_of: LookupOf) -> None:
    facts = lookup_of("GeoIP2-City").lookup("216.160.83.57")
    assert (facts.country, facts.region, facts.city, facts.postal_code) == ("US", "Washington", "Milton", "98354")
    assert (facts.latitude, facts.longitude, facts.accuracy_km) == (47.2513, -122.3149, 22)
    assert facts.timezone == "America/Los_Angeles"


def test_isp_and_asn_files_give_operator_and_number(lookup_of: LookupOf) -> None:
    facts = lookup_of("GeoIP2-ISP").lookup("1.128.0.1")
    assert (facts.asn, facts.isp, facts.organization) == (1221, "Telstra Internet", "Telstra Internet")
    facts = lookup_of("GeoLite2-ASN").lookup("1.128.0.1")
    assert (facts.asn, facts.isp, facts.organization) == (1221, None, "Telstra Pty Ltd")


@pytest.mark.parametrize("kind", ["GeoIP2-Anonymous-IP", "GeoIP-Anonymous-Plus"])
@pytest.mark.parametrize(
    ("ip", "vpn", "proxy", "tor", "hosting"),
    [
        ("6.1.0.1", True, False, False, False),
        ("6.1.0.2", False, False, False, True),
        ("6.1.0.3", False, True, False, False),
        ("6.1.0.4", False, True, False, False),
        ("65.0.0.1", False, False, True, None),
        ("2001:480:3a::1", False, True, False, False),
        ("81.2.69.7", True, True, True, True),
    ],
)
def test_anonymiser_files_say_yes_and_no(
    lookup_of: LookupOf, kind: str, ip: str, vpn: bool, proxy: bool, tor: bool, hosting: bool | None
) -> None:
    facts = lookup_of(kind).lookup(ip)
    assert (facts.is_vpn, facts.is_proxy, facts.is_tor) == (vpn, proxy, tor)
    assert hosting is None or facts.is_hosting is hosting


def test_residential_proxies_connection_types_and_risk(lookup_of: LookupOf) -> None:
    assert lookup_of("GeoIP-Residential-Proxy").lookup("21.4.181.220").is_proxy is True
    assert lookup_of("GeoIP-Residential-Proxy").lookup("81.2.69.142").is_proxy is None
    mobile = lookup_of("GeoIP2-Connection-Type").lookup("1.0.1.9")
    assert (mobile.connection_type, mobile.is_mobile) == ("Mobile", True)
    risk = lookup_of("GeoIP2-IP-Risk")
    assert risk.lookup("6.1.2.1").recent_abuse is True
    assert risk.lookup("55.0.0.2").recent_abuse is None


def test_several_files_are_one_answer(lookup_of: LookupOf) -> None:
    lookup = lookup_of("GeoIP2-City", "GeoIP2-ISP", "GeoIP2-Anonymous-IP")
    assert lookup.kinds == ("GeoIP2-City", "GeoIP2-ISP", "GeoIP2-Anonymous-IP")
    facts = lookup.lookup("81.2.69.160")
    assert (facts.country, facts.city, facts.is_vpn) == ("GB", "London", True)


def test_without_files_the_bundled_lists_answer() -> None:
    facts = BUNDLED.lookup("81.2.69.142")
    assert (facts.country, facts.timezone, facts.organization) == ("GB", "Europe/London", "Andrews & Arnold Ltd")
    assert (facts.is_hosting, facts.is_vpn, facts.is_tor, facts.is_proxy) == (False, False, False, None)
    assert (facts.accuracy_km or 0) > 300
    assert BUNDLED.lookup("2001:4860:4860::8888").country == "US"


def test_a_country_with_many_time_zones_leaves_the_zone_open() -> None:
    assert BUNDLED.lookup("73.1.2.3").country == "US"
    assert BUNDLED.lookup("73.1.2.3").timezone is None


def test_hosting_and_mobile_lines_are_told_apart() -> None:
    assert BUNDLED.lookup("8.8.8.8").connection_type == "Data Center"
    assert BUNDLED.lookup("172.58.1.1").connection_type == "Mobile"
    assert BUNDLED.lookup("73.1.2.3").connection_type == "Residential"


@pytest.mark.parametrize("ip", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "100.64.0.1", "fe80::1%eth0", "::1", "203.0.113.9"])
def test_reserved_addresses_tell_nothing_else(ip: str) -> None:
    facts = BUNDLED.lookup(ip)
    assert facts == IpFacts(address=facts.address, is_reserved=True)


def test_the_same_address_in_another_spelling_has_the_same_facts() -> None:
    assert BUNDLED.lookup("[::ffff:81.2.69.142]:443") == BUNDLED.lookup("81.2.69.142")


def test_a_missing_or_broken_file_is_said_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"nothing of the kind")
    for path in (broken, tmp_path / "absent.mmdb"):
        with pytest.raises(StopError, match=path.name):
            IpLookup([path])


def test_a_yes_beats_a_no_and_places_are_not_mixed() -> None:
    listed = IpFacts(address="1.2.3.4", country="FR", is_vpn=False)
    other = IpFacts(address="1.2.3.4", country="DE", city="Berlin", is_vpn=True, isp="Example")
    assert merge(listed, other) == IpFacts(address="1.2.3.4", country="FR", is_vpn=True, isp="Example")


@given(st.text() | st.ip_addresses().map(str))
def test_no_text_breaks_the_look_up(text: str) -> None:
    assert isinstance(BUNDLED.lookup(text), IpFacts)
