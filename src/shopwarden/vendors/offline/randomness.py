"""How unlike a name or word a piece of text is: a letter model learnt from names and words of many languages."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.resources import files
from math import exp, log
from unicodedata import combining, normalize

ALPHABET = 27
"""Letters and the word boundary."""
WALK_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm", "wxcvbn")

_LETTERS = re.compile(r"[a-z]+")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{4,}")
_ONE_SOUND = re.compile(r"szcz|schw|sch|tsch|[cspktgwz]h|sz|cz|rz|dz|ck|ng|nd|nt|st|ts|(.)\1")
_LETTERS_OF_ASCII = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"}
)


def ascii_letters(text: str) -> str:
    """Lower case without accents; letters of other scripts stay as they are."""
    return "".join(mark for mark in normalize("NFKD", text.lower().translate(_LETTERS_OF_ASCII)) if not combining(mark))


@cache
def known_words(file: str) -> frozenset[str]:
    """Words of one of the built-in lists: names.txt, words.txt, role_names.txt or free_mail_domains.txt."""
    return frozenset(files(__package__).joinpath("data", file).read_text(encoding="utf-8").split())


def randomness_of(local_part: str) -> float:
    """0 for what reads like a name or word, 1 for what reads like keys hit at random; about 0.3 where too short to tell."""
    text = ascii_letters(local_part.partition("+")[0])
    letters = "".join(_LETTERS.findall(text))
    if any(ord(mark) > 127 and mark.isalpha() for mark in text):
        return 0.3
    # Each part adds to the log odds of being random; the weights were set on held-out names and random strings.
    odds = (-1.25 if len(letters) > 3 else -0.9) + _digit_odds(text) + _walk_odds(text)
    if len(letters) > 3:
        enough = min(1.0, len(letters) / 9)
        odds += enough * (1.9 - 3.0 * _likeness(text))
        odds += 0.9 * min(_crowding(text), _crowding(text[2:]) if len(text) > 6 else 9)
        vowels = sum(letters.count(vowel) for vowel in "aeiouy") / len(letters)
        if len(letters) >= 5 and vowels < 0.2:
            odds += 1.5
    return 1 / (1 + exp(-max(-30.0, min(30.0, odds))))


def _likeness(text: str) -> float:
    """Mean gain, in nats per letter, of the letter model over pure chance; names are above 0.5, random letters below 0."""
    runs = [run for run in _LETTERS.findall(text) if len(run) > 1]
    if not runs:
        return 0.4
    # Initials before or after a surname are no word: up to two letters at the front or one at the end may go.
    ways = [runs] + [[runs[0][skip:], *runs[1:]] for skip in (1, 2) if len(runs[0]) - skip >= 4]
    ways += [[*runs[:-1], runs[-1][:-1]]] if len(runs[-1]) > 4 else []
    return max(_mean_gain(way) - (0.15 if tried else 0) for tried, way in enumerate(ways))


def _mean_gain(runs: list[str]) -> float:
    gains = [gain for run in runs for gain in _gains(run)]
    return sum(gains) / len(gains)


def _crowding(text: str) -> int:
    """Consonants in a row beyond three, common letter groups taken as one."""
    return sum(len(run) - 3 for run in _CONSONANTS.findall(_ONE_SOUND.sub("h", text)))


def _gains(run: str) -> list[float]:
    pairs, triples, singles = _letter_model()
    padded = f"^^{run}$"
    gains = []
    for index in range(2, len(padded)):
        before, pair, letter = padded[index - 2 : index], padded[index - 1 : index], padded[index]
        chance = (singles[letter] + 1) / (singles.total() + ALPHABET)
        chance = (pairs[pair + letter] + 6 * chance) / (pairs[pair] + 6)
        chance = (triples[before + letter] + 8 * chance) / (triples[before] + 8)
        gains.append(max(-2.5, log(chance * ALPHABET)))
    return gains


@cache
def _letter_model() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Counts of letters after one and after two letters; a context's own count stands under the context itself."""
    pairs, triples, singles = Counter[str](), Counter[str](), Counter[str]()
    for word in known_words("names.txt") | known_words("words.txt"):
        padded = f"^^{word}$"
        for index in range(2, len(padded)):
            letter = padded[index]
            singles[letter] += 1
            pairs.update((padded[index - 1], padded[index - 1] + letter))
            triples.update((padded[index - 2 : index], padded[index - 2 : index] + letter))
    return pairs, triples, singles


def _digit_odds(text: str) -> float:
    """Digits at the end are years and house numbers; digits strewn between letters are not."""
    core = re.sub(r"^\d{1,4}(?=[a-z])|[._-]*\d{1,4}$", "", text)
    changes = len(re.findall(r"(?<=[a-z])\d|(?<=\d)[a-z]", core))
    digits = sum(mark.isdigit() for mark in core)
    return 1.1 * changes + (0.25 * digits if changes else 0.08 * digits)


def _walk_odds(text: str) -> float:
    """Neighbouring keys in a row, and one letter again and again."""
    odds = 4.0 if re.search(r"(.)\1{3,}", text) else 0.0
    for row in WALK_ROWS:
        for keys in (row, row[::-1]):
            longest = max(
                (
                    length
                    for length in range(4, len(keys) + 1)
                    if any(keys[start : start + length] in text for start in range(len(keys) - length + 1))
                ),
                default=0,
            )
            if longest >= 5 or (longest == 4 and longest * 2 >= len(text)):
                return odds + 4.5
    return odds
