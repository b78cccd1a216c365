"""Entries put on a store's lists, changed and taken off by hand: audited, and felt by what is already waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_entry import NewEntry
from shopwarden.errors import RefuseError
from shopwarden.steps.renew_listed import put_renewal
from shopwarden.store.audit import Change, note, note_many
from shopwarden.store.database import Connection
from shopwarden.store.list_entries import (
    Entry,
    Outcome,
    change_entry,
    find_entry,
    put_entries,
    remove_entries,
)


def no_such_entry() -> RefuseError:
    return RefuseError("There is no such entry on this store's lists.", status=404, type="not-found")


def _told(entry: Entry) -> Mapping[str, object]:
    """Without the value and the reason, which may be personal data: the audit log is never rewritten."""
    expires = entry.expires_at.isoformat() if entry.expires_at is not None else None
    return {"list": entry.list, "kind": entry.kind, "expires_at": expires}


async def add_entry(connection: Connection, store_id: StoreId, wanted: NewEntry, by: str) -> tuple[Entry, Outcome]:
    """In the caller's transaction. The value that is there already is the same entry, changed."""
    put = (await put_entries(connection, store_id, [wanted], by))[0]
    entry = await find_entry(connection, store_id, put.id)
    if entry is None:
        raise no_such_entry()
    if put.outcome != "unchanged":
        action = "list_entry.added" if put.outcome == "created" else "list_entry.changed"
        change = Change(actor=by, action=action, subject="list_entry", subject_id=str(put.id), after=_told(entry))
        await note(connection, store_id, change)
        await put_renewal(connection, store_id)
    return entry, put.outcome


async def set_entry(
    connection: Connection, store_id: StoreId, entry_id: UUID, new: Mapping[str, str | datetime | None], by: str
) -> Entry:
    """`new` has `reason` or `expires_at` or both; what is left out stays. RefuseError 404."""
    before = await find_entry(connection, store_id, entry_id, for_change=True)
    if before is None:
        raise no_such_entry()
    reason, expires = new.get("reason", before.reason), new.get("expires_at", before.expires_at)
    if (reason, expires) == (before.reason, before.expires_at):
        return before
    after = await change_entry(connection, store_id, entry_id, reason, expires)  # type: ignore[arg-type]
    if after is None:
        raise no_such_entry()
    changed = {"reason_changed": before.reason != after.reason}
    change = Change(
        actor=by,
        action="list_entry.changed",
        subject="list_entry",
        subject_id=str(entry_id),
        before={**_told(before), "reason_changed": False},
        after={**_told(after), **changed},
    )
    await note(connection, store_id, change)
    if before.expires_at != after.expires_at:
        await put_renewal(connection, store_id)
    return after


async def take_off(connection: Connection, store_id: StoreId, ids: Sequence[UUID], by: str) -> list[UUID]:
    """Those that were there; what is gone already is left out."""
    gone = await remove_entries(connection, store_id, ids)
    changes = [
        Change(actor=by, action="list_entry.removed", subject="list_entry", subject_id=str(entry.id), before=_told(entry))
        for entry in gone
    ]
    await note_many(connection, store_id, changes)
    if gone:
        await put_renewal(connection, store_id)
    return [entry.id for entry in gone]
