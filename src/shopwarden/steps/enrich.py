"""Enriches a customer: vendors are asked where it is worth it, what they say is written down, and judged where it is new."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.answers import VendorFacts
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.errors import SkipError
from shopwarden.steps.assess import ENRICHMENT, customer_case, order_case
from shopwarden.steps.case import Case, Judged, Judging, decide
from shopwarden.steps.identify import identify_customers
from shopwarden.steps.tell import put_undecided
from shopwarden.steps.vendor_columns import fraud_checks, ip_columns, observations_of, wanted_fields
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.steps.vendor_view import Asking, View, accounts_of
from shopwarden.store.database import Connection
from shopwarden.store.enriching import vendors_of_last_verdict, write_fraud_checks, write_ip_answers
from shopwarden.store.facts import read_order
from shopwarden.store.identifiers import lock_people
from shopwarden.store.opening import Who, open_case
from shopwarden.store.outbox import put
from shopwarden.store.verdicts import Subject

log = structlog.get_logger(__name__)

JOB_SECONDS = 3.0
"""So long a job waits for vendors; what comes later is kept, and taken by a job of its own."""
AT_ONCE = 5
"""Customers of a list that one job enriches; the rest is put again, so that others get their turn."""
JUDGED_AGAIN_WITHIN = timedelta(days=14)
"""An older order is delivered or cancelled: what is learnt of its buyer changes nothing about it."""
SILENT = frozenset({"asking", "policy"})
"""What is missing for these reasons is nothing new: nobody was asked."""


async def enrich(tools: VendorTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """A job: `customer_id` (with `order_id`, that order's) or `customer_ids`, `force`, `cause`. Nothing connected: nothing
    is asked and written. SkipError: it names nobody."""
    listed = payload.get("customer_ids", [payload.get("customer_id")])
    try:
        ids = [CustomerId(UUID(str(each))) for each in listed] if isinstance(listed, list) else []
        order_id = OrderId(UUID(str(payload["order_id"]))) if payload.get("order_id") else None
    except ValueError:
        ids = []
    if not ids:
        raise SkipError("the job names nobody to enrich: its payload needs customer_id")
    if not await accounts_of(tools, connection, store_id):
        log.info("enrichment skipped", reason="no vendor connected", store_id=str(store_id), customers=len(ids))
        return
    asking = Asking(
        seconds=JOB_SECONDS,
        force=payload.get("force") is True,
        everything=True,
        only_always=payload.get("cause") == "stale",
    )
    for customer_id in ids[:AT_ONCE]:
        judged = await ask_about(tools, connection, store_id, (customer_id, order_id), asking)
        if judged is not None:
            await write_down(connection, store_id, customer_id, judged)
    if rest := ids[AT_ONCE:]:
        await put(
            connection, store_id, CUSTOMER_ENRICHMENT, "customers", f"from:{rest[0]}",
            {**payload, "customer_ids": [str(each) for each in rest]},
        )  # fmt: skip


async def ask_about(
    tools: VendorTools,
    connection: Connection,
    store_id: StoreId,
    whom: tuple[CustomerId, OrderId | None],
    asking: Asking,
) -> Judged | None:
    """Asks vendors about a customer and their latest order, or about one order; writes nothing down. None: they are gone,
    or no vendor can be asked."""
    case = await _case(connection, store_id, *whom)
    if case is None:
        return None
    judged = await decide(connection, store_id, case, Judging(tools=tools, asking=asking))
    return judged if judged.view is not None else None


async def _case(connection: Connection, store_id: StoreId, customer_id: CustomerId, order_id: OrderId | None) -> Case | None:
    opening = await open_case(connection, store_id, f"asking:{customer_id}", Who(customer=str(customer_id)))
    if opening.customer_id != customer_id:
        return None
    order = await read_order(connection, store_id, order_id) if order_id is not None else None
    if order is not None and order.customer_id == customer_id:
        return await order_case(connection, store_id, opening, order)
    return await customer_case(connection, store_id, opening, datetime.now(UTC))


async def write_down(connection: Connection, store_id: StoreId, customer_id: CustomerId, judged: Judged) -> None:
    """Fills the customer's columns with their provenance and puts judgements where vendors said something new.

    Must run inside a transaction. Written twice it is the same.
    """
    view = judged.view
    if view is None or view.rows.customer is None:
        return
    vendor, answers = judged.facts.vendor or VendorFacts(), view.settled.answers
    await lock_people(connection, store_id)
    said = observations_of(view.rows.customer, answers, wanted_fields(view.rows.settings))
    await identify_customers(connection, store_id, said)
    if judged.facts.ip is not None and view.inquiry.ip is not None and vendor.ip:
        columns = ip_columns(judged.facts.ip, vendor)
        await write_ip_answers(connection, store_id, customer_id, view.inquiry.ip, columns)
    await write_fraud_checks(connection, store_id, customer_id, fraud_checks(vendor, answers))
    await _judge_again(connection, store_id, ("customer", customer_id), vendor)
    order_id = _order_to_judge(view)
    if order_id is not None:
        await _judge_again(connection, store_id, ("order", order_id), vendor)
    if view.order_id is not None and view.inquiry.order is not None:
        await put_undecided(view.tools, connection, store_id, view.inquiry.order.id, view.settled.missing)


def _order_to_judge(view: View) -> OrderId | None:
    """The order vendors were asked about, where it still is ours to decide: the shop's own, and not long ago."""
    if view.order_id is None or view.inquiry.order is None:
        return None
    age = datetime.now(UTC) - view.inquiry.order.created_at
    return view.order_id if age < JUDGED_AGAIN_WITHIN else None


async def _judge_again(connection: Connection, store_id: StoreId, whom: tuple[Subject, UUID], vendor: VendorFacts) -> None:
    """Puts a judgement where the last one did not know what vendors say now. The same answers are judged once."""
    subject, subject_id = whom
    before = await vendors_of_last_verdict(connection, store_id, subject, subject_id)
    now = told_by(msgspec.to_builtins(vendor))
    if before is not None and told_by(before) == now:
        return
    digest = sha256(msgspec.json.encode(now, order="deterministic")).hexdigest()[:16]
    key = f"enrichment:{subject}:{subject_id}:{digest}"
    payload: Payload = {"subject": subject, "id": str(subject_id), "event_key": key, "trigger": ENRICHMENT}
    await put(connection, store_id, RISK_ANALYSIS, f"{subject}:{subject_id}", key, payload)


def told_by(vendor: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """What tells two states of knowledge apart: when each look-up answered, and why others failed."""
    answered, missing = vendor.get("answered_at"), vendor.get("missing")
    failed = {
        key: str(why.get("kind"))
        for key, why in (missing.items() if isinstance(missing, dict) else ())
        if isinstance(why, dict) and why.get("kind") not in SILENT
    }
    times = {key: str(at) for key, at in (answered.items() if isinstance(answered, dict) else ())}
    return {"answered": times, "failed": failed}
