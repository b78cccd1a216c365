"""Keeps people who asked to be forgotten from coming back with deliveries that were sent before they asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shopwarden.domain.events import DomainEvent
from shopwarden.domain.forgotten import digests_of, names_in, without_person
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection
from shopwarden.store.forgotten import forgotten_when


async def leave_out_forgotten(
    connection: Connection, store_id: StoreId, happened: Sequence[DomainEvent], sent: datetime | None
) -> tuple[list[DomainEvent], bool]:
    """The events without forgotten people, and whether there were any; `sent`: when the delivery was triggered, if known.

    Somebody who comes back to the shop later is a new customer: only what was sent before the request is left out.
    """
    named = [digests_of(store_id, names_in(event)) for event in happened]
    wanted = sorted({digest for digests in named for digest in digests})
    known = await forgotten_when(connection, store_id, wanted) if wanted else {}
    if not known:
        return list(happened), False
    left: list[DomainEvent] = []
    found = False
    for event, digests in zip(happened, named, strict=True):
        at = max((known[digest] for digest in digests if digest in known), default=None)
        if at is None or (sent or event.at) > at:
            left.append(event)
            continue
        found = True
        rest = without_person(event)
        if rest is not None:
            left.append(rest)
    return left, found
