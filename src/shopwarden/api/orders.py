"""Orders checked for fraud before the shop accepts them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from shopwarden.api.auth import Caller, requires
from shopwarden.api.verdict_answer import CheckAnswer, FullVerdict, check_answer, full_answer
from shopwarden.domain.order_check import OrderCheck, validated
from shopwarden.errors import RefuseError
from shopwarden.steps.case import Judging
from shopwarden.steps.check_order import check_order
from shopwarden.steps.vendor_view import Asking
from shopwarden.store.database import Database
from shopwarden.store.faults import translated
from shopwarden.store.verdicts import find_verdict

CheckKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same question under the same key is judged once.",
    ),
]


@post(
    "/api/orders/check",
    status_code=200,
    guards=[requires("orders:check")],
    tags=["orders"],
    summary="Check an order for fraud",
    operation_id="checkOrder",
)
async def check(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    data: JSONBody[OrderCheck],
    idempotency_key: CheckKey = None,
) -> CheckAnswer:
    """Score, advice and reasons for an order as you have it. It is joined to its visitor by session or checkout token,
    then by customer or e-mail, then by IP address as a weak hint. Connected vendors are asked where it is worth their price,
    for as long as the store lets a check wait (`check_deadline_ms`, 800 by default); what was missing is among the gaps.
    Fields not known here are ignored."""
    store_id = caller.one_store()
    validated(data, datetime.now(UTC))
    with translated():
        async with database.pool.acquire() as connection:
            how = Judging(lookup=state.get("ip_lookup"), tools=state.get("vendor_tools"), asking=Asking())
            stored = await check_order(connection, store_id, data, idempotency_key=idempotency_key, how=how)
    return check_answer(stored, may_see=caller.may("pii:read"))


@get(
    "/api/verdicts/{verdict_id:uuid}",
    guards=[requires("customers:read")],
    tags=["orders"],
    summary="A verdict with the facts it was made from",
    operation_id="getVerdict",
)
async def get_verdict(
    caller: NamedDependency[Caller], database: NamedDependency[Database], verdict_id: FromPath[UUID]
) -> FullVerdict:
    async with database.pool.acquire() as connection:
        stored = await find_verdict(connection, caller.one_store(), verdict_id)
    if stored is None:
        raise RefuseError("There is no such verdict in this store.", status=404, type="not-found")
    return full_answer(stored, may_see=caller.may("pii:read"))


HANDLERS = [check, get_verdict]
