"""An error as one short line that may be stored and shown: no personal data, no secrets."""

from __future__ import annotations

import re

_MOST = 500
_HIDDEN = (
    (re.compile(r"(?<=://)[^\s/@]*:[^\s/@]*@"), "***@"),
    (re.compile(r"\b(Bearer|Basic)\s+\S+", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\b(?:shpat|shpss|shpca|shppa)_\w+"), "***"),
    (re.compile(r"[^\s@'\"<>(),;:=]+@[^\s@'\"<>(),;:=]+\.\w+"), "<e-mail>"),
    (re.compile(r"(?<![\w-])\+?\d(?:[ ().-]?\d){7,}(?![\w-])"), "<number>"),
)


def error_text(problem: BaseException) -> str:
    """`Kind: first line of the message`, e-mails, long numbers and credentials blotted out, at most 500 characters."""
    # Databases put the offending row's values into the lines after the first.
    lines = str(problem).replace("\x00", "").strip().splitlines()
    text = lines[0][: _MOST * 4] if lines else ""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return f"{type(problem).__name__}: {text}"[:_MOST] if text else type(problem).__name__
