"""What fraudulent visits do that legitimate ones do not: significant patterns of their ways, few enough to be read."""

from __future__ import annotations

from typing import NamedTuple

from shopwarden.domain.association import fisher, holm, lift
from shopwarden.domain.page_kind import ADDED, FAILED, NAMES, ORDERED
from shopwarden.domain.sequences import Support, Ways, closed, contains, gapped, runs

FEWEST_WAYS = 5
"""Ways a pattern is at least found in, in both classes together."""

LEAST_SHARE = 0.05
"""The same as a share of the smaller class."""

LEVEL = 0.05
"""Chance that a list shows anything at all when the classes do not differ."""

ALIKE = 4
"""Letters two patterns have in common at least before one of them counts as the other again."""

MOST = 15
"""Patterns listed of each class."""

_SPOKEN = NAMES | {ADDED: "put into the cart", FAILED: "failed payment", ORDERED: "order"}


class Size(NamedTuple):
    """Ways looked at of each class, and how many of each there are in all."""

    seen: Support
    all: Support


class Finding(NamedTuple):
    """`word` is the pattern, `run` whether nothing comes between its letters; `support` counts ways (fraud, legitimate).

    `lift`: how many times as likely fraud is with the pattern as without knowing of it. `p_value`: adjusted for all patterns
    that were tested.
    """

    word: str
    run: bool
    support: Support
    lift: float | None
    p_value: float


def find(ways: Ways, size: Size) -> tuple[list[Finding], int]:
    """Significant patterns, the surest first, and how many were tested. `ways`: each word with (fraud, legitimate) counts.

    Candidates are chosen by how often they are there, never by class, so that the correction for testing many holds. Of
    patterns that are nearly one another the surest is shown.
    """
    seen = size.seen
    if min(seen) < FEWEST_WAYS:
        return [], 0
    fewest = max(FEWEST_WAYS, int(LEAST_SHARE * min(seen)) + 1)
    together, apart = closed(runs(ways, fewest), run=True), closed(gapped(ways, fewest), run=False)
    # With the same support the run says more.
    tested = [(word, True, support) for word, support in together.items()]
    tested += [(word, False, support) for word, support in apart.items() if together.get(word) != support]
    p_values = holm([fisher(support.one, seen.one, support.other, seen.other) for _, _, support in tested])
    findings = [
        Finding(word, run, support, weighted_lift(support, size), p_value)
        for (word, run, support), p_value in zip(tested, p_values, strict=True)
        if p_value < LEVEL
    ]
    return _readable(findings, seen), len(tested)


def weighted_lift(support: Support, size: Size) -> float | None:
    """Where only some ways of a class were looked at, these stand for all of them."""
    fraud, legitimate = (there / seen if seen else 0.0 for there, seen in zip(size.all, size.seen, strict=True))
    both = support.one * fraud
    return lift(both, both + support.other * legitimate, size.all.one, size.all.total)


def of_fraud(support: Support, seen: Support) -> bool:
    """Whether the pattern is commoner in fraud than in legitimate visits."""
    return support.one * seen.other > support.other * seen.one


def _readable(findings: list[Finding], seen: Support) -> list[Finding]:
    taken: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (one.p_value, -len(one.word), not one.run, one.word)):
        side = of_fraud(finding.support, seen)
        alike = [one for one in taken if of_fraud(one.support, seen) == side]
        if len(alike) < MOST and not any(_related(one.word, finding.word) for one in alike):
            taken.append(finding)
    return taken


def _related(one: str, other: str) -> bool:
    """Whether one is within the other, or they differ in a single step of a longer way."""
    short, long = sorted((one, other), key=len)
    if contains(long, short, run=False):
        return True
    return _in_both(one, other) >= max(ALIKE, len(long) - 1)


def _in_both(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for letter in one:
        before = row[:]
        for place, theirs in enumerate(other, 1):
            row[place] = before[place - 1] + 1 if letter == theirs else max(before[place], row[place - 1])
    return row[-1]


def sentence(finding: Finding, seen: Support) -> str:
    """The finding in words: 31.0 % of fraudulent and 2.0 % of legitimate visits went product → checkout directly."""
    way = " → ".join(_SPOKEN[letter] for letter in finding.word)
    how = "one directly after the other" if finding.run else "in this order, with or without other pages between"
    fraud, legitimate = _spoken(finding.support.one, seen.one), _spoken(finding.support.other, seen.other)
    return f"{fraud} of fraudulent and {legitimate} of legitimate visits went {way}, {how}."


def _spoken(having: int, of: int) -> str:
    return f"{having / of:.1%}" if of else "an unknown share"
