"""Entries of a store's lists: each kind's one spelling, and the spellings under which a decision may be on a list. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple
from uuid import UUID

import msgspec

from shopwarden.domain.email import canonical_email, normalise_email, split_email
from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.ids import stable_id
from shopwarden.domain.ip import normalise_ip
from shopwarden.domain.masking import mask_email, mask_ip, mask_phone, mask_text
from shopwarden.domain.phone import normalise_phone
from shopwarden.domain.place import place_key
from shopwarden.domain.policy import ListKind, ListName

LONGEST_VALUE = 500
LONGEST_REASON = 500
WIDEST = {4: 8, 6: 16}
"""The shortest prefix a network on a list may have: a wider one is half of the Internet, and surely a slip."""
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_SHOP_ID = re.compile(r"(?:shopify:|gid://shopify/Customer/)?(\d{1,20})", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)
_CARD = re.compile(r"(\d{6,8})\D+(\d{4})", re.ASCII)
_DIGITS = re.compile(r"\D", re.ASCII)
SHOP_CUSTOMER = "shopify:"
FORGOTTEN = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
"""What is left on a block list of an address or number whose owner asked to be forgotten: it fits, and tells of nobody."""


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to be put on a list. `value` is normalised, `shown` as it was entered where that says more."""

    list: ListName
    kind: ListKind
    value: str
    shown: str | None = None
    reason: str | None = None
    expires_at: datetime | None = None


class Written(NamedTuple):
    """A value's one spelling, and what is shown of it where the spelling itself says little."""

    value: str
    shown: str | None = None


class Key(NamedTuple):
    """A spelling under which something may be on a list."""

    kind: ListKind
    value: str


def normalise_value(kind: ListKind, text: str) -> Written:
    """The spelling a value is kept and found under. ValueError says in half a sentence what is wrong with it."""
    said = text.strip()
    if not said:
        raise ValueError("is empty")
    if len(said) > LONGEST_VALUE:
        raise ValueError(f"has more than {LONGEST_VALUE} characters")
    if _CONTROL.search(said):
        raise ValueError("contains a character that can't be kept")
    if kind in ("email", "phone") and FORGOTTEN.fullmatch(said):
        return Written(said)
    return _READERS[kind](said)


def _customer(text: str) -> Written:
    if found := _SHOP_ID.fullmatch(text):
        return Written(SHOP_CUSTOMER + found.group(1))
    try:
        return Written(str(UUID(text)))
    except ValueError:
        raise ValueError("is neither a customer's id nor the shop's number of a customer") from None


def _email(text: str) -> Written:
    address = normalise_email(text)
    if address is None:
        raise ValueError("is not an e-mail address")
    mailbox = canonical_email(address)
    return Written(mailbox, address if address != mailbox else None)


def _domain(text: str) -> Written:
    """Of an e-mail domain; what is below it is meant too."""
    bare = text.removeprefix("*").removeprefix("@").removeprefix(".").removesuffix(".")
    address = normalise_email(f"x@{bare}") if "@" not in bare else None
    if address is None or "." not in split_email(address)[1]:
        raise ValueError("is not a domain like example.com")
    return Written(split_email(address)[1])


def _phone(text: str) -> Written:
    number = normalise_phone(text)
    if number is None:
        raise ValueError("is not a phone number with its country code, like +4915112345678")
    return Written(number)


def _ip(text: str) -> Written:
    """One address or a network; the host's part of a network is dropped. IPv6 addresses that map IPv4 are IPv4."""
    address, _, length = text.partition("/")
    single = normalise_ip(address)
    if single is None or "%" in address or (length and not (length.isascii() and length.isdigit() and len(length) <= 3)):
        raise ValueError("is not an IP address or a network like 203.0.113.0/24")
    bits = int(length) if length else None
    if bits is not None and ":" in address and ":" not in single:
        bits -= 96
    try:
        network: IPv4Network | IPv6Network = ip_network(single if bits is None else (single, bits), strict=False)
    except ValueError:
        raise ValueError("is not a network: its prefix does not fit the address") from None
    if network.prefixlen < WIDEST[network.version]:
        raise ValueError(f"is too wide: at least /{WIDEST[network.version]} is needed")
    return Written(str(network), str(network.network_address) if network.num_addresses == 1 else None)


def _device(text: str) -> Written:
    """Our id of a device or its strong fingerprint."""
    if text.startswith("weak-"):
        raise ValueError("tells a model of browser, not a device: only a strong fingerprint does")
    try:
        return Written(str(UUID(text)))
    except ValueError:
        pass
    if not 4 <= len(text) <= 200:
        raise ValueError("is not a device: its id or its fingerprint of 4 to 200 characters is needed")
    return Written(text)


def _address(text: str) -> Written:
    """`country|postal code or city|street`, as an order's key has it or as a person writes it."""
    country, first, rest = text.partition("|")
    code, second, street = rest.partition("|")
    country = country.strip().upper()
    if not (first and second and len(country) in (0, 2)):
        raise ValueError("is not an address like US|10001|350 Fifth Avenue")
    place = PlaceFacts(country=country or None, line1=street.strip())
    is_code = any(mark.isdigit() for mark in code)
    key = place_key(
        msgspec.structs.replace(place, postal_code=code.strip()) if is_code else msgspec.structs.replace(place, city=code)
    )
    if not key or not code.strip():
        raise ValueError("is not an address: a street and a postal code or a city are needed")
    return Written(key, text if text != key else None)


def _card(text: str) -> Written:
    """The key an order's card has, or the first six to eight and the last four digits. Whole numbers are never kept."""
    if _HEX.fullmatch(text.lower()):
        return Written(text.lower())
    found = _CARD.fullmatch(text)
    if found is None:
        if len(_DIGITS.sub("", text)) >= 12:
            raise ValueError("looks like a whole card number: send its first six and last four digits, like 411111-1111")
        raise ValueError("is not a card: its key or its first six and last four digits are needed, like 411111-1111")
    return Written(stable_id("card", *found.groups()).hex, "\u2026".join(found.groups()))


_READERS: Mapping[ListKind, Callable[[str], Written]] = {
    "customer": _customer,
    "email": _email,
    "domain": _domain,
    "phone": _phone,
    "ip": _ip,
    "device": _device,
    "address": _address,
    "card": _card,
}


def mask_listed(kind: ListKind, value: str) -> str:
    """For callers who may not see personal data. Networks, domains, ids and keys stay: they name nobody by themselves."""
    if FORGOTTEN.fullmatch(value):
        return value
    if kind == "email":
        return mask_email(value) or ""
    if kind == "phone":
        return mask_phone(value) or ""
    if kind == "address":
        return mask_text(value) or ""
    if kind == "ip":
        address, _, length = value.partition("/")
        return mask_ip(address) or "" if length in ("", "32", "128") else value
    return value


class Listable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of an order or a customer can be on a list. `customer` is our id, `shop_customer` the shop's number.
    `ip` is asked for with all networks around it, `devices` are ids and strong fingerprints."""

    customer: str | None = None
    shop_customer: str | None = None
    email: str | None = None
    phone: str | None = None
    ip: str | None = None
    devices: tuple[str, ...] = ()
    shipping_key: str | None = None
    card_key: str | None = None


def keys_of(one: Listable) -> list[Key]:
    """Every key but those of the IP address: the database makes these, a hundred of them, faster."""
    return list(_keys(one))


def _keys(one: Listable) -> Iterator[Key]:
    if one.customer:
        yield Key("customer", one.customer)
    if one.shop_customer and (found := _SHOP_ID.fullmatch(one.shop_customer)):
        yield Key("customer", SHOP_CUSTOMER + found.group(1))
    if one.email and "@" in one.email:
        yield Key("email", canonical_email(one.email))
        labels = split_email(one.email)[1].split(".")[-10:]
        for start in range(len(labels) - 1):
            yield Key("domain", ".".join(labels[start:]))
    if one.phone:
        yield Key("phone", one.phone)
    for device in one.devices:
        yield Key("device", device)
        if device != device.lower() and len(device) == _UUID_LENGTH:
            yield Key("device", device.lower())
    if one.shipping_key:
        yield Key("address", one.shipping_key)
    if one.card_key:
        yield Key("card", one.card_key)


_UUID_LENGTH = 36
