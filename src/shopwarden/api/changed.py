"""Writes what a caller changed of a store's settings into the log of changes, in the change's own transaction."""

from __future__ import annotations

import msgspec

from shopwarden.api.auth import Caller
from shopwarden.domain.ids import StoreId
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection


async def note_settings(
    connection: Connection, caller: Caller, store_id: StoreId, subject: str, values: tuple[object, object]
) -> None:
    """`values`: the settings before and after, as structs or mappings without secrets. Nothing is written where they are
    the same."""
    before, after = (msgspec.to_builtins(one) for one in values)
    if before != after:
        change = Change(actor=caller.actor, action=f"{subject}.changed", subject=subject, before=before, after=after)
        await note(connection, store_id, change)
