"""Chance from a seed: the same seed gives the same day, to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

Item = TypeVar("Item")

_HEX = "0123456789abcdef"


class Dice:
    """One stream of chance. `child` gives an independent one, so that a change in one scene leaves the others alone."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = Random(seed)
        self._numbers = 0

    def child(self, name: str) -> Dice:
        return Dice(f"{self._seed}/{name}")

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self._random.randrange(len(items))]

    def weighted(self, shares: Mapping[Item, float]) -> Item:
        """One of the keys, by their shares; shares need not add up to one."""
        return self._random.choices(list(shares), weights=list(shares.values()))[0]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        return self._random.sample(items, min(count, len(items)))

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def around(self, median: float, spread: float = 0.5) -> float:
        """Log-normal around a median: reading times, order sizes. `spread` is the deviation of the logarithm."""
        return median * self._random.lognormvariate(0.0, spread)

    def hexadecimal(self, length: int) -> str:
        return "".join(self._random.choices(_HEX, k=length))

    def digits(self, length: int) -> str:
        return "".join(self._random.choices("0123456789", k=length))

    def filled(self, pattern: str) -> str:
        """`#` becomes a digit, `@` a capital letter, the rest stays."""
        return "".join(
            self.digits(1) if mark == "#" else self.pick("ABCEGHJKLMNPRSTVXY") if mark == "@" else mark for mark in pattern
        )


class Numbers:
    """Shopify-like whole numbers, rising; two seeds hardly ever share one."""

    def __init__(self, seed: str) -> None:
        start = int.from_bytes(blake2b(seed.encode(), digest_size=4).digest(), "big") % 900_000
        self._next = 5_000_000_000_000 + start * 1_000_000
        self._order = 1_000

    def next(self) -> int:
        self._next += 1
        return self._next

    def next_order(self) -> int:
        self._order += 1
        return self._order
