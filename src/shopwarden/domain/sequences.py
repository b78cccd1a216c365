"""Which shorter ways are found within ways through a shop, and in how many: runs without gaps, and steps in order with gaps.

A way is a word, a letter a station. Ways come as a table of words with how often each is there in two classes, so a way
that many went is looked at once. Counting is by way, not by place: a way that has a run twice has it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

SHORTEST, LONGEST = 2, 6
BEAM = 300
"""Gapped patterns of one length that are followed further: the most frequent ones, whatever their class."""

_BITS = 32
_MASK = (1 << _BITS) - 1


class Support(NamedTuple):
    """In how many ways of the one class and of the other."""

    one: int
    other: int

    @property
    def total(self) -> int:
        return self.one + self.other


Ways = Mapping[str, Support]
Found = dict[str, Support]


def contains(way: str, pattern: str, *, run: bool) -> bool:
    """Whether the pattern's letters are in the way in this order; as a `run`, without anything between them."""
    if run:
        return pattern in way
    left = iter(way)
    return all(letter in left for letter in pattern)


def runs(ways: Ways, fewest: int) -> Found:
    """Every run of SHORTEST to LONGEST letters that at least `fewest` ways have."""
    counted: dict[str, int] = {}
    for way, support in ways.items():
        packed = _pack(support)
        for run in _runs_of(way):
            counted[run] = counted.get(run, 0) + packed
    return _frequent(counted, fewest)


def gapped(ways: Ways, fewest: int, beam: int = BEAM) -> Found:
    """Patterns of SHORTEST to LONGEST letters in order, anything between them, that at least `fewest` ways have.

    Grown letter by letter over what is left of each way behind the pattern (PrefixSpan: Pei et al., 2001). Only the `beam`
    most frequent ones of a length are grown further, so lengths up to 3 are complete as long as `beam` is not reached; with
    a beam as wide as there are patterns, all lengths are.
    """
    level: dict[str, dict[str, int]] = {"": {way: _pack(support) for way, support in ways.items()}}
    found: Found = {}
    for length in range(1, LONGEST + 1):
        grown: dict[str, tuple[Support, dict[str, int]]] = {}
        for pattern, rests in level.items():
            for letter, behind in _children(rests).items():
                support = _unpack(sum(behind.values()))
                if support.total >= fewest:
                    grown[pattern + letter] = (support, behind)
        if length >= SHORTEST:
            found.update((pattern, support) for pattern, (support, _) in grown.items())
        kept = sorted(grown, key=lambda pattern: (-grown[pattern][0].total, pattern))[:beam]
        level = {pattern: grown[pattern][1] for pattern in kept}
    return found


def closed(found: Found, *, run: bool) -> Found:
    """Those that say more than any longer one: without patterns that a longer one has with the very same support."""
    told = {
        shorter for pattern, support in found.items() for shorter in _shorter(pattern, run) if found.get(shorter) == support
    }
    return {pattern: support for pattern, support in found.items() if pattern not in told}


def _children(rests: Mapping[str, int]) -> dict[str, dict[str, int]]:
    children: dict[str, dict[str, int]] = {}
    for rest, packed in rests.items():
        for letter, behind in _nexts(rest):
            child = children.setdefault(letter, {})
            child[behind] = child.get(behind, 0) + packed
    return children


@lru_cache(maxsize=100_000)
def _nexts(rest: str) -> tuple[tuple[str, str], ...]:
    """Each letter with what follows its first place."""
    return tuple((letter, rest[rest.index(letter) + 1 :]) for letter in dict.fromkeys(rest))


@lru_cache(maxsize=20_000)
def _runs_of(way: str) -> frozenset[str]:
    lengths = range(SHORTEST, LONGEST + 1)
    return frozenset(way[start : start + length] for length in lengths for start in range(len(way) - length + 1))


def _shorter(pattern: str, run: bool) -> Iterable[str]:
    if run:
        return (pattern[1:], pattern[:-1])
    return (pattern[:place] + pattern[place + 1 :] for place in range(len(pattern)))


def _frequent(counted: Mapping[str, int], fewest: int) -> Found:
    supports = ((pattern, _unpack(packed)) for pattern, packed in counted.items())
    return {pattern: support for pattern, support in supports if support.total >= fewest}


def _pack(support: Support) -> int:
    # Both counts in one number: adding them up is the inner loop.
    return support.one << _BITS | support.other


def _unpack(packed: int) -> Support:
    return Support(packed >> _BITS, packed & _MASK)
