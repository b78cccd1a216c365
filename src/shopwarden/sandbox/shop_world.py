"""The customers and orders a shop begins with: each follows from seed and number alone, so that any of them is at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from shopwarden.sandbox.shop_goods import GOODS, PLACES, Place

FIRST_CUSTOMER, FIRST_ORDER, FIRST_NUMBER = 7_000_000_000_001, 5_000_000_000_001, 1001
DAY = 86_400
_TIERS = (1.0, 0.5, 0.2, 0.05)
"""Every fourth order comes from all customers, the next from half of them, and so on: some buy often, some never."""

GIVEN = [
    "Amira",
    "Anders",
    "Beatrix",
    "Bruno",
    "Carla",
    "Cem",
    "Dana",
    "Diego",
    "Elin",
    "Emil",
    "Farah",
    "Felix",
    "Greta",
    "Hana",
    "Hugo",
    "Ines",
    "Ivo",
    "Jana",
    "Jonas",
    "Kaia",
    "Kenji",
    "Lena",
    "Luca",
    "Maja",
    "Milo",
    "Nadia",
    "Noel",
    "Olga",
    "Oskar",
    "Paula",
    "Pavel",
    "Quinn",
    "Rosa",
    "Samir",
    "Selma",
    "Tariq",
    "Tilda",
    "Uma",
    "Viktor",
    "Wanda",
    "Yara",
    "Zoe",
]
FAMILY = [
    "Abbott",
    "Alvarez",
    "Bauer",
    "Berg",
    "Castell",
    "Dahl",
    "Dubois",
    "Eriksen",
    "Falk",
    "Ferrari",
    "Garnier",
    "Haas",
    "Hollis",
    "Ito",
    "Jansen",
    "Keller",
    "Kovac",
    "Lindgren",
    "Marchetti",
    "Meyer",
    "Novak",
    "Oduya",
    "Okafor",
    "Park",
    "Petrov",
    "Quist",
    "Rasmussen",
    "Rivera",
    "Sato",
    "Schulz",
    "Silva",
    "Tanaka",
    "Thorne",
    "Ueda",
    "Vance",
    "Vogel",
    "Walsh",
    "Weiss",
    "Yilmaz",
    "Zeller",
]
MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")


@dataclass(frozen=True, slots=True)
class World:
    """`until`: the time of the newest order. Customers came in the third year before it, orders in the two since."""

    seed: str
    customers: int
    orders: int
    until: datetime

    def draw(self, kind: str, index: int) -> bytes:
        """32 bytes, always the same."""
        return hashlib.blake2b(f"{self.seed}/{kind}/{index}".encode(), digest_size=32).digest()

    def customer_time(self, index: int) -> int:
        """When the customer came, seconds since 1970; grows with `index`, as the ids do."""
        return int(self.until.timestamp()) - 1095 * DAY + 365 * DAY * index // max(1, self.customers)

    def order_time(self, index: int) -> int:
        return int(self.until.timestamp()) - 730 * DAY + 730 * DAY * (index + 1) // max(1, self.orders)

    def owner(self, index: int) -> int | None:
        """Which customer made this order."""
        if not self.customers:
            return None
        reach = self._reach(index % 4)
        return (index // 4 + self._shift(index % 4)) % reach

    def orders_of(self, customer: int) -> Iterator[int]:
        """The orders this customer made, oldest first."""
        found: list[int] = []
        for tier in range(4):
            reach = self._reach(tier)
            if customer < reach:
                found += range(4 * ((customer - self._shift(tier)) % reach) + tier, self.orders, 4 * reach)
        return iter(sorted(found))

    @lru_cache(1024)  # noqa: B019
    def lines(self, index: int) -> list[tuple[int, int]]:
        """(position in GOODS, quantity) of each line."""
        drawn = self.draw("order", index)
        count = 1 + (drawn[0] > 150) + (drawn[0] > 220)
        return [(drawn[1 + n] % len(GOODS), 1 + (drawn[4 + n] > 200)) for n in range(count)]

    def cents(self, index: int) -> tuple[int, int, int]:
        """Goods, shipping and tax of an order; the tax lies on both."""
        goods = sum(GOODS[good].cents * quantity for good, quantity in self.lines(index))
        shipping = 0 if goods >= 10_000 else 690
        return goods, shipping, (goods + shipping) * 8 // 100

    @lru_cache(1024)  # noqa: B019
    def place(self, customer: int | None, index: int) -> Place:
        drawn = self.draw("place", customer if customer is not None else -1 - index)
        return PLACES[drawn[0] * drawn[1] % len(PLACES)]

    def ip(self, customer: int | None, index: int) -> str:
        """An address of the customer's own, in a network of the customer's country."""
        drawn = self.draw("place", customer if customer is not None else -1 - index)
        return f"{self.place(customer, index).network}.{drawn[2] % 64}.{drawn[3]}.{1 + drawn[4] % 254}"

    def mail(self, customer: int) -> str:
        drawn = self.draw("customer", customer)
        first, last = GIVEN[drawn[0] % len(GIVEN)], FAMILY[drawn[1] % len(FAMILY)]
        return f"{first}.{last}.{customer}@{MAIL_HOSTS[drawn[2] % len(MAIL_HOSTS)]}".lower()

    def _reach(self, tier: int) -> int:
        return max(1, int(self.customers * _TIERS[tier]))

    def _shift(self, tier: int) -> int:
        """Sets the rounds of the tiers apart, so that nobody makes four orders in a row."""
        return int(self._reach(tier) * 0.37 * tier)


def iso(seconds: float) -> str:
    """A time as the platform writes it."""
    days, rest = divmod(int(seconds), DAY)
    return f"{_day(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


@lru_cache(4096)
def _day(days: int) -> str:
    return date.fromordinal(719_163 + days).isoformat()


def seconds(written: str) -> int:
    """ValueError for what is no time. A day alone is its midnight; without a zone UTC is meant."""
    at = datetime.fromisoformat(written)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def gid(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"
