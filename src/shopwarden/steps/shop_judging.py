"""Judges what was read of a shop: what webhooks lost as webhooks are judged, a whole shop patiently and everybody once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.ids import StoreId
from shopwarden.errors import SkipError
from shopwarden.steps.assess import LATEST_ORDER_WITHIN
from shopwarden.steps.assess_listed import SUBJECT
from shopwarden.steps.remember import Memory
from shopwarden.steps.shop_connection import ShopTools
from shopwarden.store.database import Connection
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.shop_judging import customers_to_judge, list_waits, orders_to_judge, recent_orders

AT_ONCE = 400
"""Customers put on a list at a time, so that a shop of any size waits in its own table and not in the queue."""
ORDERS_AT_ONCE = 40
NOTHING = UUID(int=0)
PAUSE = timedelta(seconds=2)


async def put_judgements(connection: Connection, store_id: StoreId, memory: Memory, cause: str) -> None:
    """For what was found missing: the judgements a webhook would have put, but none of orders older than 120 days."""
    since = datetime.now(UTC) - LATEST_ORDER_WITHIN
    orders = await recent_orders(connection, store_id, sorted(memory.new_orders), since)
    subjects = [("customer", one) for one in sorted(memory.customers)] + [("order", one) for one in orders]
    judged = [
        Job(
            store_id,
            f"{subject}:{one}",
            cause,
            {"subject": subject, "id": str(one), "event_key": f"{cause}:{subject}:{one}", "trigger": "webhook"},
        )
        for subject, one in subjects
    ]
    await put_many(connection, RISK_ANALYSIS, judged)
    enriched = [
        Job(store_id, f"customer:{one}", cause, {"customer_id": str(one), "cause": "reconcile"})
        for one in sorted(memory.customers)
    ]
    await put_many(connection, CUSTOMER_ENRICHMENT, enriched)


async def put_judging(connection: Connection, store_id: StoreId, cause: str) -> None:
    """Puts the judgement of everybody in the shop who never was judged; `cause` names what was read."""
    await _put(connection, store_id, {"shop": "judge", "cause": cause}, timedelta(0))


async def _put(connection: Connection, store_id: StoreId, payload: Payload, wait: timedelta) -> None:
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    await put_many(connection, CUSTOMER_ENRICHMENT, [Job(store_id, "shop:judge", at, payload)], wait)


async def judge(tools: ShopTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """The next of them: customers in lists behind everything that just happened, then orders still to be sent. Vendors are
    asked about nobody: a whole shop's past is worth no paid question."""
    cause = str(payload.get("cause", "sync"))
    if await list_waits(connection, store_id, SUBJECT):
        await _put(connection, store_id, payload, PAUSE)
        return
    customers = await customers_to_judge(connection, store_id, _after(payload, "customer"), AT_ONCE)
    if customers:
        ids = [str(one) for one in customers]
        listed: Payload = {"subject": SUBJECT, "ids": ids, "event_key": cause, "trigger": "import"}
        await put_many(connection, RISK_ANALYSIS, [Job(store_id, SUBJECT, f"{cause}:{ids[0]}", listed)])
        await _put(connection, store_id, {**payload, "customer": ids[-1]}, PAUSE)
        return
    since = datetime.now(UTC) - LATEST_ORDER_WITHIN
    orders = await orders_to_judge(connection, store_id, _after(payload, "order"), ORDERS_AT_ONCE, since)
    jobs = [
        Job(
            store_id,
            f"order:{one}",
            cause,
            {"subject": "order", "id": str(one), "event_key": f"{cause}:order:{one}", "trigger": "import"},
        )
        for one in orders
    ]
    await put_many(connection, RISK_ANALYSIS, jobs)
    if orders:
        await _put(connection, store_id, {**payload, "order": str(orders[-1])}, PAUSE)


def _after(payload: Payload, name: str) -> UUID:
    try:
        return UUID(str(payload[name])) if name in payload else NOTHING
    except ValueError:
        raise SkipError(f"the job's {name} is no id") from None


JOBS = {"judge": judge}
