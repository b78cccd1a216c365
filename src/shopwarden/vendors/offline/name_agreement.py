"""How well the local part of an e-mail address agrees with a person's name."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from shopwarden.vendors.offline.randomness import ascii_letters, known_words

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_PARTS = re.compile(r"[a-z]+")
NEARLY = 0.84
"""Share of equal letters from which two spellings count as one name ("jon", "john")."""


def name_agreement_of(local_part: str, first_name: str | None, last_name: str | None) -> float | None:
    """1 for both names, less for one name, initials or a near spelling, 0 for somebody else's name.

    None without a name in Latin letters, and for a local part that is a handle and claims no name at all.
    """
    text = local_part.partition("+")[0]
    words = _PARTS.findall(ascii_letters(text))
    letters = "".join(words)
    best: float | None = None
    for first, last in _spellings(first_name, last_name):
        best = max(best or 0.0, _agreement(words, letters, first, last))
    if best is None or len(letters) < 2:
        return None
    return best if best > 0 or _claims_a_name(words) else None


def _spellings(first_name: str | None, last_name: str | None) -> list[tuple[str, str]]:
    """Both ways to write umlauts; nothing where no letter is Latin."""
    found = []
    for table in ({}, _UMLAUTS):
        first, last = (
            "".join(_PARTS.findall(ascii_letters((name or "").lower().translate(table)))) for name in (first_name, last_name)
        )
        if (first or last) and (first, last) not in found:
            found.append((first, last))
    return found


def _agreement(words: list[str], letters: str, first: str, last: str) -> float:
    """Rungs from the surest pattern to the faintest."""
    if first and last:
        if letters in (first + last, last + first) or {first, last} <= set(words):
            return 1.0
        if len(last) > 2 and letters in (first[0] + last, last + first[0]):
            return 0.9
        if len(first) > 2 and letters in (first + last[0], last[0] + first):
            return 0.85
        if first in letters and last in letters and min(len(first), len(last)) > 2:
            return 0.95
    if len(last) > 2 and (last in words or (len(last) > 3 and last in letters)):
        return 0.8
    if len(first) > 2 and (first in words or (len(first) > 3 and first in letters)):
        return 0.7
    if any(_is_nearly(word, name) for word in (*words, letters) for name in (first, last, first + last) if len(name) > 3):
        return 0.6
    if first and last and letters in (first[0] + last[0], last[0] + first[0]):
        return 0.5
    if len(first) > 3 and any(len(word) > 2 and first.startswith(word) for word in words):
        return 0.5
    return 0.0


def _is_nearly(word: str, name: str) -> bool:
    if abs(len(word) - len(name)) > 2 or len(word) < 4:
        return False
    return SequenceMatcher(None, word, name, autojunk=False).ratio() >= NEARLY


def _claims_a_name(words: list[str]) -> bool:
    """True if the address itself reads like some person's name: a known name, alone, after an initial, or beside another."""
    names = known_words("names.txt")
    if any(word in names or (len(word) > 5 and word[1:] in names) for word in words if len(word) > 3):
        return True
    joined = "".join(words)
    return any(joined[:cut] in names and joined[cut:] in names for cut in range(3, len(joined) - 2))
