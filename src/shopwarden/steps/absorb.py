"""A group of tracker events, of any stores, becomes stored visits in one transaction: fetch, think, write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

import msgspec

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, WEBHOOK_PROCESSING, Payload
from shopwarden.domain.ids import StoreId, tail_of, uuid7_text
from shopwarden.domain.visit import VisitorState
from shopwarden.sources.segment.messages import Tracked
from shopwarden.steps import noticing, rows, thinking
from shopwarden.steps.past import past_of
from shopwarden.steps.placing import Placed, place_event
from shopwarden.steps.sinks import handed_on
from shopwarden.steps.visit_tellings import visit_jobs
from shopwarden.store import collecting, outbox, upserts
from shopwarden.store.database import Connection, Database
from shopwarden.store.faults import translated
from shopwarden.store.forwarding import put_forwarded
from shopwarden.vendors.offline.ip import IpLookup

LONGEST_HISTORY = 20_000
"""A late event makes the past be folded again; for a visitor with more events than this it counts as happening now."""

MOST_CLAIMS = 100_000
_claimed: set[tuple[UUID, bytes]] = set()

Incoming = tuple[StoreId, Tracked]
VisitorKey = tuple[StoreId, str]


class Work(msgspec.Struct, kw_only=True):
    """One visitor's part of the group. Where others were merged into it, `browsers` are their own rows by anonymous id."""

    visitor: collecting.KnownVisitor
    placed: list[Placed]
    outcome: thinking.Outcome | None = None
    mark: noticing.Mark = noticing.NOTHING
    browsers: dict[str, collecting.KnownVisitor] = {}

    def filed(self) -> list[rows.Owned]:
        """The events filed, each with the row of the browser it came from: what a browser leaves behind stays its own."""
        filed = self.outcome.filed if self.outcome is not None else []
        if not self.browsers:
            return [(self.visitor, one) for one in filed]
        return [(self.browsers.get(one.placed.event.anonymous_id, self.visitor), one) for one in filed]


async def absorb(database: Database, incoming: Sequence[Incoming], lookup: IpLookup) -> list[Work]:
    """Stores the events that are new, each once, and answers what came of them, visitor by visitor.

    RetryError: nothing was stored, the same call may succeed later. SkipError: one of the events can't be stored at all.
    """
    try:
        with translated():
            async with database.transaction() as connection:
                work, claims = await _absorb(connection, incoming, lookup)
    except BaseException:
        rows.forget_devices()
        raise
    _remember_claims(claims)
    return work


async def _absorb(
    connection: Connection, incoming: Sequence[Incoming], lookup: IpLookup
) -> tuple[list[Work], list[tuple[UUID, bytes]]]:
    distinct: dict[tuple[UUID, UUID], Incoming] = {}
    for store_id, event in incoming:
        distinct.setdefault((store_id, event.key), (store_id, event))
    new, known = await _open(connection, list(distinct.values()))
    if not new:
        return [], []
    work = await _gather(connection, new, known, lookup)
    for one in work:
        await _think(connection, one, lookup)
    await put_forwarded(connection, handed_on(new))
    return work, await _write(connection, work)


async def _open(
    connection: Connection, messages: Sequence[Incoming]
) -> tuple[list[Incoming], list[collecting.KnownVisitor]]:
    """The messages not seen before, and their visitors, locked."""
    names: dict[VisitorKey, str] = {}
    asked = []
    for place, (store_id, event) in enumerate(messages):
        key = (store_id, event.anonymous_id)
        if key not in names:
            # A visitor is named after an event of the group that makes it known.
            names[key] = uuid7_text(int(event.at * 1000), tail_of(event.key))
        asked.append(collecting.Asked(place, store_id, event.key, event.anonymous_id, names[key], event.at))
    seen_before, known = await collecting.open_group(connection, asked, thinking.moment(time.time()))
    return [one for place, one in enumerate(messages) if place not in seen_before], known


async def _gather(
    connection: Connection, new: Sequence[Incoming], found: Sequence[collecting.KnownVisitor], lookup: IpLookup
) -> list[Work]:
    by_visitor: dict[VisitorKey, list[Placed]] = {}
    for store_id, event in new:
        by_visitor.setdefault((store_id, event.anonymous_id), []).append(place_event(event, lookup))
    known = {(one.store_id, one.anonymous_id): one for one in found}
    # Another process was quicker with the same visitor: its row is there by now, with its state.
    late = sorted(key for key in by_visitor if key not in known)
    if late:
        known |= {(one.store_id, one.anonymous_id): one for one in await collecting.lock_visitors(connection, late)}
    work = [Work(visitor=known[key], placed=thinking.in_order(placed)) for key, placed in by_visitor.items()]
    return await _together(connection, work) if any(one.visitor.merged_into is not None for one in work) else work


async def _together(connection: Connection, work: Sequence[Work]) -> list[Work]:
    """Puts the parts of merged visitors together with those of the visitor they were merged into."""
    wanted = {(one.visitor.store_id, one.visitor.merged_into) for one in work if one.visitor.merged_into is not None}
    whole = {(one.store_id, one.id): one for one in await collecting.lock_whole(connection, sorted(wanted))}
    found: dict[tuple[StoreId, UUID], Work] = {}
    for one in work:
        browser = one.visitor
        key = (browser.store_id, browser.merged_into or browser.id)
        joined = found.setdefault(key, Work(visitor=whole.get(key, browser), placed=[], browsers={}))
        joined.placed += one.placed
        if browser.merged_into is not None:
            joined.browsers[browser.anonymous_id] = browser
    for joined in found.values():
        joined.placed = thinking.in_order(joined.placed)
    return list(found.values())


async def _think(connection: Connection, work: Work, lookup: IpLookup) -> None:
    state = work.visitor.state
    work.mark = noticing.mark_of(state)
    if not state.is_late(work.placed[0].step):
        work.outcome = thinking.go_on(state, work.placed)
        return
    stored = await collecting.history(connection, work.visitor.store_id, work.visitor.id, LONGEST_HISTORY)
    if len(stored) < LONGEST_HISTORY:
        work.outcome = thinking.start_again([past_of(row, lookup) for row in stored], work.placed)
        return
    work.outcome = thinking.go_on(state, [_as_now(one, state) for one in work.placed])


def _as_now(placed: Placed, state: VisitorState) -> Placed:
    placed.step.at = max(placed.step.at, state.last_at)
    return placed


async def _write(connection: Connection, work: Sequence[Work]) -> list[tuple[UUID, bytes]]:
    pairs = [(one.visitor, one.outcome) for one in work if one.outcome is not None]
    visits = [(visitor, visit) for visitor, outcome in pairs for visit in outcome.visits.values()]
    filed = [owned for one in work for owned in one.filed()]
    paid = [one for one in filed if one[1].placed.event.payment is not None]
    written = {
        upserts.VISITORS: [rows.visitor_row(visitor, outcome) for visitor, outcome in pairs],
        upserts.SESSIONS: [rows.session_row(visitor, visit) for visitor, visit in visits],
        upserts.DEVICES: rows.device_rows(filed),
        upserts.VISITOR_IPS: rows.ip_rows(filed),
        upserts.CUSTOMER_IPS: rows.customer_ip_rows(filed),
        upserts.TOKENS: rows.token_rows(filed),
        upserts.PAYMENTS: [rows.payment_row(*one) for one in paid],
        upserts.ACTIVITIES: [rows.activity_row(visitor, one) for visitor, one in filed],
    }
    await upserts.write_all(connection, written)
    for visitor, outcome in pairs:
        if outcome.moved:
            await collecting.file_again(connection, visitor.store_id, outcome.moved)
            await collecting.replace_sessions(connection, visitor.store_id, outcome.gone)
    await outbox.put_many(connection, RISK_ANALYSIS, _noticed(work))
    await outbox.put_many(connection, CUSTOMER_ENRICHMENT, visit_jobs(filed))
    return await _put_claims(connection, filed)


def _noticed(work: Sequence[Work]) -> list[outbox.Job]:
    jobs: list[outbox.Job] = []
    for one in work:
        if one.outcome is not None and one.outcome.state.patterns:
            jobs += noticing.noticed_jobs(one.visitor, one.mark, one.outcome.visits.values())
    return jobs


async def _put_claims(connection: Connection, filed: Sequence[rows.Owned]) -> list[tuple[UUID, bytes]]:
    """Who a visitor says it is, is looked into by a job: it takes locks on customers that must not hold up events.

    A page repeats its identify call on every view: what this process has put before is not put again.
    """
    put: dict[tuple[UUID, bytes], outbox.Job] = {}
    for visitor, one in filed:
        if one.placed.event.claim is None:
            continue
        mark = (visitor.id, msgspec.json.encode(one.placed.event.claim))
        if mark in _claimed or mark in put:
            continue
        payload: Payload = {"claim": one.id, "at": thinking.moment(one.at).isoformat()}
        put[mark] = outbox.Job(visitor.store_id, f"visitor:{visitor.id}", f"claim:{one.id}", payload)
    await outbox.put_many(connection, WEBHOOK_PROCESSING, list(put.values()))
    return list(put)


def _remember_claims(claims: Sequence[tuple[UUID, bytes]]) -> None:
    if len(_claimed) > MOST_CLAIMS:
        _claimed.clear()
    _claimed.update(claims)
