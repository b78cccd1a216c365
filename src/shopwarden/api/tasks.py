"""Long work: where it stands, and enrichment, which is asked for and done later."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from shopwarden.api.auth import Caller, requires
from shopwarden.api.customers import no_such_customer
from shopwarden.domain.ids import CustomerId
from shopwarden.errors import RefuseError
from shopwarden.store.customer_reads import customer_exists
from shopwarden.store.database import Database
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
    status_code=202,
    guards=[requires("customers:write")],
    tags=["customers"],
    summary="Enrich a customer again from all services",
    operation_id="enrichCustomer",
)
async def enrich(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    customer_id: FromPath[UUID],
    idempotency_key: IdempotencyKey = None,
) -> Response[Task]:
    """Answers with a task; `Location` is where its progress is told. Without a configured provider it ends at once, and
    says so."""
    store_id = caller.one_store()
    if not await customer_exists(database, store_id, CustomerId(customer_id)):
        raise no_such_customer()
    key = f"{customer_id}:{idempotency_key}" if idempotency_key else None
    task, is_new = await begin_task(database, store_id, "enrich", key)
    if is_new:
        result = {"customer_id": str(customer_id), "providers": [], "message": "no provider configured"}
        task = await end_task(database, store_id, task.id, "done", result)
    return Response(task, status_code=202, headers={"Location": f"/api/tasks/{task.id}"})


HANDLERS = [get_task, enrich]
