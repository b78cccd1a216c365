"""Imports labels from CSV: lines by the thousand, each kept or named with what is wrong with it; sent twice, kept once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from shopwarden.domain.csv_text import LineFault, Record, Records
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.label import NewLabel
from shopwarden.domain.label_csv import LabelLine, Layout, layout_of, read_line
from shopwarden.errors import RefuseError
from shopwarden.steps.change_labels import judge_customers
from shopwarden.steps.import_list import LineError
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Database
from shopwarden.store.label_reads import NamedOrder, orders_named, told_otherwise
from shopwarden.store.labels import keep_labels

BATCH_LINES = 1_000
MOST_NAMED = 100


class LabelImportFigures(msgspec.Struct, kw_only=True):
    """`received` lines: so many made a label, told one that was there, or can't be used. `errors` names the first hundred
    of these."""

    received: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[LineError] = []


class LabelImport(msgspec.Struct, kw_only=True):
    store_id: StoreId
    by: str
    cause: str = ""
    layout: Layout | None = None
    figures: LabelImportFigures


async def import_labels(database: Database, store_id: StoreId, by: str, chunks: AsyncIterator[bytes]) -> LabelImportFigures:
    """Reads to the end. RefuseError: the first line does not name the columns; what came before another error stays."""
    reading = LabelImport(store_id=store_id, by=by, cause=f"labels:{new_id()}", figures=LabelImportFigures())
    records, waiting = Records(), list[Record]()
    try:
        async for chunk in chunks:
            waiting += records.feed(chunk)
            while len(waiting) >= BATCH_LINES:
                await _batch(database, reading, waiting[:BATCH_LINES])
                del waiting[:BATCH_LINES]
        waiting += records.end()
        for start in range(0, len(waiting), BATCH_LINES):
            await _batch(database, reading, waiting[start : start + BATCH_LINES])
        if reading.layout is None:
            raise RefuseError("There is nothing in it.", type="invalid-input", fields={"body": "is empty"})
    finally:
        await _finished(database, reading)
    return reading.figures


async def _batch(database: Database, reading: LabelImport, records: Sequence[Record]) -> None:
    if reading.layout is None:
        first, *records = records
        if first.text is None:
            raise RefuseError(f"The first line {first.fault}.", type="invalid-input", fields={"header": first.fault})
        reading.layout = layout_of(first.text)
    lines, errors = await asyncio.to_thread(_read, records, reading.layout, datetime.now(UTC))
    figures = reading.figures
    async with database.transaction() as connection:
        orders = await orders_named(connection, reading.store_id, [line.order for _, line in lines])
        known = await told_otherwise(connection, reading.store_id, [(line.order, line.reference) for _, line in lines])
        errors += [
            LineError(line=number, field="order", error="is no order of this store")
            for number, line in lines
            if line.order not in orders
        ]
        there = [line for _, line in lines if line.order in orders]
        fresh = [line for line in there if (line.order, line.reference) not in known]
        labels = [_label(line, orders[line.order], reading.by) for line in fresh]
        kept = await keep_labels(connection, reading.store_id, labels)
        created = len({one.id for one in kept if one.is_new})
        who = [orders[line.order].customer_id for line in fresh]
        await judge_customers(connection, reading.store_id, who, f"{reading.cause}:{figures.received}")
    figures.received += len(records)
    figures.created += created
    figures.unchanged += len(there) - created
    figures.rejected += len(errors)
    errors.sort(key=lambda error: error.line)
    figures.errors = (figures.errors + errors)[:MOST_NAMED]


def _read(records: Sequence[Record], layout: Layout, now: datetime) -> tuple[list[tuple[int, LabelLine]], list[LineError]]:
    lines: list[tuple[int, LabelLine]] = []
    errors: list[LineError] = []
    for record in records:
        if record.text is None:
            errors.append(LineError(line=record.line, field="line", error=record.fault))
            continue
        try:
            lines.append((record.line, read_line(record.text, layout, now)))
        except LineFault as fault:
            errors.append(LineError(line=record.line, field=fault.field, error=fault.wrong))
    return lines, errors


def _label(line: LabelLine, order: NamedOrder, by: str) -> NewLabel:
    return NewLabel(
        label=line.label,
        source="import",
        reference=line.reference,
        event_at=line.at,
        known_at=line.known_at,
        created_by=by,
        order_external_id=order.external_id,
        order_id=order.id,
        customer_id=order.customer_id,
        reason_code=line.reason,
        note=line.note,
        amount=line.amount,
        currency=line.currency,
    )


async def _finished(database: Database, reading: LabelImport) -> None:
    figures = reading.figures
    if not figures.created:
        return
    told = {name: getattr(figures, name) for name in ("received", "created", "unchanged", "rejected")}
    change = Change(actor=reading.by, action="labels.imported", subject="labels", after=told)
    async with database.transaction() as connection:
        await note(connection, reading.store_id, change)
