"""A buyer: who they are or claim to be, what they browse with, from where, and with which card they pay."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shopwarden.demo.devices import THIEVES_USE, Device, device_of
from shopwarden.demo.dice import Dice, Numbers
from shopwarden.demo.names import honest_email, made_up_email, name_of
from shopwarden.demo.networks import Networks
from shopwarden.demo.places import BUYERS, COUNTRIES, Address, address_in, phone_in

_BANKS = {"Visa": ("4147", "4400", "4833"), "Mastercard": ("5178", "5424", "5299"), "American Express": ("3743", "3797")}
HONEST_AVS = {"Y": 80, "A": 4, "Z": 6, "U": 8, "N": 2}
HONEST_CVV = {"M": 96, "U": 2.5, "N": 0.5, "P": 1}
STOLEN_AVS = {"Y": 22, "A": 5, "Z": 18, "U": 15, "N": 40}
STOLEN_CVV = {"M": 68, "N": 14, "U": 12, "P": 6}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway tells the shop of a card: never its number."""

    bin: str
    last4: str
    company: str
    avs: str
    cvv: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """`ip` is the line they are on now, `home_ip` the one of their history; equal for those who stay at home."""

    first: str
    last: str
    email: str
    phone: str
    home: Address
    device: Device
    ip: str
    home_ip: str
    timezone: str
    card: Card
    customer_id: int
    anonymous_id: str
    since: datetime | None = None
    """When the shop got to know them; None for somebody who is new."""
    is_registered: bool = False
    is_verified: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


class Casting:
    """Makes people. All of one casting share the networks and the numbering of the shop."""

    def __init__(self, networks: Networks, numbers: Numbers) -> None:
        self.networks = networks
        self.numbers = numbers

    def honest(self, dice: Dice, country: str | None = None) -> Person:
        """Somebody ordinary, at home."""
        code = country or dice.weighted(BUYERS)
        first, last = name_of(dice, COUNTRIES[code].names)
        home, device = address_in(dice, code), device_of(dice)
        ip = self.networks.home(dice, code)
        return Person(
            first=first,
            last=last,
            email=honest_email(dice, first, last),
            phone=phone_in(dice, code) if dice.chance(0.6) else "",
            home=home,
            device=device,
            ip=ip,
            home_ip=ip,
            timezone=home.city.timezone,
            card=card_of(dice, HONEST_AVS if code in ("US", "CA", "GB") else {"U": 70, "Y": 30}, HONEST_CVV),
            customer_id=self.numbers.next(),
            anonymous_id=dice.hexadecimal(32),
            is_registered=dice.chance(0.35),
            is_verified=dice.chance(0.3),
        )

    def thief(self, dice: Dice, skill: float, country: str = "US") -> Person:
        """A made-up buyer in `country`: the more skill (0..1), the more ordinary everything looks."""
        first, last = name_of(dice, COUNTRIES[country].names)
        home = address_in(dice, country)
        ip = self._line_of_thief(dice, skill, country)
        return Person(
            first=first,
            last=last,
            email=made_up_email(dice, first, last, skill),
            phone=phone_in(dice, country) if dice.chance(0.5) else "",
            home=home,
            device=device_of(dice, THIEVES_USE, fingerprinted=0.9 - 0.3 * skill),
            ip=ip,
            home_ip=ip,
            timezone=home.city.timezone if dice.chance(skill) else dice.pick(("Asia/Ho_Chi_Minh", "Africa/Lagos", "UTC")),
            card=stolen_card(dice, skill),
            customer_id=self.numbers.next(),
            anonymous_id=dice.hexadecimal(32),
        )

    def _line_of_thief(self, dice: Dice, skill: float, country: str) -> str:
        if dice.chance(skill):
            return self.networks.home(dice, country)
        way = dice.weighted({"vpn": 40, "hosting": 25, "abroad": 25, "tor": 10})
        if way == "vpn":
            return self.networks.vpn(dice)
        if way == "hosting":
            return self.networks.hosting(dice)
        return self.networks.tor(dice) if way == "tor" else self.networks.home(dice, dice.pick(("VN", "BR", "ID", "RU")))


def card_of(dice: Dice, avs: dict[str, float] | dict[str, int], cvv: dict[str, float] | dict[str, int]) -> Card:
    company = dice.weighted({"Visa": 55, "Mastercard": 35, "American Express": 10})
    return Card(
        bin=dice.pick(_BANKS[company]) + dice.digits(2),
        last4=dice.digits(4),
        company=company,
        avs=dice.weighted(avs),
        cvv=dice.weighted(cvv),
    )


def stolen_card(dice: Dice, skill: float = 0.0) -> Card:
    """A skilled thief has the victim's address with the card."""
    return card_of(dice, HONEST_AVS, HONEST_CVV) if dice.chance(skill) else card_of(dice, STOLEN_AVS, STOLEN_CVV)
