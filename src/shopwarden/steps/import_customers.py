"""Imports customers in batches: many rows in one transaction, row by row where one of them can't be stored; judged later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.import_row import ImportSource, RowFault, read_row
from shopwarden.domain.observation import CustomerObservation
from shopwarden.errors import RetryError, SkipError
from shopwarden.steps.assess_listed import put_listed
from shopwarden.steps.identify import identify_customers
from shopwarden.store.database import Database
from shopwarden.store.faults import translated
from shopwarden.store.importing import known_before, prefer_steady_plans

TRIES = 4
Outcome = Literal["created", "updated", "rejected"]


class RowResult(msgspec.Struct, frozen=True, kw_only=True):
    """`row` counts from 1. `errors` maps a field to what is wrong; `ignored` are fields that mean nothing here."""

    row: int
    outcome: Outcome
    id: UUID | None = None
    errors: dict[str, str] = {}
    ignored: list[str] = []


class _Ready(msgspec.Struct, frozen=True):
    row: int
    observation: CustomerObservation
    ignored: list[str]


async def import_batch(
    database: Database, store_id: StoreId, rows: Sequence[tuple[int, bytes]], source: ImportSource, now: datetime
) -> list[RowResult]:
    """The result of each row, in their order; what one row has wrong never touches another. RetryError if the database is
    away for long: the rows before this batch are stored then."""
    results: dict[int, RowResult] = {}
    ready: list[_Ready] = []
    for number, raw in rows:
        try:
            observation, ignored = read_row(raw, source, now)
        except RowFault as fault:
            results[number] = RowResult(row=number, outcome="rejected", errors=fault.errors)
        else:
            ready.append(_Ready(number, observation, ignored))
    for result in await _store(database, store_id, ready):
        results[result.row] = result
    return [results[number] for number, _ in rows]


async def _store(database: Database, store_id: StoreId, ready: Sequence[_Ready]) -> list[RowResult]:
    if not ready:
        return []
    try:
        return await _patiently(database, store_id, ready)
    except SkipError:
        if len(ready) == 1:
            wrong = {"row": "holds a value the database can't keep"}
            return [RowResult(row=ready[0].row, outcome="rejected", errors=wrong)]
        middle = len(ready) // 2
        return [*await _store(database, store_id, ready[:middle]), *await _store(database, store_id, ready[middle:])]


async def _patiently(database: Database, store_id: StoreId, ready: Sequence[_Ready]) -> list[RowResult]:
    for attempt in range(TRIES):
        try:
            return await _in_one_transaction(database, store_id, ready)
        except RetryError:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(0.2 * 2**attempt)
    raise AssertionError("unreachable")


async def _in_one_transaction(database: Database, store_id: StoreId, ready: Sequence[_Ready]) -> list[RowResult]:
    with translated():
        async with database.transaction() as connection:
            await prefer_steady_plans(connection)
            ids = await identify_customers(connection, store_id, [entry.observation for entry in ready])
            seen = set(await known_before(database, store_id, ids))
            await put_listed(connection, store_id, ids, f"import:{new_id()}")
    results = []
    for entry, customer_id in zip(ready, ids, strict=True):
        outcome: Outcome = "updated" if customer_id in seen else "created"
        seen.add(customer_id)
        results.append(RowResult(row=entry.row, outcome=outcome, id=customer_id, ignored=entry.ignored))
    return results
