"""Lists as CSV: what the columns of a file are, and its records read into entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, get_args

from shopwarden.domain.csv_text import LineFault, cells_of, delimiter_of
from shopwarden.domain.list_entry import LONGEST_REASON, NewEntry, normalise_value
from shopwarden.domain.paging import read_moment
from shopwarden.domain.policy import ListKind, ListName
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError

COLUMNS = ("list", "kind", "value", "reason", "expires_at", "created_by", "created_at")
_LISTS: Mapping[str, ListName] = {name: name for name in get_args(ListName)}
_KINDS: Mapping[str, ListKind] = {kind: kind for kind in get_args(ListKind)}


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
    delimiter = delimiter_of(first)
    columns = tuple(cell.lower() for cell in cells_of(first, delimiter))
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


def read_record(text: str, layout: Layout) -> NewEntry:
    """LineFault names the column."""
    row = dict(zip(layout.columns, cells_of(text, layout.delimiter), strict=False))
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
