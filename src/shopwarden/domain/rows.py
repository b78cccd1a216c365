"""Which customer row stands for which root: rows are kept where they are, adopted, made anew, or given up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from shopwarden.domain.identity import SHOPIFY, STRENGTH, Identifier
from shopwarden.domain.ids import CustomerId

Rows = Mapping[Identifier, CustomerId | None]


class Move(NamedTuple):
    """What came in under `identifier` lay with row `was` and lies with row `now`."""

    identifier: Identifier
    was: CustomerId
    now: CustomerId


class Assignment(NamedTuple):
    """`rows`: identifier -> its row. `moves`: identifiers that changed rows. `given_up`: row -> the row that takes over."""

    rows: dict[Identifier, CustomerId | None]
    moves: list[Move]
    given_up: dict[CustomerId, CustomerId]


def strongest_first(identifier: Identifier) -> tuple[int, str]:
    return STRENGTH[identifier.kind], identifier.value


def assign_rows(
    roots: Mapping[Identifier, Identifier], old: Rows, spoken: Mapping[Identifier, bool], new_row: Callable[[], CustomerId]
) -> Assignment:
    """Rows for the identifiers in `roots`.

    `old` has the present row of every identifier that may matter, also of some outside `roots`, which stay where they are.
    A root under which nothing was said, nor under any of its members, needs no row. Others keep theirs; else they take over
    the oldest row their members bring that nobody keeps; else they get a new one.
    """
    members: dict[Identifier, list[Identifier]] = {}
    for identifier, root in roots.items():
        members.setdefault(root, []).append(identifier)
    needed = {root: of for root, of in members.items() if root not in roots or any(map(spoken.get, of))}
    row_of = _kept(needed, old)
    taken = {row for row in row_of.values() if row} | {
        row for identifier, row in old.items() if row and identifier.kind == SHOPIFY
    }
    for root in sorted(members, key=strongest_first):
        if root in row_of or not any(map(spoken.get, members[root])):
            continue
        brought = sorted(row for member in members[root] if (row := old.get(member)) and row not in taken)
        if brought:
            row_of[root] = brought[0]
            taken.add(brought[0])
        else:
            row_of[root] = new_row()
    rows = {identifier: row_of.get(root) for identifier, root in roots.items()}
    given_up = _given_up(rows, old, spoken)
    # What merely stood beside a row that is gone stands beside its successor.
    rows |= {name: given_up[row] for name, row in old.items() if name not in rows and row in given_up}
    return Assignment(rows, _moves(rows, old), given_up)


def _kept(members: Mapping[Identifier, list[Identifier]], old: Rows) -> dict[Identifier, CustomerId]:
    kept: dict[Identifier, CustomerId] = {}
    taken: set[CustomerId] = {
        row for identifier, row in old.items() if row and identifier.kind == SHOPIFY and identifier not in members
    }
    for root in sorted(members, key=strongest_first):
        row = old.get(root)
        if row is not None and row not in taken:
            kept[root] = row
            taken.add(row)
    return kept


def _moves(rows: Rows, old: Rows) -> list[Move]:
    moved = []
    for identifier in sorted(rows, key=strongest_first):
        was, now = old.get(identifier), rows[identifier]
        if was is not None and now is not None and was != now:
            moved.append(Move(identifier, was, now))
    return moved


def _given_up(rows: Rows, old: Rows, spoken: Mapping[Identifier, bool]) -> dict[CustomerId, CustomerId]:
    """Rows nothing points to any more; what else lies there goes where the strongest of its identifiers went."""
    alive = {row for row in rows.values() if row} | {
        row for identifier, row in old.items() if row and identifier not in rows and spoken.get(identifier)
    }
    given_up: dict[CustomerId, CustomerId] = {}
    for identifier in sorted(rows, key=strongest_first):
        was, now = old.get(identifier), rows[identifier]
        if was is not None and was not in alive and now is not None:
            given_up.setdefault(was, now)
    return given_up
