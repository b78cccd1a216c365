"""What the offline sources say of customers' IP addresses, browsers and postal addresses, as columns; pure."""

from __future__ import annotations

from collections.abc import Iterable

from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.ids import CustomerId
from shopwarden.domain.observation import Address, Json
from shopwarden.domain.place import normalise_place, place_key
from shopwarden.steps.look_up import given_lookup
from shopwarden.store.addresses import KeptAddress, StatedAddress
from shopwarden.vendors.offline.place import faults_of
from shopwarden.vendors.offline.user_agent import read_user_agent


def describe(ip: str, user_agent: str | None) -> dict[str, Json]:
    """Columns of `customer_ips` for an address and the browser that came from it."""
    place = given_lookup().lookup(ip)
    device = read_user_agent(user_agent)
    return {
        "country_code": place.country,
        "region": place.region,
        "city": place.city,
        "postal_code": place.postal_code,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "timezone": place.timezone,
        "isp": place.isp,
        "organization": place.organization,
        "connection_type": place.connection_type,
        "is_vpn": place.is_vpn,
        "is_proxy": place.is_proxy,
        "is_tor": place.is_tor,
        "is_datacenter": place.is_hosting,
        "is_mobile": place.is_mobile,
        "user_agent": user_agent,
        "browser": device.browser,
        "browser_version": device.browser_version,
        "os": device.os,
        "os_version": device.os_version,
        "device_type": device.kind,
        "device_brand": device.brand,
        "device_model": device.model,
    }


def place_of(address: Address) -> PlaceFacts:
    return normalise_place(
        PlaceFacts(
            first_name=address.first_name,
            last_name=address.last_name,
            line1=address.address_line1,
            line2=address.address_line2,
            city=address.city,
            region=address.state_province,
            postal_code=address.postal_code,
            country=address.country_code,
        )
    )


def key_of(address: Address | None) -> str | None:
    """What tells the place from others; None where the address names no street and so no place."""
    return None if address is None else place_key(place_of(address)) or None


def keep_addresses(stated: Iterable[StatedAddress]) -> list[KeptAddress]:
    """One address per customer, type and place: the newest spelling, told since the first and until the last time."""
    same: dict[tuple[CustomerId, str, str], list[StatedAddress]] = {}
    for one in stated:
        if not one.address.is_empty:
            same.setdefault((one.customer_id, one.type, key_of(one.address) or _rough_key(one.address)), []).append(one)
    kept = []
    for (customer_id, kind, key), tellings in sorted(same.items()):
        newest = max(tellings, key=lambda one: (one.version, repr(one.address)))
        faults = faults_of(place_of(newest.address))
        kept.append(
            KeptAddress(
                customer_id=customer_id,
                type=kind,
                place_key=key,
                address=newest.address,
                is_default=any(one.address.is_default for one in tellings),
                created_at=min(one.at for one in tellings),
                updated_at=max(one.at for one in tellings),
                version=newest.version,
                is_validated=not faults,
                validation_errors=faults,
            )
        )
    return kept


def _rough_key(address: Address) -> str:
    """Tells addresses without a street apart within one customer; marked, as it must never match another's."""
    parts = (address.country_code, address.postal_code, address.city)
    return "partial|" + "|".join((part or "").casefold() for part in parts)
