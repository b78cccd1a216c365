"""The person and the addresses inside a body: customer objects, the buyer of an order, postal addresses."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from shopwarden.domain.email import normalise_email
from shopwarden.domain.observation import Address, CustomerObservation, Json
from shopwarden.domain.phone import normalise_phone
from shopwarden.domain.text import clean_json
from shopwarden.sources.shopify.body import (
    EPOCH,
    Body,
    Part,
    currency,
    flag,
    identifier,
    money,
    part,
    parts,
    text,
    whole,
    words,
)

Value = TypeVar("Value")

SOURCE = "shopify"
MOST_ADDRESSES = 100
MOST_METAFIELDS = 50
_EXTRAS = ("marketing_opt_in_level", "tax_exempt", "last_order_id", "last_order_name", "locale", "state")


def email_of(one: Part, *names: str) -> str | None:
    """The address in its one spelling; None where there is none or it cannot be one."""
    stated = text(one, *(names or ("email",)), longest=320)
    return normalise_email(stated) if stated else None


def phone_of(one: Part, country: str | None, *names: str) -> str | None:
    stated = text(one, *(names or ("phone",)), longest=60)
    return normalise_phone(stated, country) if stated else None


def address_of(one: Part) -> Address | None:
    """None where nothing in it tells a place."""
    code = text(one, "country_code", "country", longest=60)
    country = code.upper() if code and len(code) == 2 and code.isalpha() and code.isascii() else None
    address = Address(
        first_name=text(one, "first_name", longest=100),
        last_name=text(one, "last_name", longest=100),
        company=text(one, "company"),
        address_line1=text(one, "address1"),
        address_line2=text(one, "address2"),
        city=text(one, "city"),
        state_province=text(one, "province_code", "province"),
        country_code=country,
        postal_code=text(one, "zip", longest=30),
        phone=phone_of(one, country) or text(one, "phone", longest=50),
        is_default=flag(one.get("default")) is True,
    )
    return None if address.is_empty and not country else address


def observe(body: Body, one: Part, *, is_whole: bool = True) -> CustomerObservation | None:
    """A customer object as a statement; None if it names nobody. Not `is_whole`: it lies inside an order or a checkout."""
    changed_at = body.moment("updated_at", of=one)
    home = part(one, "default_address")
    place = address_of(home) if home else None
    country = place.country_code if place else None
    shopify_id = identifier(one, "id", "admin_graphql_api_id")
    email, phone = _stated(one, "email", email_of(one)), _stated(one, "phone", phone_of(one, country))
    if shopify_id is None and not isinstance(email, str) and not isinstance(phone, str):
        return None
    return CustomerObservation(
        version=body.version(changed_at),
        at=changed_at or body.moment("created_at", of=one) or body.triggered_at or EPOCH,
        source=SOURCE,
        shopify_id=shopify_id,
        email=email,
        phone=phone,
        first_name=text(one, "first_name", longest=100) if "first_name" in one else UNSET,
        last_name=text(one, "last_name", longest=100) if "last_name" in one else UNSET,
        created_at=body.moment("created_at", of=one) or UNSET,
        customer_type=_customer_type(one),
        currency=currency(one.get("currency")) or UNSET,
        country_code=country or UNSET,
        email_verified=_known(flag(one.get("verified_email"))),
        accepts_marketing=_known(_marketing(one)),
        notes=text(one, "note", longest=10_000) if "note" in one else UNSET,
        orders_count=_known(whole(one.get("orders_count"))),
        total_spent=_known(money(one.get("total_spent"))),
        tags=words(one["tags"]) if one.get("tags") is not None else UNSET,
        addresses=_address_book(one) if is_whole else UNSET,
        custom_attributes=_extras(one),
    )


def buyer(body: Body, changed_at: datetime | None, at: datetime) -> CustomerObservation | None:
    """Who an order or a checkout is from: its customer object, else its own e-mail, phone and name."""
    inside = part(body.data, "customer")
    found = observe(body, inside, is_whole=False) if inside else None
    if found is not None:
        return found
    named = part(body.data, "billing_address", "shipping_address")
    place = address_of(named) if named else None
    country = place.country_code if place else None
    email, phone = email_of(body.data, "email", "contact_email"), phone_of(body.data, country)
    if email is None and phone is None:
        return None
    return CustomerObservation(
        version=body.version(changed_at),
        at=at,
        source=SOURCE,
        email=email or UNSET,
        phone=phone or UNSET,
        first_name=(place.first_name if place else None) or UNSET,
        last_name=(place.last_name if place else None) or UNSET,
        accepts_marketing=_known(flag(body.data.get("buyer_accepts_marketing"))),
    )


def _stated(one: Part, name: str, read: str | None) -> str | UnsetType | None:
    """What cannot be read was not said; an explicit null was."""
    if read is not None:
        return read
    return None if name in one and one[name] in (None, "") else UNSET


def _known(value: Value | None) -> Value | UnsetType:
    return UNSET if value is None else value


def _customer_type(one: Part) -> str | UnsetType:
    """Someone with an enabled account is registered; invited, declined and disabled ones bought as guests."""
    state = text(one, "state", longest=40)
    return UNSET if state is None else "registered" if state.lower() == "enabled" else "guest"


def _marketing(one: Part) -> bool | None:
    state = text(part(one, "email_marketing_consent"), "state", longest=40)
    return state.lower() == "subscribed" if state is not None else flag(one.get("accepts_marketing"))


def _address_book(one: Part) -> tuple[Address, ...] | UnsetType:
    """All addresses; the default one marked, and added where the list leaves it out."""
    if "addresses" not in one and "default_address" not in one:
        return UNSET
    home = part(one, "default_address")
    default = msgspec.structs.replace(address, is_default=True) if home and (address := address_of(home)) else None
    listed = [address for entry in parts(one, "addresses")[:MOST_ADDRESSES] if (address := address_of(entry))]
    if default is None:
        return tuple(listed)
    return (default, *(address for address in listed if msgspec.structs.replace(address, is_default=True) != default))


def _extras(one: Part) -> dict[str, Json] | UnsetType:
    """What has no column of its own, among it metafields as `namespace.key`."""
    extras: dict[str, Json] = {}
    for name in _EXTRAS:
        if one.get(name) is not None:
            extras[name] = clean_json(one[name])
    for field in parts(one, "metafields")[:MOST_METAFIELDS]:
        key = text(field, "key", longest=64)
        if key:
            extras[f"{text(field, 'namespace') or 'custom'}.{key}"] = clean_json(field.get("value"))
    return extras or UNSET
