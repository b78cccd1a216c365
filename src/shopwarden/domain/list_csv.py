"""Lists as CSV: bytes cut into records as they come in, records read into entries, entries written to be read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from shopwarden.domain.list_entry import LONGEST_REASON, NewEntry, normalise_value
from shopwarden.domain.paging import read_moment
from shopwarden.domain.policy import ListKind, ListName
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError

COLUMNS = ("list", "kind", "value", "reason", "expires_at", "created_by", "created_at")
LONGEST_RECORD = 64 * 1024
MOST_LINES = 20
"""Lines of one record: a quote that is never closed swallows no more than these, and gives all but the first back."""
_LISTS: Mapping[str, ListName] = {name: name for name in get_args(ListName)}
_KINDS: Mapping[str, ListKind] = {kind: kind for kind in get_args(ListKind)}
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


class Layout(NamedTuple):
    """Which cell is what. `list` and `kind` stand for columns that are missing or empty."""

    columns: tuple[str, ...]
    delimiter: str
    list: ListName | None
    kind: ListKind | None
    has_header: bool


def layout_of(first: str, name: ListName | None, kind: ListKind | None) -> Layout:
    """From the first record. Without a header every line is a value, of the list and kind that were said. RefuseError names
    what is missing."""
    delimiter = max(",;\t", key=first.count)
    columns = tuple(cell.strip().lower() for cell in _cells(first, delimiter))
    if "value" not in columns:
        if name is None or kind is None or len(columns) > 1:
            said = "The first line has to name the columns: list, kind, value and, if there are, reason and expires_at."
            raise RefuseError(said, type="invalid-input", fields={"header": "does not name a column `value`"})
        return Layout(("value",), ",", name, kind, has_header=False)
    missing = [each for each, said in (("list", name), ("kind", kind)) if each not in columns and said is None]
    if missing:
        raise RefuseError(
            f"A column or a parameter is missing: {', '.join(missing)}.",
            type="invalid-input",
            fields=dict.fromkeys(missing, "is neither a column nor a parameter"),
        )
    return Layout(columns, delimiter, name, kind, has_header=True)


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def read_record(text: str, layout: Layout) -> NewEntry:
    """LineFault names the column."""
    try:
        cells = _cells(text, layout.delimiter)
    except csv.Error as error:
        raise LineFault("line", f"can't be read: {error}") from None
    row = {name: _unguarded(cell.strip()) for name, cell in zip(layout.columns, cells, strict=False)}
    name = _LISTS.get(row.get("list", "").lower() or layout.list or "")
    kind = _KINDS.get(row.get("kind", "").lower() or layout.kind or "")
    if name is None:
        raise LineFault("list", f"is not one of {', '.join(_LISTS)}")
    if kind is None:
        raise LineFault("kind", f"is not one of {', '.join(_KINDS)}")
    try:
        value, shown = normalise_value(kind, row.get("value", ""))
    except ValueError as wrong:
        raise LineFault("value", str(wrong)) from None
    try:
        expires_at = read_moment("expires_at", row.get("expires_at", ""))
    except RefuseError as wrong:
        raise LineFault("expires_at", wrong.fields["expires_at"]) from None
    reason = clean_text(row.get("reason", ""), LONGEST_REASON) or None
    return NewEntry(list=name, kind=kind, value=value, shown=shown, reason=reason, expires_at=expires_at)


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
