"""A store's lists as if they had held other entries when an order was decided. Pure."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.backtest import ListChanges, ListWish
from shopwarden.domain.facts import Facts
from shopwarden.domain.ids import stable_id
from shopwarden.domain.list_entry import Key, Listable, keys_of
from shopwarden.domain.policy import ListHit


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order may be on a list and is not among its facts."""

    customer: str | None = None
    shop_customer: str | None = None
    device: str | None = None
    shipping_key: str | None = None
    card_key: str | None = None


class ListTrial:
    """Entries to add, made ready to be found."""

    def __init__(self, changes: ListChanges) -> None:
        self._removed = frozenset(changes.remove)
        self._by_key: dict[Key, list[ListHit]] = {}
        self._networks: list[tuple[IPv4Network | IPv6Network, ListHit]] = []
        for wish in changes.add:
            hit = ListHit(entry_id=entry_of(wish), list=wish.list, kind=wish.kind, value=wish.value)
            if wish.kind == "ip":
                self._networks.append((ip_network(wish.value), hit))
            else:
                self._by_key.setdefault(Key(wish.kind, wish.value), []).append(hit)

    def tried_on(self, facts: Facts, marks: Marks) -> Facts:
        """The facts as they would have been; the very same where nothing changes."""
        kept = tuple(hit for hit in facts.lists or () if hit.entry_id not in self._removed)
        added = tuple(hit for key in keys_of(_listable(facts, marks)) for hit in self._by_key.get(key, ()))
        if facts.ip is not None and self._networks:
            added += self._around(facts.ip.address)
        if not added and len(kept) == len(facts.lists or ()):
            return facts
        return replace(facts, lists=tuple(sorted({*kept, *added}, key=lambda hit: (hit.list, hit.kind, hit.entry_id))))

    def _around(self, address: str) -> tuple[ListHit, ...]:
        try:
            own = ip_address(address)
        except ValueError:
            return ()
        return tuple(hit for network, hit in self._networks if own in network)


def entry_of(wish: ListWish) -> UUID:
    """The id an entry that was never made goes by."""
    return stable_id("list trial", wish.list, wish.kind, wish.value)


def _listable(facts: Facts, marks: Marks) -> Listable:
    device = facts.device
    fingerprint = device.fingerprint if device is not None and device.is_strong else None
    return Listable(
        customer=marks.customer,
        shop_customer=marks.shop_customer,
        email=facts.email.address if facts.email is not None else None,
        phone=facts.phone.number if facts.phone is not None else None,
        devices=tuple(each for each in (marks.device, fingerprint) if each),
        shipping_key=marks.shipping_key,
        card_key=marks.card_key,
    )
