"""Imports a list: lines by the thousand, each kept or named with what is wrong with it; sent twice, kept once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec

from shopwarden.domain.csv_text import LineFault, Record, Records
from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_csv import Layout, layout_of, read_record
from shopwarden.domain.list_entry import NewEntry
from shopwarden.domain.policy import ListKind, ListName
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.renew_listed import put_renewal
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Database
from shopwarden.store.faults import translated
from shopwarden.store.list_entries import Outcome, put_counted
from shopwarden.store.list_imports import tell_import

BATCH_LINES = 2_000
MOST_NAMED = 100
TRIES = 5


class LineError(msgspec.Struct, frozen=True, kw_only=True):
    """`line` counts from 1, the header being the first. `field` is a column, or `line` for all of it."""

    line: int
    field: str
    error: str


class Figures(msgspec.Struct, kw_only=True):
    """`received` lines were read so far: so many made an entry, changed one, found it as it is, or can't be used. `errors`
    names the first hundred of those. Bytes tell how far it is; `bytes_total` is null where the sender did not say."""

    received: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[LineError] = []
    bytes_done: int = 0
    bytes_total: int | None = None


class ListImport(msgspec.Struct, frozen=True, kw_only=True):
    """`list` and `kind` stand where the lines don't say. `by` is an actor as in the audit log."""

    store_id: StoreId
    task_id: UUID
    by: str
    list: ListName | None = None
    kind: ListKind | None = None


class _Reading(msgspec.Struct):
    layout: Layout | None = None


async def import_list(database: Database, wanted: ListImport, chunks: AsyncIterator[bytes], figures: Figures) -> None:
    """Reads to the end, filling `figures` as it goes. What came before an error stays. RefuseError: the first line does not
    tell what the columns are."""
    records, reading = Records(), _Reading()
    waiting: list[Record] = []
    try:
        async for chunk in chunks:
            figures.bytes_done += len(chunk)
            waiting += records.feed(chunk)
            while len(waiting) >= BATCH_LINES:
                await _batch(database, wanted, reading, waiting[:BATCH_LINES], figures)
                del waiting[:BATCH_LINES]
        waiting += records.end()
        for start in range(0, len(waiting), BATCH_LINES):
            await _batch(database, wanted, reading, waiting[start : start + BATCH_LINES], figures)
        if reading.layout is None:
            raise RefuseError("There is nothing in it.", type="invalid-input", fields={"body": "is empty"})
    finally:
        await _finished(database, wanted, figures)


async def _batch(
    database: Database, wanted: ListImport, reading: _Reading, records: Sequence[Record], figures: Figures
) -> None:
    if reading.layout is None:
        first, *others = records
        if first.text is None:
            raise RefuseError(f"The first line {first.fault}.", type="invalid-input", fields={"header": first.fault})
        reading.layout = layout_of(first.text, wanted.list, wanted.kind)
        records = others if reading.layout.has_header else records
    # Reading numbers and addresses is work for the processor: others are answered beside it.
    entries, errors = await asyncio.to_thread(_read, records, reading.layout)
    figures.received += len(records)
    figures.rejected += len(errors)
    figures.errors = (figures.errors + errors)[:MOST_NAMED]
    for outcome, count in (await _put(database, wanted, entries)).items():
        setattr(figures, outcome, getattr(figures, outcome) + count)
    await tell_import(database, wanted.store_id, wanted.task_id, figures.received, msgspec.to_builtins(figures))


def _read(records: Sequence[Record], layout: Layout) -> tuple[list[NewEntry], list[LineError]]:
    entries: list[NewEntry] = []
    errors: list[LineError] = []
    for record in records:
        if record.text is None:
            errors.append(LineError(line=record.line, field="line", error=record.fault))
            continue
        try:
            entries.append(read_record(record.text, layout))
        except LineFault as fault:
            errors.append(LineError(line=record.line, field=fault.field, error=fault.wrong))
    return entries, errors


async def _put(database: Database, wanted: ListImport, entries: Sequence[NewEntry]) -> dict[Outcome, int]:
    for attempt in range(TRIES):
        try:
            with translated():
                async with database.transaction() as connection:
                    return await put_counted(connection, wanted.store_id, entries, wanted.by)
        except RetryError:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(0.2 * 2**attempt)
    raise AssertionError("unreachable")


async def _finished(database: Database, wanted: ListImport, figures: Figures) -> None:
    """Also where it broke off: what is stored is in force, and has to be felt."""
    if not (figures.created or figures.updated):
        return
    told = {name: getattr(figures, name) for name in ("received", "created", "updated", "unchanged", "rejected")}
    change = Change(
        actor=wanted.by,
        action="lists.imported",
        subject="lists",
        subject_id=str(wanted.task_id),
        after={**told, "list": wanted.list, "kind": wanted.kind},
    )
    async with database.transaction() as connection:
        await note(connection, wanted.store_id, change)
        await put_renewal(connection, wanted.store_id)
