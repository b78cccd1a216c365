"""Addresses people shop from, chosen by what the offline lists say of them: homes, carriers, VPNs, data centres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from ipaddress import IPv4Address

from iporigin.core import dataset

from shopwarden.demo.dice import Dice
from shopwarden.domain.facts import IpFacts

Look = Callable[[str], IpFacts]

TRIED = 12_000
"""Random addresses looked at: enough to know dozens of home networks in each country the shop sells to."""


class Networks:
    """Pools of /24 networks by country and kind. The same seed and lists give the same pools."""

    def __init__(self, dice: Dice, look: Look, countries: frozenset[str]) -> None:
        self._look = look
        self._homes: dict[str, list[str]] = defaultdict(list)
        self._mobiles: dict[str, list[str]] = defaultdict(list)
        self._campuses: dict[str, list[str]] = defaultdict(list)
        self._sort(dice, countries)
        self._vpns, self._hosts, self._tors = (_of_kind(dice, look, kind) for kind in ("vpn", "hosting", "tor"))
        self._crawlers = _of_kind(dice, look, "bot")

    def _sort(self, dice: Dice, countries: frozenset[str]) -> None:
        for _ in range(TRIED):
            network = f"{dice.whole(2, 223)}.{dice.whole(0, 255)}.{dice.whole(0, 255)}"
            facts = self._look(f"{network}.1")
            if facts.country not in countries or facts.is_hosting or facts.is_vpn or facts.is_tor or facts.is_crawler:
                continue
            pools = {"Residential": self._homes, "Mobile": self._mobiles, "Education": self._campuses}
            pool = pools.get(facts.connection_type or "")
            if pool is not None:
                pool[facts.country].append(network)

    def home(self, dice: Dice, country: str) -> str:
        return _host(dice, dice.pick(self._homes[country] or self._homes["US"]))

    def mobile(self, dice: Dice, country: str) -> str:
        return _host(dice, dice.pick(self._mobiles[country] or self._homes[country] or self._homes["US"]))

    def campus(self, dice: Dice, country: str) -> str:
        return _host(dice, dice.pick(self._campuses[country] or self._homes[country] or self._homes["US"]))

    def vpn(self, dice: Dice, country: str | None = None) -> str:
        """An exit of a VPN service, in `country` if the lists know one there."""
        near = [address for address in self._vpns if country is None or self._look(address).country == country]
        return dice.pick(near or self._vpns)

    def hosting(self, dice: Dice, country: str | None = None) -> str:
        near = [address for address in self._hosts if country is None or self._look(address).country == country]
        return dice.pick(near or self._hosts)

    def tor(self, dice: Dice) -> str:
        return dice.pick(self._tors)

    def crawler(self, dice: Dice) -> str:
        return dice.pick(self._crawlers)


def _host(dice: Dice, network: str) -> str:
    return f"{network}.{dice.whole(2, 253)}"


def _of_kind(dice: Dice, look: Look, kind: str, count: int = 120) -> list[str]:
    found = []
    for first, last in dice.sample(_ranges(kind), count):
        address = str(IPv4Address(dice.whole(first, last)))
        facts = look(address)
        told = {"vpn": facts.is_vpn, "tor": facts.is_tor, "bot": facts.is_crawler, "hosting": facts.is_hosting}
        if told[kind]:
            found.append(address)
    return found


def _ranges(kind: str) -> list[tuple[int, int]]:
    """First and last address of every published range of this kind."""
    data = dataset()
    labels = {number for number, (_, of_kind) in enumerate(data.labels) if of_kind == kind}
    return [
        (first, last)
        for first, last, label in zip(data.v4_starts, data.v4_ends, data.v4_labels, strict=True)
        if label in labels
    ]
