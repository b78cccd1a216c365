"""One visitor's journey over HTTP: sessions, what happened in them, payments, orders, and the risk where it arose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.facts import VisitorFacts
from shopwarden.domain.ids import StoreId
from shopwarden.domain.journey import Journey, JourneyRisk
from shopwarden.domain.journey_events import OPENLY, WITHOUT_PEOPLE
from shopwarden.domain.journey_risk import Factor, Judge, Noted, walk
from shopwarden.domain.journey_rows import EventRow, SessionRow
from shopwarden.domain.journey_sessions import AFTER_A_SESSION, Material, sessions_of
from shopwarden.domain.paging import Position, read_cursor, write_cursor
from shopwarden.domain.verdict import Weights
from shopwarden.domain.visit_state import VisitorState
from shopwarden.errors import RefuseError
from shopwarden.signals.visitor_factors import FACTORS, behaviour_score
from shopwarden.steps.past import past_of
from shopwarden.store import journeys
from shopwarden.store.database import Connection, Database
from shopwarden.store.visitor_reads import store_of_visitor
from shopwarden.store.weights import current_weights
from shopwarden.vendors.offline.ip import IpLookup

ORDER = "-started_at"
MOST_WALKED = 3_000
"""Of visitors with more events than this, changes are told against the events on the page, not the whole past."""

_SETTLED = frozenset(factor.key for factor in FACTORS if factor.group == "haste")


class JourneyQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=50, description="Sessions of an answer.")] = 10
    cursor: Annotated[str, Meta(description="`nextCursor` of the answer before.")] = ""
    events: Annotated[int, Meta(ge=1, le=1000, description="Events listed of each session, its first ones.")] = 200


@get(
    "/api/visitors/{visitorId:str}/journey",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(JourneyQuery)},
    opt={QUERY_OPTION: JourneyQuery},
    tags=["visitors"],
    summary="A visitor's journey",
    operation_id="getJourney",
)
async def journey(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    asked: NamedDependency[JourneyQuery],
) -> Journey:
    """Sessions newest first, in each its events in order. Without `pii:read`, pages come without their query, and texts
    without e-mail addresses, IP addresses and phone numbers."""
    after = read_cursor(asked.cursor, ORDER) if asked.cursor else None
    if after is not None and not isinstance(after.value, datetime):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    store_id, visitor_id = await _found(database, caller, visitorId)
    async with database.pool.acquire() as connection:
        how = (asked.limit, asked.events, state.ip_lookup)
        found = await journey_of(connection, store_id, visitor_id, how, may_see=caller.may("pii:read"), after=after)
    if found is None:
        raise _no_such_visitor()
    return found


async def journey_of(
    connection: Connection,
    store_id: StoreId,
    visitor_id: UUID,
    how: tuple[int, int, IpLookup],
    *,
    may_see: bool,
    after: Position | None = None,
) -> Journey | None:
    """`how`: most sessions, most events of each, and what locates addresses. None: there is no such visitor."""
    limit, most, lookup = how
    visitor = await journeys.visitor_line(connection, store_id, visitor_id)
    if visitor is None:
        return None
    rows = await journeys.read_sessions(connection, store_id, visitor_id, limit + 1, after)
    more, rows = len(rows) > limit, rows[:limit]
    material = await _material(connection, store_id, visitor, rows, (most, lookup))
    return Journey(
        visitor_id=visitor_id,
        merged_into=visitor.merged_into,
        sessions_total=visitor.sessions,
        currency=visitor.currency,
        sessions=sessions_of(
            rows,
            material,
            OPENLY if may_see else WITHOUT_PEOPLE,
            datetime.now(UTC),
            after.value if after is not None and isinstance(after.value, datetime) else None,
        ),
        next_cursor=write_cursor(Position(ORDER, rows[-1].started_at, rows[-1].id)) if more else None,
    )


async def _found(database: Database, caller: Caller, named: str) -> tuple[StoreId, UUID]:
    try:
        visitor_id = UUID(named)
    except ValueError:
        raise _no_such_visitor() from None
    store_id = caller.chosen or await store_of_visitor(database, visitor_id)
    if store_id is None:
        raise _no_such_visitor()
    return store_id, visitor_id


async def _material(
    connection: Connection,
    store_id: StoreId,
    visitor: journeys.VisitorLine,
    rows: Sequence[SessionRow],
    how: tuple[int, IpLookup],
) -> Material:
    if not rows:
        return Material(events={}, attempts=[], orders=[], checkouts=[], noted={})
    most, lookup = how
    if visitor.events <= MOST_WALKED:
        past = await journeys.read_past(connection, store_id, visitor.id, MOST_WALKED)
    else:
        past = await journeys.read_events(connection, store_id, rows, most)
    events: dict[UUID, list[EventRow]] = {row.id: [] for row in rows}
    for event in sorted(past, key=lambda one: (one.created_at, one.id)):
        if event.session_id in events and len(events[event.session_id]) < most:
            events[event.session_id].append(event)
    tokens = sorted({token for of_one in events.values() for one in of_one if (token := one.checkout_token)})
    times = (rows[-1].started_at, rows[0].ended_at + AFTER_A_SESSION)
    judge = _judge(await current_weights(connection, store_id))
    return Material(
        events=events,
        attempts=await journeys.read_attempts(connection, store_id, visitor.id, times, tokens),
        orders=await journeys.read_orders(connection, store_id, [row.id for row in rows], tokens),
        checkouts=await journeys.read_checkouts(connection, store_id, tokens),
        noted=await asyncio.to_thread(_walked, past, lookup, judge),
    )


def _walked(past: Sequence[EventRow], lookup: IpLookup, judge: Judge) -> dict[str, Noted]:
    """Beside the event loop: thousands of events take a tenth of a second."""
    return walk([past_of(msgspec.structs.asdict(one), lookup).step for one in past], judge, time.time())


def _judge(weights: Weights) -> Judge:
    """The visitor factors that hold in a state of the fold, by the store's own points."""

    def judge(state: VisitorState) -> list[Factor]:
        facts = VisitorFacts(
            sessions=state.sessions,
            page_views=state.page_views,
            avg_session_seconds=state.seconds / state.sessions if state.sessions else None,
            device_changes=state.device_changes,
            location_changes=state.location_changes,
            orders=state.orders,
        )
        _, reasons = behaviour_score(facts, weights)
        return [
            Factor(JourneyRisk(key=one.key, sentence=one.sentence, points=one.points), one.key in _SETTLED)
            for one in reasons
        ]

    return judge


def _no_such_visitor() -> RefuseError:
    return RefuseError("There is no such visitor.", status=404, type="not-found")


HANDLERS = [journey]
