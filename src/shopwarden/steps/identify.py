"""Finds, makes and merges the customers that observations speak of, by the rules of `domain.identity`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from shopwarden.domain.customer_row import compose
from shopwarden.domain.identity import (
    BOUND,
    EMAIL,
    PHONE,
    SHOPIFY,
    Identifier,
    Known,
    identifiers_of,
    join,
    root_of,
    write_down,
)
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.observation import CustomerObservation
from shopwarden.domain.rows import Assignment, Rows, assign_rows
from shopwarden.steps.refresh import follow, refresh_customers
from shopwarden.store.customers import give_up, move_commerce, write_customers
from shopwarden.store.database import Connection
from shopwarden.store.enriching import move_subjects
from shopwarden.store.identifiers import Page, lock_people, read_pages, read_pages_of_rows, save_pages
from shopwarden.store.links import move_links

Pages = dict[Identifier, Page]


class Identified(NamedTuple):
    """`customers`: one per observation, in its order. `changed`: rows that are new, gained or lost something."""

    customers: list[CustomerId]
    changed: frozenset[CustomerId]


async def identify_customers(
    connection: Connection, store_id: StoreId, observations: Sequence[CustomerObservation]
) -> list[CustomerId]:
    """The customer behind each observation, made where there was none; what follows from it is brought up to date.

    Must run inside a transaction: what it locks and writes belongs to it. ValueError if an observation names nobody.
    """
    found = await identify(connection, store_id, observations)
    await refresh_customers(connection, store_id, found.changed)
    return found.customers


async def identify(connection: Connection, store_id: StoreId, observations: Sequence[CustomerObservation]) -> Identified:
    """As `identify_customers`, but leaves it to the caller to refresh what follows from the orders of changed customers."""
    named = [identifiers_of(observation) for observation in observations]
    if not all(named):
        raise ValueError(f"observation {next(i for i, names in enumerate(named) if not names)} names nobody")
    if not named:
        return Identified([], frozenset())
    said = write_down(observations)
    await lock_people(connection, store_id)
    present = await read_pages(connection, store_id, said)
    written = {name: join(present[name].known, known) if name in present else known for name, known in said.items()}
    if all(name in present and present[name].known == known for name, known in written.items()):
        rows = {name: page.row for name, page in present.items()}
        return Identified(_customers(named, rows), frozenset())
    book, affected = await _gather(connection, store_id, written, present)
    assignment, touched = _settle(book, affected)
    changed = await _write(connection, store_id, book, present, assignment, touched)
    return Identified(_customers(named, assignment.rows), changed)


def _customers(named: Sequence[Sequence[Identifier]], rows: Rows) -> list[CustomerId]:
    # The strongest identifier of a breath was spoken of, and what was spoken of has a row.
    found = [row for names in named if (row := rows[names[0]]) is not None]
    if len(found) != len(named):
        raise AssertionError("an identifier that was spoken of has no customer row")
    return found


async def _gather(
    connection: Connection, store_id: StoreId, written: Mapping[Identifier, Known], present: Pages
) -> tuple[Pages, set[Identifier]]:
    """All pages the rules may look at, and which identifiers' roots may have changed by what was written."""
    book: Pages = {name: Page(known, present[name].row if name in present else None) for name, known in written.items()}
    affected = set(book)

    async def load(wanted: Iterable[Identifier]) -> None:
        missing = sorted(set(wanted) - book.keys())
        if missing:
            book.update(await read_pages(connection, store_id, missing))

    # Who owns an address decides for the bound ids seen with it, these for their other addresses, all for phone numbers.
    for of, kinds in (((EMAIL,), BOUND), (BOUND, (EMAIL,)), ((SHOPIFY, EMAIL, *BOUND), (PHONE,))):
        reached = _partners(book, affected, of, kinds)
        await load(reached)
        affected |= reached & book.keys()
    # What the rules read beyond that, to say where the affected belong.
    await load(_partners(book, affected, (PHONE,), (SHOPIFY, EMAIL, *BOUND)))
    await load(_partners(book, book, (EMAIL,), BOUND))
    await load(_partners(book, book, BOUND, (EMAIL,)))
    known = {name: page.known for name, page in book.items()}
    await load(root_of(known, name) for name in affected)
    wanted = affected | _roots(known, affected)
    rows = {page.row for name, page in book.items() if page.row and name in wanted}
    for name, page in (await read_pages_of_rows(connection, store_id, rows)).items():
        book.setdefault(name, page)
    return book, affected


def _roots(known: Mapping[Identifier, Known], affected: Iterable[Identifier]) -> set[Identifier]:
    return {root_of(known, name) for name in affected}


def _partners(book: Pages, names: Iterable[Identifier], of: Sequence[str], kinds: Sequence[str]) -> set[Identifier]:
    return {
        partner
        for name in names
        if name.kind in of and name in book
        for partner in book[name].known.seen_with
        if partner.kind in kinds
    }


def _settle(book: Pages, affected: set[Identifier]) -> tuple[Assignment, frozenset[CustomerId]]:
    known = {name: page.known for name, page in book.items()}
    roots = {name: root_of(known, name) for name in affected}
    old = {name: page.row for name, page in book.items()}
    spoken = {name: page.spoken for name, page in known.items()}
    new_row: Callable[[], CustomerId] = lambda: CustomerId(new_id())  # noqa: E731
    assignment = assign_rows(roots, old, spoken, new_row)
    touched = {row for row in assignment.rows.values() if row} | {move.was for move in assignment.moves}
    return assignment, frozenset(touched - assignment.given_up.keys())


async def _write(
    connection: Connection,
    store_id: StoreId,
    book: Pages,
    present: Pages,
    assignment: Assignment,
    touched: frozenset[CustomerId],
) -> frozenset[CustomerId]:
    pages = {name: Page(page.known, assignment.rows.get(name, page.row)) for name, page in book.items()}
    await save_pages(
        connection,
        store_id,
        {name: page for name, page in pages.items() if name in assignment.rows and page != present.get(name)},
    )
    by_row: dict[CustomerId, dict[Identifier, Known]] = {}
    for name, page in pages.items():
        if page.row in touched:
            by_row.setdefault(page.row, {})[name] = page.known
    rows = {row: compose(names) for row, names in by_row.items() if any(known.spoken for known in names.values())}
    await write_customers(connection, store_id, rows, assignment.given_up)
    await follow(connection, store_id, await move_commerce(connection, store_id, assignment.moves))
    changed = await move_links(connection, store_id, assignment.moves)
    for gone, successor in sorted(assignment.given_up.items()):
        await give_up(connection, store_id, gone, successor)
        await move_subjects(connection, store_id, gone, successor)
    return frozenset((touched | changed) - assignment.given_up.keys())
