"""Two visitors become one by hand, or one becomes two again: the rules, and the fold over what they did, run once more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId, VisitorId, new_id
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps import refolding
from shopwarden.steps.absorb import LONGEST_HISTORY
from shopwarden.store import merging
from shopwarden.store.database import Connection, Database
from shopwarden.store.faults import translated
from shopwarden.store.merging import Action, Browser, Change
from shopwarden.vendors.offline.ip import IpLookup

TRIES, PAUSE_SECONDS = 5, 0.1
LONGEST_TO_SPLIT = 5 * LONGEST_HISTORY
"""A merged visitor goes on growing, and must come apart all the same."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for: `other_id` into `visitor_id`, or off it."""

    store_id: StoreId
    visitor_id: UUID
    other_id: UUID
    reason: str | None
    key_id: UUID | None
    user_id: UUID | None = None
    idempotency_key: str | None = None


async def merge_visitors(database: Database, wanted: Wanted, lookup: IpLookup) -> Change:
    """`other_id` and all that was merged into it becomes part of `visitor_id`.

    RefuseError: 404 where one is not in this store, 409 where they can't be merged (each says why). RetryError: later.
    """
    return await _change(database, wanted, lookup, "merge")


async def split_visitors(database: Database, wanted: Wanted, lookup: IpLookup) -> Change:
    """`other_id`, with all that had been merged into it before, is a visitor of its own again. Errors as for a merge."""
    return await _change(database, wanted, lookup, "split")


async def _change(database: Database, wanted: Wanted, lookup: IpLookup, action: Action) -> Change:
    for attempt in range(TRIES):
        try:
            with translated():
                async with database.transaction() as connection:
                    return await _once(connection, wanted, lookup, action)
        except RetryError:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable")


async def _once(connection: Connection, wanted: Wanted, lookup: IpLookup, action: Action) -> Change:
    await merging.lock_changes(connection, wanted.store_id)
    if wanted.idempotency_key is not None:
        before = await merging.change_of_key(connection, wanted.store_id, wanted.idempotency_key)
        if before is not None:
            return _same(before, wanted, action)
    rows = await merging.lock_wholes(connection, wanted.store_id, [wanted.visitor_id, wanted.other_id])
    visitor, other = rows.get(wanted.visitor_id), rows.get(wanted.other_id)
    if visitor is None or other is None:
        raise _not_there("visitorId" if visitor is None else "other")
    if action == "merge":
        _may_merge(visitor, other)
        await _merge(connection, wanted.store_id, list(rows.values()), visitor.whole, lookup)
    else:
        _may_split(visitor, other)
        await _split(connection, wanted.store_id, list(rows.values()), other, lookup)
    change = _line(wanted, action, visitor.id if action == "merge" else visitor.whole)
    await merging.put_change(connection, wanted.store_id, change, wanted.idempotency_key)
    return change


async def _merge(
    connection: Connection, store_id: StoreId, rows: Sequence[Browser], whole: VisitorId, lookup: IpLookup
) -> None:
    wholes = [row for row in rows if row.merged_into is None]
    expected = sum(row.events for row in wholes)
    if expected >= LONGEST_HISTORY:
        raise _too_long(expected, LONGEST_HISTORY, "merged")
    history = await refolding.read(connection, store_id, [row.id for row in wholes], LONGEST_HISTORY)
    if len(history) != expected:
        raise RefuseError(
            "Part of what one of these visitors did is not kept any more (it is too old, or was forgotten on request), so a"
            " merge could not be taken back.", status=409, type="history-gone",
        )  # fmt: skip
    target = next(row for row in rows if row.id == whole)
    outcome = await refolding.fold(history, lookup)
    await refolding.write(connection, store_id, refolding.Side(target, rows, history), outcome, lookup)
    await refolding.follow(connection, store_id, outcome)
    await merging.make_members(connection, store_id, [row.id for row in rows if row.id != whole], whole)


async def _split(
    connection: Connection, store_id: StoreId, rows: Sequence[Browser], other: Browser, lookup: IpLookup
) -> None:
    whole = next(row for row in rows if row.id == other.merged_into)
    if whole.events > LONGEST_TO_SPLIT:
        raise _too_long(whole.events, LONGEST_TO_SPLIT, "split")
    history = await refolding.read(connection, store_id, [whole.id], LONGEST_TO_SPLIT)
    leaving = _with_its_own(other.id, await merging.parents(connection, store_id, [row.id for row in rows]))
    sides = [
        refolding.Side(whole, [row for row in rows if row.id not in leaving], []),
        refolding.Side(other, [row for row in rows if row.id in leaving], []),
    ]
    for row in history:
        sides[row["visitor_id"] in leaving].history.append(row)
    now: set[UUID] = set()
    for side in sides:
        outcome = await refolding.fold(side.history, lookup)
        await refolding.write(connection, store_id, side, outcome, lookup)
        now |= {UUID(session) for session in outcome.visits}
    members = sorted(leaving - {other.id})
    if members:
        await merging.make_members(connection, store_id, members, other.id)
    were = {session for row in history if isinstance(session := row["session_id"], UUID)}
    await merging.settle_split(connection, store_id, [row.id for row in rows], were, now)


def _with_its_own(other: UUID, parents: dict[UUID, UUID]) -> set[UUID]:
    """`other` and what was merged into it, near or far, while it was a visitor of its own."""
    leaving = {other}
    while True:
        more = {one for one, parent in parents.items() if parent in leaving} - leaving
        if not more:
            return leaving
        leaving |= more


def _may_merge(visitor: Browser, other: Browser) -> None:
    if visitor.id == other.id:
        raise RefuseError(
            "A visitor can't be merged with itself.", type="invalid-input", fields={"other": "is the visitor itself"}
        )
    if visitor.whole == other.id:
        raise _refused(f"{other.id} is what {visitor.id} was merged into: that would be a circle. Split them first.")
    if visitor.whole == other.whole:
        raise _refused("These visitors are merged already.")
    if other.merged_into is not None:
        raise _refused(f"{other.id} is merged into {other.merged_into}: merge that one, or split them first.")


def _may_split(visitor: Browser, other: Browser) -> None:
    if visitor.id == other.id:
        raise RefuseError(
            "A visitor can't be split off itself.", type="invalid-input", fields={"other": "is the visitor itself"}
        )
    if visitor.whole == other.id:
        raise _refused(f"{visitor.id} was merged into {other.id}: split {visitor.id} off {other.id} instead.")
    if other.merged_into is None or visitor.whole != other.merged_into:
        raise _refused(f"{other.id} is not merged into {visitor.id}.")


def _same(before: Change, wanted: Wanted, action: Action) -> Change:
    if (before.action, before.other_id) == (action, wanted.other_id):
        return before
    raise RefuseError(
        "This Idempotency-Key was used for another change: take a new key for every one.",
        status=409, type="key-used", fields={"Idempotency-Key": "was used for another change"},
    )  # fmt: skip


def _line(wanted: Wanted, action: Action, visitor_id: VisitorId) -> Change:
    return Change(
        id=new_id(),
        at=datetime.now(UTC),
        action=action,
        visitor_id=visitor_id,
        other_id=VisitorId(wanted.other_id),
        key_id=wanted.key_id,
        user_id=wanted.user_id,
        reason=wanted.reason,
    )


def _refused(detail: str) -> RefuseError:
    return RefuseError(detail, status=409, type="not-possible")


def _not_there(field: str) -> RefuseError:
    return RefuseError(
        "There is no such visitor in this store.", status=404, type="not-found", fields={field: "is not in this store"}
    )


def _too_long(events: int, most: int, done: str) -> RefuseError:
    return RefuseError(
        f"These visitors have {events:,} events; at most {most:,} can be {done}.", status=409, type="history-too-long"
    )
