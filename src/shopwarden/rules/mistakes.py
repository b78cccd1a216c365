"""What is wrong with a condition, in words that say what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from shopwarden.errors import RefuseError
from shopwarden.rules.source_text import offset_of, place_of, without_literals
from shopwarden.rules.types_said import kind_words, mismatch

MOST_TOLD = 5
_ONE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '\((.*)\)'")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_SELECT = re.compile(r"expression of type '([^']+)' cannot be the operand of a select")
_UNREADABLE = re.compile(r"token recognition error at: '(.*)'", re.DOTALL)
_UNEXPECTED = re.compile(r"(?:mismatched|extraneous) input '(.*?)' expecting|no viable alternative at input '(.*?)'")
_MISSING = re.compile(r"missing '(.*?)' at")
_PATH_BEFORE = re.compile(r"[A-Za-z_][\w.`]*\Z")
_WORDS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!", "True": "true", "False": "false"}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, from `column` on (both from 1) for `length` characters."""

    message: str
    line: int = 1
    column: int = 1
    length: int = 1


class ConditionError(RefuseError):
    """A condition that can't be understood; the first of `faults` is told in the message."""

    def __init__(self, *faults: Fault) -> None:
        first = faults[0]
        self.message = f"line {first.line}, column {first.column}: {first.message}"
        fields = {"condition": self.message} | {
            f"condition:{each.line}:{each.column}": each.message for each in faults[1:MOST_TOLD]
        }
        super().__init__(f"condition: {self.message}.", type="invalid-condition", fields=fields)
        self.faults, self.line, self.column = faults, first.line, first.column


def fault_at(text: str, offset: int, length: int, message: str) -> Fault:
    line, column = place_of(text, offset)
    return Fault(message=message, line=line, column=column, length=max(1, length))


def faults_in(text: str, told: str, types: Mapping[str, str]) -> tuple[Fault, ...]:
    """The compiler's complaints made plain. `types`: name -> type of everything a condition may name."""
    complaints = _ONE.findall(told)
    # A parser that lost its way complains of everything after it: the first word is the true one.
    if "Syntax error" in told:
        complaints = complaints[:1]
    faults = (_plain(text, offset_of(text, int(line), int(column)), words, types) for line, column, words in complaints)
    return tuple(faults) or (Fault(message="is not a condition"),)


def _plain(text: str, offset: int, words: str, types: Mapping[str, str]) -> Fault:
    if found := _OVERLOAD.search(words):
        message = mismatch(without_literals(text), offset, found[1], found[2].split(", "), types)
        return fault_at(text, offset, len(found[1].strip("_@!")) or 1, message)
    if found := _UNDECLARED.search(words):
        return _undeclared(text, offset, found[1], types)
    if found := _SELECT.search(words):
        path = _path_before(text, offset)
        return fault_at(text, offset - len(path), len(path), f"{path or 'this'} is {kind_words(found[1])} and has no parts")
    return _syntax(text, offset, words)


def _path_before(text: str, offset: int) -> str:
    found = _PATH_BEFORE.search(text[:offset])
    return found[0] if found else ""


def _undeclared(text: str, offset: int, name: str, types: Mapping[str, str]) -> Fault:
    begin = offset - len(_path_before(text, offset)) if text[offset : offset + 1] in (".", "(") else offset
    if text[offset : offset + 1] == "(":
        return fault_at(text, offset - len(name), len(name), f"there is no function {name}()")
    if text[offset : offset + 1] == "." and "." not in name:
        return fault_at(text, offset + 1, len(name), f"there is no function {name}()")
    if name in _WORDS:
        return fault_at(text, begin, len(name), f"write {_WORDS[name]} instead of {name}")
    inside = [known for known in types if known.startswith(f"{name}.")]
    if inside:
        return fault_at(text, begin, len(name), f"{name} is a part with facts of its own: write {inside[0]}, for example")
    near = get_close_matches(name, types, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    if not near and "." not in name:
        hint = f': a text stands in quotes, "{name}"'
    return fault_at(text, begin, len(name), f"there is no fact named {name}{hint}")


def _syntax(text: str, offset: int, words: str) -> Fault:
    if found := _UNREADABLE.search(words):
        return fault_at(text, offset, 1, _unreadable(found[1]))
    if found := _MISSING.search(words):
        return fault_at(text, offset, 1, f"{found[1]} is missing here")
    if found := _UNEXPECTED.search(words):
        what = found[1] or found[2] or ""
        if what == "<EOF>" or offset >= len(text):
            return fault_at(text, len(text), 1, "the condition ends too early: something is missing here")
        if what in _WORDS:
            return fault_at(text, offset, len(what), f"write {_WORDS[what]} instead of {what}")
        return fault_at(text, offset, len(what), f"{what[:40]} can't stand here")
    return fault_at(text, offset, 1, words.strip()[:200])


def _unreadable(token: str) -> str:
    if token.startswith(("'", '"')) and "\\" in token:
        return 'a backslash in a text is doubled, or the text begins with r: write r"..."'
    if token.startswith(("'", '"')):
        return "the text that begins here has no closing quote"
    if token.startswith("="):
        return "write == to compare"
    if token.startswith(("&", "|")):
        return f"write {token[0] * 2} instead of {token[0]}"
    return f"{token.strip()[:20] or 'this sign'} has no meaning here"
