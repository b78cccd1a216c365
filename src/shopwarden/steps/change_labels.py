"""Labels added and withdrawn by hand: kept, put in the audit log, and whom they are about judged anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from shopwarden.contracts.job import RISK_ANALYSIS, Payload
from shopwarden.domain.hand import Hand
from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import NewLabel
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection
from shopwarden.store.label_reads import KeptLabel, find_label
from shopwarden.store.labels import keep_labels, withdraw_label
from shopwarden.store.outbox import Job, put_many

_AUDITED = ("label", "source", "reason_code", "order_external_id", "event_at", "known_at")


def no_such_label() -> RefuseError:
    return RefuseError("There is no such label here.", status=404, type="not-found")


async def add_label(connection: Connection, store_id: StoreId, label: NewLabel, hand: Hand) -> tuple[KeptLabel, bool]:
    """The label as it is kept, and whether it is new. RefuseError 409: its reference already says something else."""
    ((label_id, is_new),) = await keep_labels(connection, store_id, [label])
    kept = await find_label(connection, store_id, label_id)
    if kept is None:
        raise no_such_label()
    same = (kept.label, kept.order_external_id, kept.customer_id)
    wanted = (label.label, label.order_external_id, label.customer_id)
    if not is_new:
        if same != wanted:
            raise RefuseError(
                "This reference names another label already.", status=409, type="reference-taken",
                fields={"reference": "is another label's"},
            )  # fmt: skip
        return kept, False
    await _note(connection, store_id, kept, hand, "label.added")
    await judge_customers(connection, store_id, [kept.customer_id], f"label:{kept.id}")
    return kept, True


async def take_back(connection: Connection, store_id: StoreId, label_id: UUID, hand: Hand) -> KeptLabel:
    """The label, withdrawn; it is not withdrawn twice. RefuseError 404: there is none."""
    if await withdraw_label(connection, store_id, label_id, hand.actor):
        kept = await find_label(connection, store_id, label_id)
        if kept is not None:
            await _note(connection, store_id, kept, hand, "label.withdrawn")
            await judge_customers(connection, store_id, [kept.customer_id], f"label:{kept.id}:withdrawn")
    found = await find_label(connection, store_id, label_id)
    if found is None:
        raise no_such_label()
    return found


async def judge_customers(connection: Connection, store_id: StoreId, customers: Iterable[UUID | None], cause: str) -> None:
    """Puts a new judgement of these customers; asks no vendor anew."""
    ids: Sequence[str] = sorted({str(each) for each in customers if each is not None})
    if ids:
        payload: Payload = {"subject": "customers", "ids": list(ids), "event_key": cause, "trigger": "recalculation"}
        await put_many(connection, RISK_ANALYSIS, [Job(store_id, "customers", cause, payload)])


async def _note(connection: Connection, store_id: StoreId, kept: KeptLabel, hand: Hand, action: str) -> None:
    told = {name: getattr(kept, name) for name in _AUDITED}
    added = action == "label.added"
    change = Change(
        actor=hand.actor,
        action=action,
        subject="label",
        subject_id=str(kept.id),
        before=None if added else told,
        after=told if added else None,
        reason=hand.reason,
    )
    await note(connection, store_id, change)
