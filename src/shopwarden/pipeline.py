"""The path of a webhook: read as kept, understood, remembered; judged at once; enriched, and judged again by what is new."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from uuid import UUID

import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.events import AppUninstalled, DomainEvent, PrivacyRequested
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.errors import SkipError
from shopwarden.sources import find_sources
from shopwarden.steps.assess import assess_customer, assess_order
from shopwarden.steps.assess_listed import assess_listed
from shopwarden.steps.case import Judging
from shopwarden.steps.enrich import enrich as enrich_customers
from shopwarden.steps.follow import run_follow
from shopwarden.steps.leave_out import leave_out_forgotten
from shopwarden.steps.privacy import answer_privacy
from shopwarden.steps.remember import Memory, remember
from shopwarden.steps.renew_listed import run_renewal
from shopwarden.steps.settle_case import run_settle
from shopwarden.steps.shop_write import put_write
from shopwarden.steps.tell import put_tellings
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.steps.watch_visits import run_noticed
from shopwarden.store.database import Connection
from shopwarden.store.inbox import InboxRow, empty_body, read_inbox, set_outcome
from shopwarden.store.outbox import put
from shopwarden.store.outbox_waiting import is_judged_later
from shopwarden.store.privacy import set_uninstalled

log = structlog.get_logger(__name__)

WorkWithOthers = Callable[[VendorTools, Connection, StoreId, Payload], Awaitable[None]]
ELSEWHERE = {
    "tell": "shopwarden.steps.tell",
    "shop": "shopwarden.steps.shop_jobs",
    "klaviyo": "shopwarden.steps.klaviyo_jobs",
}
"""Key of an enrichment job's payload -> the module whose `run` does it: vendors that learn, the shop itself, Klaviyo."""


async def process_webhook(
    connection: Connection, store_id: StoreId, inbox_id: UUID, tools: VendorTools | None = None
) -> None:
    """Turns one kept delivery into rows and into the jobs that follow, all in the caller's transaction. With tools, vendors
    that learn are told.

    SkipError when the delivery is gone. A delivery that cannot be read ends as `unreadable`, with the reason beside it.
    """
    delivery = await read_inbox(connection, store_id, inbox_id)
    if delivery is None:
        raise SkipError(f"delivery {inbox_id} is not in the inbox any more")
    source = find_sources().get(delivery.source)
    if source is None or delivery.topic not in source.topics:
        await set_outcome(connection, store_id, inbox_id, "unsupported_topic")
        return
    if not delivery.body:
        await set_outcome(connection, store_id, inbox_id, "processed", "its body is kept no longer")
        return
    try:
        told = source.translate(delivery.topic, delivery.body, delivery.triggered_at)
    except SkipError as reason:
        await set_outcome(connection, store_id, inbox_id, "unreadable", str(reason))
        return
    happened, of_forgotten = await leave_out_forgotten(connection, store_id, told, delivery.triggered_at)
    changed = await remember(connection, store_id, happened)
    await _hand_on(connection, store_id, delivery, changed)
    await put_tellings(tools, connection, store_id, happened)
    await set_outcome(connection, store_id, inbox_id, "processed")
    if of_forgotten:
        await empty_body(connection, store_id, inbox_id, "forgotten at the request of the person")
    for event in happened:
        await _obey(connection, store_id, event, str(inbox_id))


async def _hand_on(connection: Connection, store_id: StoreId, delivery: InboxRow, changed: Memory) -> None:
    """One judgement per changed customer and order, at once by what is known; one enrichment per customer beside them."""
    cause = f"{delivery.source}:{delivery.delivery_id}"
    for customer_id in sorted(changed.customers):
        subject = f"customer:{customer_id}"
        await put(connection, store_id, RISK_ANALYSIS, subject, cause, _judgement("customer", customer_id, cause))
        await put(
            connection, store_id, CUSTOMER_ENRICHMENT, subject, cause, {"customer_id": str(customer_id), "cause": cause}
        )
    for order_id in sorted(changed.new_orders):
        await put(connection, store_id, RISK_ANALYSIS, f"order:{order_id}", cause, _judgement("order", order_id, cause))


def _judgement(subject: str, subject_id: UUID, cause: str) -> Payload:
    return {"subject": subject, "id": str(subject_id), "event_key": f"{cause}:{subject}:{subject_id}", "trigger": "webhook"}


async def _obey(connection: Connection, store_id: StoreId, event: DomainEvent, job: str) -> None:
    """What concerns the app and the law rather than the shop's trade; last, as it may take away what came before."""
    if isinstance(event, AppUninstalled):
        await set_uninstalled(connection, store_id, event.at)
    elif isinstance(event, PrivacyRequested):
        await answer_privacy(connection, store_id, event, job)


async def enrich(tools: VendorTools | None, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Asks others about a customer, and judges again where they say something new; or tells them, or works with their
    systems, as the payload's first key says."""
    if tools is None:
        log.info("enrichment skipped", reason="this process asks nobody", store_id=str(store_id))
        return
    elsewhere = next((module for key, module in ELSEWHERE.items() if key in payload), None)
    if elsewhere is None:
        await enrich_customers(tools, connection, store_id, payload)
    else:
        run: WorkWithOthers = import_module(elsewhere).run
        await run(tools, connection, store_id, payload)


async def assess(tools: VendorTools | None, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Judges an order, a customer or a list of imported customers anew, by what is known and kept. SkipError: it is gone
    or unnamed. Payload: subject, id or ids, event_key, trigger; or what is to be done about a verdict or a decision."""
    if "noticed" in payload:
        await run_noticed(connection, store_id, payload)
        return
    if "follow" in payload:
        await run_follow(tools, connection, store_id, payload)
        return
    if "lists" in payload:
        await run_renewal(connection, store_id, payload)
        return
    if "settle" in payload:
        await run_settle(tools, connection, store_id, payload)
        return
    subject, event_key, trigger = payload.get("subject"), str(payload.get("event_key")), str(payload.get("trigger"))
    if subject == "customers":
        await assess_listed(tools, connection, store_id, payload)
        return
    try:
        subject_id = UUID(str(payload.get("id")))
    except ValueError:
        raise SkipError("the job names nothing to judge: its payload needs id") from None
    how = Judging(tools=tools)
    if subject == "order":
        await assess_order(connection, store_id, OrderId(subject_id), trigger=trigger, event_key=event_key, how=how)
        await put_write(connection, store_id, "order", subject_id)
    elif subject != "customer":
        raise SkipError(f"nothing is known of how to judge a {str(subject)[:40]!r}")
    elif trigger != "webhook" or not await is_judged_later(connection, store_id, f"customer:{subject_id}", event_key):
        await assess_customer(connection, store_id, CustomerId(subject_id), trigger=trigger, event_key=event_key, how=how)
        await put_write(connection, store_id, "customer", subject_id)
