"""The bodies of MaxMind's location services. What is unknown or false is left out, as the real ones do."""

from __future__ import annotations

from shopwarden.sandbox.places import UNION, City, Place

_CONTINENTS = {
    "EU": ("Europe", 6255148),
    "NA": ("North America", 6255149),
    "AS": ("Asia", 6255147),
    "OC": ("Oceania", 6255151),
    "SA": ("South America", 6255150),
    "AF": ("Africa", 6255146),
}


def about_place(place: Place, service: str) -> dict[str, object]:
    """`country`, `city` or `insights`; each holds what the one before holds."""
    country = _country(place)
    body: dict[str, object] = {
        "country": country | ({"confidence": 99} if service == "insights" else {}),
        "registered_country": country,
        "traits": {"ip_address": place.ip, "network": place.network},
    }
    if place.country.continent in _CONTINENTS:
        name, number = _CONTINENTS[place.country.continent]
        body["continent"] = {"code": place.country.continent, "geoname_id": number, "names": {"en": name}}
    if service == "country":
        return body
    if place.city:
        body |= _city(place.city, place)
    traits = {"ip_address": place.ip, "network": place.network} | _line(place)
    if service == "insights":
        traits |= _insights(place)
        if place.hidden or place.hosting:
            body["anonymizer"] = _anonymizer(place)
    return body | {"traits": traits}


def _country(place: Place) -> dict[str, object]:
    country = place.country
    found: dict[str, object] = {
        "iso_code": country.code,
        "geoname_id": country.geoname_id,
        "names": {"en": country.name, "de": country.name},
    }
    return found | ({"is_in_european_union": True} if country.code in UNION else {})


def _city(city: City, place: Place) -> dict[str, object]:
    own = place.dice
    found: dict[str, object] = {
        "location": {
            "accuracy_radius": 1000 if place.mobile else own.pick("radius", (5, 10, 20, 50, 100)),
            "latitude": city.latitude,
            "longitude": city.longitude,
            "time_zone": city.time_zone,
        },
        "subdivisions": [
            {"iso_code": city.region_code, "geoname_id": own.whole("region", 10**5, 10**7), "names": {"en": city.region}}
        ],
    }
    # Of phone networks the city is mostly unknown.
    if not place.mobile:
        found["city"] = {"geoname_id": own.whole("city.id", 10**5, 10**7), "names": {"en": city.name}}
        found["postal"] = {"code": city.postal}
    return found


def _line(place: Place) -> dict[str, object]:
    return {
        "autonomous_system_number": place.dice.whole("asn", 1000, 64000),
        "autonomous_system_organization": place.operator,
        "connection_type": "Cellular" if place.mobile else "Corporate" if place.hosting else "Cable/DSL",
        "isp": place.operator,
        "organization": place.operator,
    }


def _insights(place: Place) -> dict[str, object]:
    own = place.dice
    kind = "hosting" if place.hosting else "cellular" if place.mobile else "residential"
    return {
        "ip_risk_snapshot": round(min(max(place.risk * 100, 0.01), 99.0), 2),
        "static_ip_score": round(own.chance("static") * 99.99, 2),
        "user_count": own.whole("users", 40, 400) if place.mobile else own.whole("users", 1, 6),
        "user_type": "search_engine_spider" if place.crawler else kind,
    }


def _anonymizer(place: Place) -> dict[str, object]:
    flags = {
        "is_anonymous": place.hidden or place.hosting,
        "is_anonymous_vpn": place.vpn,
        "is_hosting_provider": place.hosting,
        "is_public_proxy": place.proxy,
        "is_residential_proxy": place.proxy and not place.hosting,
        "is_tor_exit_node": place.tor,
    }
    found: dict[str, object] = {name: True for name, is_so in flags.items() if is_so}
    found["confidence"] = 99 if place.vpn or place.tor else 30
    if place.vpn:
        found |= {"network_last_seen": "2026-11-15", "provider_name": place.dice.pick("vpn", ("quickshift", "hidehole"))}
    return found
