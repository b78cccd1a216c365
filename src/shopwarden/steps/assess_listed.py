"""Customers that came in by the hundred are judged a few at a time, behind everything that just happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.errors import SkipError
from shopwarden.steps.assess import assess_customer
from shopwarden.steps.case import Judging
from shopwarden.steps.shop_write import put_write
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.outbox_waiting import others_wait

SUBJECT = "customers"
AT_ONCE = 20
"""A job holds the store's people for as long as it runs: a fifth of a second."""
PATIENCE = timedelta(seconds=2)
"""How long a list waits when something that just happened waits too."""


async def put_listed(connection: Connection, store_id: StoreId, customer_ids: Sequence[CustomerId], cause: str) -> None:
    """One judgement and one enrichment of these customers, each in steps; `cause` names where they came from."""
    ids = [str(each) for each in sorted(set(customer_ids))]
    if not ids:
        return
    judged: Payload = {"subject": SUBJECT, "ids": ids, "event_key": cause, "trigger": "import"}
    await put_many(connection, RISK_ANALYSIS, [Job(store_id, SUBJECT, f"{cause}:{ids[0]}", judged)], PATIENCE)
    enriched: Payload = {"customer_ids": ids, "cause": "import"}
    await put_many(connection, CUSTOMER_ENRICHMENT, [Job(store_id, SUBJECT, f"{cause}:{ids[0]}", enriched)], 2 * PATIENCE)


async def assess_listed(tools: VendorTools | None, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Judges the first of the list and puts the rest again; all of it, later, where other judgements wait. Customers that
    are gone are left out. SkipError: the payload has no list of ids."""
    try:
        ids = [CustomerId(UUID(str(each))) for each in listed] if isinstance(listed := payload.get("ids"), list) else None
    except ValueError:
        ids = None
    if ids is None:
        raise SkipError("the job names nobody to judge: its payload needs ids")
    cause, round_ = str(payload.get("event_key")), payload.get("round", 0)
    count = round_ + 1 if isinstance(round_, int) else 1
    is_later = await others_wait(connection, RISK_ANALYSIS, SUBJECT)
    now = [] if is_later else ids[:AT_ONCE]
    for customer_id in now:
        try:
            judged = await assess_customer(
                connection, store_id, customer_id,
                trigger="import", event_key=f"{cause}:customer:{customer_id}", how=Judging(tools=tools),
            )  # fmt: skip
        except SkipError:
            continue
        # Of a whole shop's past only what speaks against somebody is worth the shop's points.
        if judged.verdict.advice != "approve":
            await put_write(connection, store_id, "customer", customer_id)
    if rest := ids[len(now) :]:
        again: Payload = {**payload, "ids": [str(each) for each in rest], "round": count}
        wait = PATIENCE if is_later else timedelta(0)
        await put_many(connection, RISK_ANALYSIS, [Job(store_id, SUBJECT, f"{cause}:{rest[0]}:{count}", again)], wait)
