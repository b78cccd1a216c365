"""A case as the API tells it, with what the people in it are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.advice import Advice
from shopwarden.domain.case import CaseState, CaseSubject, Decision, ReviewCase
from shopwarden.domain.ids import StoreId
from shopwarden.store.case_history import names_of
from shopwarden.store.database import Connection


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """`id` as `user:<id>`, `key:<id>`, `rule:<id>` or `system`; `name` null where they are gone."""

    id: str
    name: str | None


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """`version` is to be sent with what is done to the case. `expected_loss` is the amount times the probability of fraud.
    `seen_by` is who has it open just now. `settled_at`: when the decision was carried out; until
    then it may be taken back."""

    id: UUID
    version: int
    subject: CaseSubject
    subject_id: UUID
    customer_id: UUID | None
    order_external_id: str | None
    order_name: str | None
    verdict_id: UUID | None
    opened_by: Person
    opened_for: str | None
    opened_at: datetime
    state: CaseState
    score: int | None
    advice: Advice | None
    amount: Decimal | None
    currency: str | None
    expected_loss: Decimal
    urgency: int
    due_at: datetime | None
    is_overdue: bool
    assigned_to: Person | None
    assigned_at: datetime | None
    seen_by: Person | None
    seen_until: datetime | None
    decision: Decision | None
    reason_code: str | None
    decision_note: str | None
    decided_by: Person | None
    decided_at: datetime | None
    settled_at: datetime | None
    updated_at: datetime


_PEOPLE = ("opened_by", "assigned_to", "seen_by", "decided_by")
_SAME = tuple(name for name in CaseShown.__struct_fields__ if name not in (*_PEOPLE, "is_overdue"))


async def shown_cases(
    connection: Connection, store_id: StoreId, cases: Sequence[ReviewCase], *, may_see: bool
) -> list[CaseShown]:
    """`may_see`: the caller may see personal data; what people wrote may name customers."""
    names = await names_of(connection, store_id, {name for case in cases for name in people_in(case)})
    now = datetime.now(UTC)
    return [_shown(case if may_see else without_words(case), names, now) for case in cases]


async def shown_case(connection: Connection, store_id: StoreId, case: ReviewCase, *, may_see: bool) -> CaseShown:
    return (await shown_cases(connection, store_id, [case], may_see=may_see))[0]


def without_words(case: ReviewCase) -> ReviewCase:
    by_hand = case.opened_by.startswith(("user:", "key:"))
    return replace(case, decision_note=None, opened_for=None if by_hand else case.opened_for)


def people_in(case: ReviewCase) -> Iterable[str]:
    return (name for field in _PEOPLE if (name := getattr(case, field)))


def person(actor: str | None, names: dict[str, str]) -> Person | None:
    return None if actor is None else Person(id=actor, name=names.get(actor))


def _shown(case: ReviewCase, names: dict[str, str], now: datetime) -> CaseShown:
    is_open_now = not case.is_decided and case.seen_until is not None and case.seen_until > now
    end = case.decided_at if case.is_decided and case.decided_at is not None else now
    return CaseShown(
        **{name: getattr(case, name) for name in _SAME if name not in ("seen_until",)},
        seen_until=case.seen_until if is_open_now else None,
        is_overdue=case.due_at is not None and case.due_at < end,
        opened_by=Person(id=case.opened_by, name=names.get(case.opened_by)),
        assigned_to=person(case.assigned_to, names),
        seen_by=person(case.seen_by, names) if is_open_now else None,
        decided_by=person(case.decided_by, names),
    )
