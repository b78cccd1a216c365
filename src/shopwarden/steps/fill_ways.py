"""Gives sessions stored before ways were kept their way: their visitors' events are folded again, batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from msgspec.structs import asdict

from shopwarden.domain.ids import StoreId
from shopwarden.domain.journey_rows import EventRow
from shopwarden.domain.traffic_source import DIRECT, source_of
from shopwarden.domain.visit import Visit, replay
from shopwarden.steps.past import past_of
from shopwarden.store.database import Database
from shopwarden.store.filling_ways import FilledWay, fill, visitors_without_way
from shopwarden.store.journeys import read_past
from shopwarden.vendors.offline.ip import IpLookup

BATCH = 200
MOST_EVENTS = 20_000
"""A visitor with more events than this is folded from as many of them, and only sessions that come out whole are filled."""


async def fill_ways(database: Database, store_id: StoreId, lookup: IpLookup) -> AsyncIterator[tuple[int, int]]:
    """Goes over the store's visitors; yields (visitors looked at, sessions filled) of each batch.

    Only what was not kept before is filled in: counts and times of a session stay as they are. May be stopped at any time
    and begun again, and runs beside a collecting server.
    """
    after = UUID(int=0)
    while visitors := await visitors_without_way(database, store_id, after, BATCH):
        ways: list[FilledWay] = []
        async with database.transaction() as connection:
            for visitor in visitors:
                past = await read_past(connection, store_id, visitor, MOST_EVENTS)
                ways += await asyncio.to_thread(_ways, past, lookup)
            filled = await fill(connection, store_id, ways)
        yield len(visitors), filled
        after = visitors[-1]


def _ways(past: Sequence[EventRow], lookup: IpLookup) -> list[FilledWay]:
    """A session is named after the event that opened it: one whose beginning is not kept any more gets another name, and
    is filled by nobody."""
    _, visits, _ = replay(past_of(asdict(one), lookup).step for one in past)
    return [
        FilledWay(
            id=UUID(visit.id),
            source=_source(visit),
            path=visit.path,
            basket=visit.basket,
            visible=visit.visible,
            inputs=visit.inputs,
        )
        for visit in visits.values()
        if visit.path
    ]


def _source(visit: Visit) -> str:
    """Events of that time do not say their source. A site that links here may have been the shop itself, so that only the
    well-known ones, which have a name, count."""
    if visit.source and visit.source != DIRECT:
        return visit.source
    source = source_of(visit.campaign.partition("|")[0], visit.referrer)
    return DIRECT if "." in source and not visit.campaign.partition("|")[0] else source
