"""A change of the lists reaches what is already waiting: open cases that it concerns are judged again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from shopwarden.contracts.job import RISK_ANALYSIS, Payload
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.list_entry import Listable
from shopwarden.steps.listed import listable_of
from shopwarden.store.database import Connection
from shopwarden.store.list_matching import fitting_entries
from shopwarden.store.open_cases import AT_ONCE, OpenCase, still_in_force, undecided_cases
from shopwarden.store.outbox import Job, put_many

GATHERED = timedelta(seconds=1)
"""Changes of the same second are one job, which begins when they are all stored."""
NOWHERE = ("", UUID(int=0))
TRIGGER = "lists"


async def put_renewal(connection: Connection, store_id: StoreId) -> None:
    """In the transaction of the change."""
    at = datetime.now(UTC)
    payload: Payload = {"lists": "renew", "after": list(map(str, NOWHERE))}
    await put_many(connection, RISK_ANALYSIS, [Job(store_id, "lists", f"changed:{int(at.timestamp())}", payload)], GATHERED)


def judgement(subject: str, subject_id: UUID, cause: str, trigger: str = TRIGGER) -> Job:
    """A job without its store: judges this again, for this cause once."""
    key = f"{cause}:{subject}:{subject_id}"
    payload: Payload = {"subject": subject, "id": str(subject_id), "event_key": key, "trigger": trigger}
    return Job(StoreId(UUID(int=0)), f"{subject}:{subject_id}", cause, payload)


async def put_judgements(connection: Connection, store_id: StoreId, jobs: Iterable[Job]) -> None:
    await put_many(connection, RISK_ANALYSIS, [job._replace(store_id=store_id) for job in jobs])


async def run_renewal(connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """A job: some hundred open cases are compared with the lists as they are now; the rest is the next job."""
    at, after = datetime.now(UTC), _position(payload)
    cases = await undecided_cases(connection, store_id, after)
    cause = f"lists:{new_id()}"
    touched = await _touched(connection, store_id, cases, at)
    await put_judgements(connection, store_id, [judgement(case.subject, case.subject_id, cause) for case in touched])
    if len(cases) == AT_ONCE:
        last = cases[-1]
        rest: Payload = {"lists": "renew", "after": [last.subject, str(last.subject_id)]}
        await put_many(connection, RISK_ANALYSIS, [Job(store_id, "lists", f"renew:{cause}", rest)])


def _position(payload: Payload) -> tuple[str, UUID]:
    match payload.get("after"):
        case [str(subject), str(subject_id)]:
            try:
                return subject, UUID(subject_id)
            except ValueError:
                return NOWHERE
    return NOWHERE


async def _touched(connection: Connection, store_id: StoreId, cases: Sequence[OpenCase], at: datetime) -> list[OpenCase]:
    """Those that an entry fits by which they were not judged, and those judged by one that is in force no more."""
    found = await fitting_entries(connection, store_id, [_listable(case) for case in cases], at)
    before = frozenset[UUID]().union(*(case.judged_by for case in cases))
    gone = before - await still_in_force(connection, store_id, before, at) if before else before
    return [
        case
        for case, hits in zip(cases, found, strict=True)
        if case.judged_by & gone or {hit.entry_id for hit in hits} - case.judged_by
    ]


def _listable(case: OpenCase) -> Listable:
    customer = str(case.customer_id) if case.customer_id is not None else None
    own = Listable(email=case.email, phone=case.phone) if case.order is None else listable_of(case.order)
    return replace(
        own,
        customer=customer,
        shop_customer=case.shop_customer,
        email=own.email or case.email,
        phone=own.phone or case.phone,
        devices=case.devices,
    )
