"""Where an internet address is and what sort of line: country and operator from public tables, the rest made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import geoip2fast
from iporigin.core import dataset

from shopwarden.sandbox.dice import Dice

# country|name|continent|geoname id|region code:region:city:postcode:latitude:longitude:time zone;...
_TABLE = """
US|United States|NA|6252001|NY:New York:New York:10001:40.71:-74.01:America/New_York;CA:California:Los Angeles:90012:34.05:-118.24:America/Los_Angeles;IL:Illinois:Chicago:60601:41.88:-87.63:America/Chicago
GB|United Kingdom|EU|2635167|ENG:England:London:EC1A:51.51:-0.13:Europe/London;SCT:Scotland:Glasgow:G1:55.86:-4.25:Europe/London
DE|Germany|EU|2921044|BE:Land Berlin:Berlin:10115:52.52:13.40:Europe/Berlin;BY:Bavaria:Munich:80331:48.14:11.58:Europe/Berlin
FR|France|EU|3017382|IDF:Ile-de-France:Paris:75001:48.86:2.35:Europe/Paris
NL|Netherlands|EU|2750405|NH:North Holland:Amsterdam:1012:52.37:4.90:Europe/Amsterdam
SE|Sweden|EU|2661886|E:Ostergotland County:Linkoping:580 02:58.42:15.62:Europe/Stockholm
ES|Spain|EU|2510769|MD:Madrid:Madrid:28001:40.42:-3.70:Europe/Madrid
IT|Italy|EU|3175395|RM:Latium:Rome:00118:41.89:12.48:Europe/Rome
PL|Poland|EU|798544|MZ:Mazovia:Warsaw:00-001:52.23:21.01:Europe/Warsaw
CA|Canada|NA|6251999|ON:Ontario:Toronto:M5H:43.65:-79.38:America/Toronto
AU|Australia|OC|2077456|NSW:New South Wales:Sydney:2000:-33.87:151.21:Australia/Sydney
JP|Japan|AS|1861060|13:Tokyo:Tokyo:100-0001:35.68:139.69:Asia/Tokyo
CN|China|AS|1814991|22:Jilin Sheng:Changchun:130000:43.88:125.32:Asia/Shanghai
IN|India|AS|1269750|MH:Maharashtra:Mumbai:400001:19.08:72.88:Asia/Kolkata
BR|Brazil|SA|3469034|SP:Sao Paulo:Sao Paulo:01000:-23.55:-46.63:America/Sao_Paulo
RU|Russia|EU|2017370|MOW:Moscow:Moscow:101000:55.75:37.62:Europe/Moscow
BT|Bhutan|AS|1252634|
NG|Nigeria|AF|2328926|LA:Lagos:Lagos:100001:6.45:3.39:Africa/Lagos
ZA|South Africa|AF|953987|GP:Gauteng:Johannesburg:2000:-26.20:28.04:Africa/Johannesburg
"""  # noqa: E501
UNION = frozenset(str.split("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"))
# What the vendor's own test files say of their test networks: country, and what stands out.
_TESTS = {
    "2.125.160.216/29": ("GB", ""),
    "81.2.69.0/24": ("GB", "vpn tor proxy hosting"),
    "89.160.20.112/28": ("SE", ""),
    "216.160.83.56/29": ("US", ""),
    "67.43.156.0/24": ("BT", ""),
    "175.16.199.0/24": ("CN", ""),
    "1.2.0.0/16": ("AU", "vpn"),
    "65.0.0.0/13": ("US", "tor"),
    "23.10.87.103/32": ("US", ""),
    "152.216.7.110/32": ("US", ""),
    "146.243.121.22/32": ("US", ""),
}
_TEST_RISKS = {"214.2.3.0/30": 0.25, "214.2.3.4/32": 0.5, "214.2.3.5/32": 0.9, "214.2.3.6/32": 0.85}
_MOBILE_WORDS = ("mobile", "wireless", "cellular", "cellco", "lte", "gsm")


@dataclass(frozen=True, slots=True)
class City:
    region_code: str
    region: str
    name: str
    postal: str
    latitude: float
    longitude: float
    time_zone: str


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    name: str
    continent: str
    geoname_id: int
    cities: tuple[City, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One address. `risk` is 0 to 1; `city` None where only the country is known."""

    ip: str
    network: str
    country: Country
    city: City | None
    operator: str
    vpn: bool
    tor: bool
    proxy: bool
    hosting: bool
    mobile: bool
    crawler: bool
    risk: float
    dice: Dice

    @property
    def hidden(self) -> bool:
        return self.vpn or self.tor or self.proxy


def parse(ip: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(ip.strip())
    except ValueError:
        return None


def place_of(ip: str, dice: Dice) -> Place | None:
    """What is known of a public address; None when no table has it. ValueError when it is none."""
    address = ip_address(ip.strip())
    own = dice.about("ip", address)
    test = next(((net, *what) for net, what in _TESTS.items() if _within(address, net)), None)
    found = _table().lookup(str(address))
    code = test[1] if test else str(found.country_code)
    if len(code) != 2 or not code.isalpha():
        return None
    traits = set(test[2].split()) if test else _traits(address, str(found.asn_name), own)
    country = _countries().get(code) or Country(code, code, "EU" if code in UNION else "", own.whole("id", 10**5, 10**6), ())
    risk = next((risk for net, risk in _TEST_RISKS.items() if _within(address, net)), None)
    floor = 0.75 if traits & {"vpn", "tor", "proxy"} else 0.4 if "hosting" in traits else 0.0
    return Place(
        ip=str(address),
        network=test[0] if test else str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False)),
        country=country,
        city=own.pick("city", country.cities) if country.cities else None,
        operator=str(found.asn_name).strip().strip("<>") or "Example Networks",
        vpn="vpn" in traits,
        tor="tor" in traits,
        proxy="proxy" in traits,
        hosting="hosting" in traits,
        mobile="mobile" in traits,
        crawler="bot" in traits,
        risk=risk if risk is not None else 0.02 if test and not traits else max(own.risk(), floor),
        dice=own,
    )


def _traits(address: IPv4Address | IPv6Address, operator: str, own: Dice) -> set[str]:
    listed = dataset().find(int(address), address.version)
    kind = "" if listed is None else str(listed[1])
    traits = {"hosting" if kind == "cdn" else kind} - {""}
    if any(word in operator.lower() for word in _MOBILE_WORDS):
        traits.add("mobile")
    if not traits and own.risk() > 0.9:
        traits.add(own.pick("hidden", ("vpn", "proxy", "proxy")))
    return traits


def _within(address: IPv4Address | IPv6Address, network: str) -> bool:
    return address in ip_network(network)


@cache
def _table() -> geoip2fast.GeoIP2Fast:
    return geoip2fast.GeoIP2Fast(geoip2fast_data_file=str(Path(geoip2fast.__file__).with_name("geoip2fast-asn-ipv6.dat.gz")))


@cache
def _countries() -> dict[str, Country]:
    found = {}
    for line in _TABLE.strip().splitlines():
        code, name, continent, number, cities = line.split("|")
        found[code] = Country(code, name, continent, int(number), tuple(_city(one) for one in cities.split(";") if one))
    return found


def _city(text: str) -> City:
    code, region, name, postal, latitude, longitude, zone = text.split(":")
    return City(code, region, name, postal, float(latitude), float(longitude), zone)
