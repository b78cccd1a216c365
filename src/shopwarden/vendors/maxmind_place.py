"""What MaxMind says of an IP address: the body of GeoIP City and Insights, and of `ip_address` in a minFraud answer.

Absent members mean unknown. A flag of the anonymizer is only sent where it is true: absent it means false, provided that
the service knows of anonymity at all (GeoIP City does not).
"""

from __future__ import annotations

import msgspec

from shopwarden.contracts.exchange import Reply
from shopwarden.domain.answers import IpAnswer
from shopwarden.vendors.fields import HIGHEST_ASN, Fields

LINES = {"cable/dsl": "Residential", "corporate": "Corporate", "cellular": "Mobile", "satellite": "Satellite"}
USERS = {
    "residential": "Residential", "business": "Corporate", "government": "Corporate", "military": "Corporate",
    "cellular": "Mobile", "college": "Education", "school": "Education", "library": "Education",
    "hosting": "Data Center", "content_delivery_network": "Data Center", "search_engine_spider": "Data Center",
}  # fmt: skip
"""The vendor's kinds of users, by the kind of line they sit on; relays, cafes and travellers tell none."""
RELAY = "consumer_privacy_network"
USER_TYPES = frozenset(USERS) | {"cafe", RELAY, "router", "traveler"}


def read_place(fields: Fields, *, knows_anonymity: bool) -> IpAnswer:
    """`fraud_score` is the vendor's risk of the address, 0.01 to 99."""
    city, country, location = fields.inside("city"), fields.inside("country"), fields.inside("location")
    traits = fields.inside("traits")
    divisions = fields.each("subdivisions")
    region = divisions[0] if divisions else Fields()
    user = traits.text("user_type", 50)
    connection = traits.one_of("connection_type", LINES)
    answer = IpAnswer(
        fraud_score=_either(fields.number("risk", 0, 100), traits.number("ip_risk_snapshot", 0, 100)),
        reasons=tuple(reason for each in fields.each("risk_reasons") if (reason := each.text("code", 60))),
        country=country.country("iso_code"),
        region=_name(region) or region.text("iso_code", 10),
        city=_name(city),
        postal_code=fields.inside("postal").text("code", 20),
        latitude=location.number("latitude", -90, 90),
        longitude=location.number("longitude", -180, 180),
        accuracy_km=location.number("accuracy_radius", 0, 20_100),
        timezone=location.text("time_zone", 64),
        is_in_eu=_said_flag(country, "is_in_european_union", "iso_code"),
        asn=traits.whole("autonomous_system_number", 0, HIGHEST_ASN),
        isp=traits.text("isp"),
        organization=traits.text("organization") or traits.text("autonomous_system_organization"),
        # Behind a relay the line is the relay's, not the visitor's.
        connection_type=None if user == RELAY else USERS.get(user or "", connection),
        user_type=user if user in USER_TYPES else None,
        is_anycast=traits.flag("is_anycast"),
        is_crawler=True if user == "search_engine_spider" else None,
        is_mobile=True if user == "cellular" or connection == "Mobile" else None,
        average_income=location.whole("average_income"),
        population_density=location.whole("population_density"),
    )
    return msgspec.structs.replace(answer, **_anonymity(fields, traits, knows_anonymity))


def _anonymity(fields: Fields, traits: Fields, knows_anonymity: bool) -> dict[str, bool | None]:
    """From `anonymizer`, or the same flags where they stood before 2025: in `traits`."""
    source = fields.inside("anonymizer") or traits
    names = {
        "is_vpn": "is_anonymous_vpn", "is_proxy": "is_public_proxy", "is_residential_proxy": "is_residential_proxy",
        "is_tor": "is_tor_exit_node", "is_hosting": "is_hosting_provider",
    }  # fmt: skip
    flags = {ours: source.flag(theirs) for ours, theirs in names.items()}
    if fields.inside("anonymizer") or knows_anonymity:
        # One that is there with the wrong type stays unknown.
        flags = {ours: False if names[ours] not in source else flag for ours, flag in flags.items()}
    return flags


def knows_anonymity(reply: Reply) -> bool:
    """Whether the reply's media type is one of the services that know of anonymity."""
    media = next((value for name, value in reply.headers.items() if name.lower() == "content-type"), "").lower()
    return "insights" in media or "factors" in media


def _name(thing: Fields) -> str | None:
    names = thing.inside("names")
    return names.text("en", 100) or names.text("es", 100) or names.text("fr", 100)


def _said_flag(fields: Fields, name: str, witness: str) -> bool | None:
    """A flag that is left out where it is false; unknown where its object says nothing at all."""
    flag = fields.flag(name)
    return False if flag is None and name not in fields and fields.text(witness) else flag


def _either(first: float | None, second: float | None) -> float | None:
    return second if first is None else first
