"""What the offline sources say of an order's address, device, e-mail, phone and places; no network."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shopwarden.domain.facts import PlaceFacts
from shopwarden.steps.facts import LookedUp
from shopwarden.store.facts_rows import Background, OrderRow
from shopwarden.vendors.offline.email import read_email
from shopwarden.vendors.offline.ip import IpLookup
from shopwarden.vendors.offline.phone import read_phone
from shopwarden.vendors.offline.place import read_place
from shopwarden.vendors.offline.user_agent import read_user_agent

_FIELDS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "line1": "address_line1",
    "line2": "address_line2",
    "city": "city",
    "region": "state_province",
    "postal_code": "postal_code",
    "country": "country_code",
}


_given: list[IpLookup] = []


def use_lookup(lookup: IpLookup) -> None:
    """The IP look-up of this process from now on; its root calls this once."""
    _given[:] = [lookup]


def given_lookup() -> IpLookup:
    """The process's look-up; the bundled lists alone where none was given."""
    if not _given:
        use_lookup(IpLookup(()))
    return _given[0]


def look_up(order: OrderRow | None, email: str | None, background: Background, lookup: IpLookup) -> LookedUp:
    """An order says for itself; what it leaves out is taken from its visitor and its customer."""
    visitor, customer = background.visitor, background.customer
    billing = place_of(order.billing_address) if order is not None else None
    shipping = place_of(order.shipping_address) if order is not None else None
    ip = (order.browser_ip if order is not None else None) or (visitor.ip if visitor is not None else None)
    agent = (order.user_agent if order is not None else None) or (visitor.user_agent if visitor is not None else None)
    phone = (order.phone if order is not None else None) or (customer.phone if customer is not None else None)
    named = billing if billing is not None and (billing.first_name or billing.last_name) else shipping
    first, last = (named.first_name, named.last_name) if named is not None else (None, None)
    if customer is not None and not (first or last):
        first, last = customer.first_name, customer.last_name
    place = shipping or billing
    country = place.country if place is not None else customer.country_code if customer is not None else None
    return LookedUp(
        ip=lookup.lookup(ip) if ip else None,
        agent=read_user_agent(agent) if agent else None,
        email=read_email(email, first, last) if email else None,
        phone=read_phone(phone, country) if phone else None,
        billing=billing,
        shipping=shipping,
    )


def place_of(address: Mapping[str, object]) -> PlaceFacts | None:
    """An address as orders keep it, read; None for an empty one."""
    stated = {name: value for name, field in _FIELDS.items() if isinstance(value := address.get(field), str) and value}
    return read_place(msgspec.convert(stated, PlaceFacts)) if stated else None
