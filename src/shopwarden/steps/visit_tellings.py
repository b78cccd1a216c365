"""What visitors do in the shop, for vendors that learn: jobs put with the event, and the happening made of it later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from shopwarden.contracts.job import Payload
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.inquiry import AskedItem, Happening, HappeningKind
from shopwarden.errors import SkipError
from shopwarden.steps import rows, thinking
from shopwarden.steps.inquiries import Sight, asked_item, inquiry_of
from shopwarden.steps.sinks import hearing_of
from shopwarden.store.asked_rows import read_asked_rows
from shopwarden.store.database import Connection
from shopwarden.store.outbox import Job
from shopwarden.store.tellings import VisitEvent, read_visit_event

KINDS: dict[str, HappeningKind] = {
    "add_to_cart": "cart_item_added", "remove_from_cart": "cart_item_removed", "coupon_applied": "coupon_applied",
}  # fmt: skip
_NAMES = {"product_id": "product_id", "name": "title", "brand": "vendor", "category": "product_type"}
_CODES = ("coupon_id", "coupon_name", "coupon")


def visit_jobs(filed: Sequence[rows.Owned]) -> list[Job]:
    """A job for each vendor that wants to hear of an event; none, at next to no cost, where no store has such a vendor."""
    jobs = []
    for visitor, one in filed:
        kind = KINDS.get(one.placed.event.activity)
        if kind is None:
            continue
        for name in hearing_of(visitor.store_id):
            about, event = f"visit:{one.session_id}", f"{kind}:{one.id}"
            at = thinking.moment(one.at).isoformat()
            payload: Payload = {"tell": name, "kind": kind, "about": about, "event": event, "activity": one.id, "at": at}
            jobs.append(Job(visitor.store_id, f"tell:{name}:{about}", event, payload))
    return jobs


async def visit_happening(
    connection: Connection, store_id: StoreId, kind: HappeningKind, payload: Payload
) -> Happening | None:
    """None where the event is not stored any more. SkipError where the job does not name one."""
    try:
        activity_id, at = UUID(str(payload.get("activity"))), datetime.fromisoformat(str(payload.get("at")))
    except ValueError:
        raise SkipError("the job names no event: its payload needs activity and at") from None
    event = await read_visit_event(connection, store_id, activity_id, at)
    if event is None:
        return None
    customer_id = None if event.customer_id is None else CustomerId(event.customer_id)
    asked = await read_asked_rows(connection, store_id, customer_id, None)
    session = None if event.session_id is None else str(event.session_id)
    sight = Sight(ip=event.ip, user_agent=event.user_agent, session_id=session)
    properties = event.properties()
    return Happening(
        kind=kind,
        at=event.at,
        inquiry=inquiry_of(datetime.now(UTC), None, asked, sight),
        item=_item(event) if kind != "coupon_applied" else None,
        currency=_text(properties.get("currency")),
        code=next((code for name in _CODES if (code := _text(properties.get(name)))), None),
    )


def _item(event: VisitEvent) -> AskedItem:
    """The product of an event in Segment's names, which are not the shop's."""
    properties = event.properties()
    return asked_item(properties | {ours: properties[name] for name, ours in _NAMES.items() if properties.get(name)})


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
