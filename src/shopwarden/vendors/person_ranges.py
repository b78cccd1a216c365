"""Ages, incomes and schooling as vendors write them, put into the ranges a customer's record has.

A vendor's own range that crosses one of ours goes where its middle lies; one open to the top where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

YOUNGEST, OLDEST = 18, 120
AGES = ((24, "18-24"), (34, "25-34"), (44, "35-44"), (54, "45-54"), (64, "55-64"), (OLDEST, "65+"))
INCOMES = ((50_000, "0-50k"), (100_000, "50-100k"), (150_000, "100-150k"))
HIGHEST_INCOME = "150k+"
SCHOOLING = ("high_school", "college", "graduate")
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.\d+)?\s*(k|m)?", re.IGNORECASE | re.ASCII)
_GRADUATE = re.compile(r"\b(master|mba|ph\.?d|doctor|doctoral|graduate school|post.?graduate|completed graduate|juris)")
_COLLEGE = re.compile(r"\b(bachelor|associate|college|university|undergraduate|vocational|technical)")
_HIGH_SCHOOL = re.compile(r"\b(high.?school|secondary|ged)\b")


def age_range(age: float) -> str | None:
    """The range of an age in years. None for children, of whom nothing is kept, and for ages nobody has."""
    if not YOUNGEST <= age <= OLDEST:
        return None
    return next(name for highest, name in AGES if int(age) <= highest)


def age_range_of(text: str) -> str | None:
    """From "42", "37-47", "65+" and the like."""
    low, high = _ends(text)
    return None if low is None else age_range(low if high is None else (low + high) / 2)


def income_range(dollars: float) -> str | None:
    """The range of a year's income in US dollars; None for less than nothing."""
    if dollars < 0:
        return None
    return next((name for below, name in INCOMES if dollars < below), HIGHEST_INCOME)


def income_range_of(text: str) -> str | None:
    """From "$150,000 - $199,999", "<20,000", "> 250,000", "75k" and the like."""
    low, high = _ends(text)
    return None if low is None else income_range(low if high is None else (low + high) / 2)


def education_level(texts: Iterable[str]) -> str | None:
    """The highest one named among degrees or levels of schooling."""
    found = [level for text in texts if (level := _level(text.lower())) is not None]
    return max(found, key=SCHOOLING.index, default=None)


def _level(text: str) -> str | None:
    if _GRADUATE.search(text) or text.strip() in {"graduate", "graduate degree"}:
        return "graduate"
    if _COLLEGE.search(text):
        return "college"
    return "high_school" if _HIGH_SCHOOL.search(text) else None


def _ends(text: str) -> tuple[float | None, float | None]:
    """Both ends of a range; the second None where it is open to the top or a single figure."""
    scales = {"k": 1_000.0, "m": 1_000_000.0}
    found = [(float(digits.replace(",", "")), scales.get(unit.lower(), 1.0)) for digits, unit in _AMOUNT.findall(text[:100])]
    if not found:
        return None, None
    # "50-100k" means thousands at both ends.
    last = found[-1][1]
    figures = [figure * (scale if scale > 1 or len(found) == 1 else last) for figure, scale in found[:2]]
    if len(figures) == 1 and text.strip().startswith(("<", "under", "Under", "less", "Less", "up to", "Up to")):
        return 0.0, figures[0]
    return figures[0], figures[1] if len(figures) == 2 else None
