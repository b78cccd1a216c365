"""Long work: where it stands, and enrichment by hand, whose answer is such a piece of work."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from shopwarden.api.auth import Caller, requires
from shopwarden.api.customers import no_such_customer
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.errors import RefuseError
from shopwarden.steps.enrich_now import enrich_now
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.customer_reads import customer_exists
from shopwarden.store.database import Database
from shopwarden.store.faults import translated
from shopwarden.store.tasks import Task, begin_task, end_task, find_task

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", max_length=200, description="The same key does the work once."),
]


@get(
    "/api/tasks/{task_id:uuid}",
    guards=[requires("customers:read")],
    tags=["customers"],
    summary="Where a task stands",
    operation_id="getTask",
)
async def get_task(caller: NamedDependency[Caller], database: NamedDependency[Database], task_id: FromPath[UUID]) -> Task:
    task = await find_task(database, caller.one_store(), task_id)
    if task is None:
        raise RefuseError("There is no such task in this store.", status=404, type="not-found")
    return task


@post(
    "/api/customers/{customer_id:uuid}/enrich",
    status_code=200,
    guards=[requires("customers:write")],
    tags=["customers"],
    summary="Enrich a customer again from all services",
    operation_id="enrichCustomer",
)
async def enrich(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    customer_id: FromPath[UUID],
    idempotency_key: IdempotencyKey = None,
) -> Response[Task]:
    """Asks every connected vendor anew, waits ten seconds at most, and answers a finished task: `result.lookups` tells what
    came of each question. What was asked within the last minute is not paid for again. Where something new was learnt, the
    customer is judged again in a moment. Without a connected vendor nothing is asked, and the task says so."""
    store_id, customer = caller.one_store(), CustomerId(customer_id)
    if not await customer_exists(database, store_id, customer):
        raise no_such_customer()
    key = f"{customer_id}:{idempotency_key}" if idempotency_key else None
    task, is_new = await begin_task(database, store_id, "enrich", key)
    if is_new:
        task = await _enrich(database, state.get("vendor_tools"), store_id, customer, task)
    return Response(task, status_code=200, headers={"Location": f"/api/tasks/{task.id}"})


async def _enrich(
    database: Database, tools: VendorTools | None, store_id: StoreId, customer_id: CustomerId, task: Task
) -> Task:
    result: dict[str, object] = {"customer_id": str(customer_id), "providers": [], "lookups": []}
    try:
        with translated():
            outcomes = await enrich_now(tools, database, store_id, customer_id) if tools is not None else None
    except BaseException:
        await end_task(database, store_id, task.id, "failed", result | {"message": "it broke off"})
        raise
    if outcomes is None:
        return await end_task(database, store_id, task.id, "done", result | {"message": "no provider configured"})
    result["providers"] = sorted({outcome.lookup.partition(".")[0] for outcome in outcomes})
    result["lookups"] = msgspec.to_builtins(outcomes)
    answered = sum(outcome.outcome == "answered" for outcome in outcomes)
    message = f"{answered} of {len(outcomes)} look-ups answered"
    return await end_task(database, store_id, task.id, "done", result | {"message": message})


HANDLERS = [get_task, enrich]
