"""Suspicious patterns that new events complete, handed on as jobs in the events' own transaction.

A job rather than an alert at once: alerts of one group meet in one row, and events must wait for nobody's lock. The job is
committed with the events, so an alert is as sure as the events it is about.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from shopwarden.contracts.job import Payload
from shopwarden.domain.visit_state import Visit, VisitorState
from shopwarden.steps import thinking
from shopwarden.store.collecting import KnownVisitor
from shopwarden.store.outbox import Job

NEWS_SECONDS = 6 * 3600.0
"""What is told later than this, an old history sent in for example, is not happening now and raises no alert."""

Mark = tuple[float, tuple[str, ...]]
NOTHING: Mark = (0.0, ())


def mark_of(state: VisitorState) -> Mark:
    """What of a visitor's present session was noticed before new events come in, and when that session was last seen."""
    visit = state.visit
    return NOTHING if visit is None or not visit.patterns else (visit.last, tuple(visit.patterns))


def fresh_in(mark: Mark, visits: Iterable[Visit]) -> list[tuple[Visit, list[str]]]:
    """The sessions with patterns that were not there at the mark. A late event may rename the session it is added to: it is
    known again by its time. An older session of which one changed may be named again; its alert's cause makes that harmless.
    """
    found = []
    for visit in visits:
        if visit.patterns:
            known = mark[1] if visit.started <= mark[0] <= visit.last else ()
            fresh = [one for one in visit.patterns if one not in known]
            if fresh:
                found.append((visit, fresh))
    return found


def noticed_jobs(visitor: KnownVisitor, mark: Mark, visits: Iterable[Visit]) -> list[Job]:
    """A job for each session that turned suspicious; none, at next to no cost, for calm ones."""
    jobs: list[Job] = []
    for visit, fresh in fresh_in(mark, visits):
        if time.time() - visit.last > NEWS_SECONDS:
            continue
        payload: Payload = {
            "noticed": fresh,
            "all": list(visit.patterns),
            "visitor": str(visitor.id),
            "session": visit.id,
            "before_order": visit.orders == 0,
            "at": thinking.moment(visit.last).isoformat(),
        }
        jobs.append(Job(visitor.store_id, f"noticed:{visitor.id}", f"{visit.id}:{','.join(fresh)}", payload))
    return jobs
