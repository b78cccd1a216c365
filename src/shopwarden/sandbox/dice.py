"""Chance that always falls the same way: every draw follows from the seed, what it is about, and the draw's name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws are named and don't depend on their order, so that a new field never changes the answers of the others."""

    seed: str

    def about(self, *words: object) -> Dice:
        """The dice of one person, address or order: the same words give the same dice."""
        return Dice(self._digest("about", *(str(word).strip().lower() for word in words)).hex())

    def chance(self, name: str) -> float:
        """From 0 up to, never reaching, 1."""
        return int.from_bytes(self._digest(name)[:7]) / 256**7

    def happens(self, name: str, probability: float) -> bool:
        return self.chance(name) < probability

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.chance(name) * (high - low + 1))

    def pick(self, name: str, things: Sequence[Thing]) -> Thing:
        return things[int(self.chance(name) * len(things))]

    def token(self, name: str, length: int = 24) -> str:
        """Lower-case hexadecimal digits, at most 64."""
        return self._digest(name).hex()[:length]

    def uuid(self, name: str) -> str:
        digits = self.token(name, 32)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def risk(self) -> float:
        """How bad the subject is, 0 to 1: of a hundred about 85 are plainly good, 10 doubtful and 5 bad."""
        share, place = self.chance("risk.share"), self.chance("risk.place")
        if share < 0.85:
            return place * 0.25
        return 0.4 + place * 0.3 if share < 0.95 else 0.8 + place * 0.19

    def _digest(self, *words: str) -> bytes:
        return hashlib.sha256("\x1f".join((self.seed, *words)).encode("utf-8", "replace")).digest()
