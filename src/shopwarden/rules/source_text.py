"""A condition's text as an editor sees it: what is literal or comment blanked out, and how deep loops go."""

from __future__ import annotations

import re

_QUOTED = r'"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
_RAW = r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\''
_LITERAL = re.compile(rf"//[^\n]*|(?<![\w`])(?:[bB]?[rR]|[rR][bB])(?:{_RAW})|(?<![\w`])[bB]?(?:{_QUOTED})", re.DOTALL)
_MATCHES = re.compile(r"\bmatches\s*\((?:[^\"',()]*,)?\s*")
_LOOP = re.compile(r"\.\s*(?:exists|exists_one|all|map|filter)\s*\Z")


def without_literals(text: str) -> str:
    """The same length, with the insides of texts and whole comments blanked; line ends stay."""
    return _LITERAL.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    blank = re.sub(r"[^\n]", " ", found[0])
    return blank if found[0].startswith("//") else f'"{blank[1:-1]}"'


def patterns_in(text: str) -> list[slice]:
    """Where regular expressions stand that are written out: the argument of `matches`, quotes and all."""
    bare = without_literals(text)
    literals = {found.start(): found.end() for found in _LITERAL.finditer(text)}
    begins = (found.end() for found in _MATCHES.finditer(bare))
    alone = (begin for begin in begins if begin in literals and bare[literals[begin] :].lstrip().startswith(")"))
    return [slice(begin, literals[begin]) for begin in alone]


def loops_in(bare: str) -> tuple[int, int]:
    """How many macros go through a list, and how many of them lie inside each other at most."""
    total = depth = deepest = 0
    opened: list[bool] = []
    for place, letter in enumerate(bare):
        if letter == "(":
            is_loop = _LOOP.search(bare[:place]) is not None
            opened.append(is_loop)
            total += is_loop
            depth += is_loop
            deepest = max(deepest, depth)
        elif letter == ")" and opened:
            depth -= opened.pop()
    return total, deepest


def offset_of(text: str, line: int, column: int) -> int:
    """Where a line and a column (both from 1) lie in the text, within its bounds."""
    lines = text.split("\n")
    before = sum(len(each) + 1 for each in lines[: max(0, line - 1)])
    return min(len(text), before + max(0, column - 1))


def place_of(text: str, offset: int) -> tuple[int, int]:
    """The line and the column (both from 1) of an offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
