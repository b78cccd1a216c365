"""Types of conditions in merchants' words, and what to write where two of them don't go together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "uint": "a whole number",
    "double": "a number with decimals",
    "string": "a text",
    "google.protobuf.Timestamp": "a time",
    "timestamp": "a time",
    "google.protobuf.Duration": "a span of time",
    "list(string)": "a list of texts",
    "list(int)": "a list of whole numbers",
    "list(double)": "a list of numbers with decimals",
    "null": "null",
}
_RIGHT = re.compile(r"\s*(-?\d+(?:\.\d+)?)(?![\w.])")
_RIGHT_NAME = re.compile(r"\s*([A-Za-z_][\w.]*)(?![\w.(])")
_LEFT = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)\s*\Z")
_LEFT_NAME = re.compile(r"([A-Za-z_][\w.]*)\s*\Z")
_TIME, _SPAN = "google.protobuf.Timestamp", "google.protobuf.Duration"


def kind_words(kind: str) -> str:
    return _KINDS.get(kind, kind)


def mismatch(bare: str, offset: int, operator: str, kinds: Sequence[str], types: Mapping[str, str]) -> str:
    """Why an operator at `offset` of the text (its literals blanked) does not take these types, and what would do."""
    sign = operator.strip("_@") or operator
    left, right = _sides(bare, offset, sign)
    if len(kinds) == 2:
        if set(kinds) == {"double", "int"}:
            return _numbers(left, right, kinds, types)
        if sign == "in":
            return _within(kinds)
        if sign not in ("&&", "||") and "bool" in kinds:
            return _yes_or_no(left if kinds[0] == "bool" else right)
        if "string" in kinds and _TIME in kinds:
            return 'a time is compared with a time: write timestamp("2026-01-31T00:00:00Z")'
        if _SPAN in kinds:
            return 'a span of time is compared with a span of time: write duration("24h")'
    if sign in ("&&", "||", "!"):
        return f"{sign} joins what is true or false, and this is {_joined([k for k in kinds if k != 'bool'] or kinds)}"
    if not re.match(r"\W", sign):
        return f"{sign}() does not take {_joined(kinds)}"
    return f"{sign} does not go with {_joined(kinds)}"


def _sides(bare: str, offset: int, sign: str) -> tuple[str, str]:
    """What stands on both sides of the operator, where it is a number or a name; else an empty text."""
    before, after = bare[:offset], bare[offset + len(sign) :]
    left = _LEFT.search(before) or _LEFT_NAME.search(before)
    right = _RIGHT.match(after) or _RIGHT_NAME.match(after)
    return (left[1] if left else ""), (right[1] if right else "")


def _numbers(left: str, right: str, kinds: Sequence[str], types: Mapping[str, str]) -> str:
    """CEL converts no numbers by itself."""
    decimal, whole = (left, right) if kinds[0] == "double" else (right, left)
    if re.fullmatch(r"-?\d+", whole):
        named = f": {decimal} is a number with decimals" if decimal in types else ""
        return f"write {whole}.0 instead of {whole}{named}"
    if re.fullmatch(r"-?\d+\.0*", decimal):
        named = f": {whole} is a whole number" if whole in types else ""
        return f"write {decimal.partition('.')[0]} instead of {decimal}{named}"
    if whole in types:
        return f"{whole} is a whole number: write double({whole})"
    return "one side is a whole number, the other has decimals: put double(...) around the whole one"


def _within(kinds: Sequence[str]) -> str:
    if not kinds[1].startswith("list"):
        return f'right of `in` stands a list, such as ["DE", "AT"], and this is {kind_words(kinds[1])}'
    return f"{kind_words(kinds[0])} is never in {kind_words(kinds[1])}"


def _yes_or_no(name: str) -> str:
    shown = name or "it"
    return f"this is true or false and compares with nothing else: write {shown} or !{shown}"


def _joined(kinds: Sequence[str]) -> str:
    return " and ".join(kind_words(kind) for kind in kinds)
