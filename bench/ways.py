"""Ways through the synthetic shop as words of page letters, from a seed: looking, buying, and stealing."""

from __future__ import annotations

import random

# From each station (see domain/page_kind.py) where people go next, and how often; "" is where a way begins or ends.
_LOOKING = {
    "": {"H": 30, "P": 40, "C": 20, "S": 4, "O": 6},
    "H": {"C": 40, "P": 15, "S": 12, "A": 3, "O": 5, "": 25},
    "C": {"P": 60, "C": 5, "H": 6, "S": 6, "": 23},
    "P": {"P": 5, "C": 22, "H": 6, "+": 12, "S": 6, "O": 4, "": 45},
    "S": {"P": 55, "S": 5, "C": 12, "": 28},
    "+": {"B": 40, "P": 20, "C": 20, "": 20},
    "B": {"K": 25, "P": 20, "C": 20, "": 35},
    "K": {"B": 20, "F": 6, "": 74},
    "F": {"K": 60, "": 40},
    "A": {"O": 20, "H": 30, "C": 20, "": 30},
    "O": {"H": 20, "C": 20, "P": 15, "": 45},
}
_BOUGHT = (("+BK$", 60), ("BK$", 15), ("+K$", 12), ("+BKFK$", 6), ("+BPBK$", 7))
_STOLE = (("K$", 25), ("+K$", 30), ("KFK$", 15), ("KFKFK$", 15), ("+BK$", 15))
WORDS = 4_000


def _walk(chance: random.Random, most: int) -> str:
    way = ""
    while len(way) < most:
        ahead = _LOOKING[way[-1:]]
        letter = chance.choices(list(ahead), list(ahead.values()))[0]
        if not letter:
            break
        if not way.endswith(letter):
            way += letter
    return way


def _one_of(chance: random.Random, words: tuple[tuple[str, int], ...]) -> str:
    return chance.choices([word for word, _ in words], [weight for _, weight in words])[0]


def _word(chance: random.Random, kind: str) -> tuple[str, str]:
    """How a way starts and how it ends: any start goes with any ending, so that most longer ways are there only once."""
    if kind == "looked":
        return _walk(chance, 12), _walk(chance, 10) if chance.random() < 0.45 else ""
    browsed = _walk(chance, 12).rstrip("+BKF")
    if kind == "bought":
        return browsed, _one_of(chance, _BOUGHT)
    return chance.choice(("P", "P", "HP", "SP", browsed)), _one_of(chance, _STOLE)


def ways_sql() -> str:
    """Fills a new table bench_ways (kind, k, start, ending), `k` from 0 until WORDS for each kind."""
    chance = random.Random(17)
    rows = [
        f"('{kind}', {k}, '{start}', '{ending}')"
        for kind in ("looked", "bought", "stole")
        for k in range(WORDS)
        for start, ending in [_word(chance, kind)]
    ]
    return f"""
DROP TABLE IF EXISTS bench_ways;
CREATE UNLOGGED TABLE bench_ways (kind text, k int, start text, ending text, PRIMARY KEY (kind, k));
INSERT INTO bench_ways VALUES {", ".join(rows)};
"""
