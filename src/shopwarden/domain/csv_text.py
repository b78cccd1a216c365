"""CSV as merchants send and get it: bytes cut into records, records into cells, and cells written to be read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONGEST_RECORD = 64 * 1024
MOST_LINES = 20
"""Lines of one record: a quote that is never closed swallows no more than these, and gives all but the first back."""
_ENDS = b",;\t\r\n"
_FORMULA = frozenset("=+-@\t\r")
_MARK = "'"


class Record(NamedTuple):
    """`line` is the line it begins in, from 1. `text` None: it is not to be read, for the reason in `fault`."""

    line: int
    text: str | None
    fault: str = ""


class LineFault(Exception):
    """What is wrong with which column of a record."""

    def __init__(self, field: str, wrong: str) -> None:
        super().__init__(f"{field} {wrong}")
        self.field, self.wrong = field, wrong


class Records:
    """Cuts bytes into records: lines, or several where a quoted cell goes on. Never holds more than one long record."""

    def __init__(self) -> None:
        self._rest, self._held = bytearray(), list[tuple[int, bytes]]()
        self._line, self._is_skipping = 0, False

    def feed(self, chunk: bytes) -> Iterator[Record]:
        self._rest += chunk
        *lines, rest = self._rest.split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            yield from self._take(bytes(line))
        if len(self._rest) > LONGEST_RECORD:
            self._rest.clear()
            self._is_skipping = True

    def end(self) -> Iterator[Record]:
        if self._rest or self._is_skipping:
            yield from self._take(bytes(self._rest))
        while self._held:
            yield from self._give_up()

    def _take(self, line: bytes) -> Iterator[Record]:
        self._line += 1
        if self._is_skipping or len(line) > LONGEST_RECORD:
            self._is_skipping = False
            yield Record(self._line, None, f"has more than {LONGEST_RECORD // 1024} KB")
            return
        line = line.removesuffix(b"\r")
        if not self._held and b'"' not in line:
            if line.strip():
                yield _record(self._line, line)
            return
        self._held.append((self._line, line))
        text = b"\n".join(each for _, each in self._held)
        if not _is_open(text):
            begun = self._held[0][0]
            self._held.clear()
            yield _record(begun, text)
        elif len(self._held) >= MOST_LINES or len(text) > LONGEST_RECORD:
            yield from self._give_up()

    def _give_up(self) -> Iterator[Record]:
        (begun, _), *others = self._held
        self._held.clear()
        yield Record(begun, None, "has a quote that is not closed")
        line = self._line
        for number, text in others:
            self._line = number - 1
            yield from self._take(text)
        self._line = line


def _record(line: int, raw: bytes) -> Record:
    try:
        text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError:
        return Record(line, None, "is not UTF-8")
    return Record(line, None, "holds a NUL") if "\0" in text else Record(line, text)


def _is_open(text: bytes) -> bool:
    """Whether a quoted cell is still open at the end: a quote opens one only at a cell's start."""
    is_quoted, is_start, place = False, True, 0
    while place < len(text):
        mark = text[place]
        if is_quoted:
            if mark == 34:
                after = text[place + 1 : place + 2]
                if after == b'"':
                    place += 1
                else:
                    # Followed by anything else it is no end: the cell is malformed, and its line is told.
                    is_quoted = bool(after) and after not in _ENDS
        elif mark == 34 and is_start:
            is_quoted = True
        is_start = not is_quoted and mark in _ENDS
        place += 1
    return is_quoted


def delimiter_of(first: str) -> str:
    """Comma, semicolon or tab: whichever the first record has most of."""
    return max(",;\t", key=first.count)


def cells_of(text: str, delimiter: str) -> list[str]:
    """The cells of one record as `write_rows` was given them, blanks around them left out. LineFault: it is no CSV."""
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise LineFault("line", f"can't be read: {error}") from None
    return [_unguarded(cell.strip()) for cell in cells]


def write_rows(rows: Sequence[Sequence[str]]) -> bytes:
    """CSV after RFC 4180. A cell a spreadsheet would take for a formula gets a mark before it, which reading takes off."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_guarded(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


def _guarded(cell: str) -> str:
    is_number = cell[:1] in "+-" and cell[1:].isascii() and cell[1:].isdigit()
    return _MARK + cell if cell.lstrip(_MARK)[:1] in _FORMULA and not is_number else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == _MARK and cell.lstrip(_MARK)[:1] in _FORMULA else cell
