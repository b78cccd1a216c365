"""A customer's risk: shown in detail, computed again, and blocked or unblocked by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta
from msgspec.structs import replace

from shopwarden.api.auth import Caller, requires
from shopwarden.api.customers import no_such_customer
from shopwarden.api.verdict_answer import FullVerdict, full_answer
from shopwarden.domain.facts import VisitorFacts
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.text import clean_text
from shopwarden.domain.verdict import Weights
from shopwarden.errors import RefuseError, SkipError
from shopwarden.signals.visitor_factors import behaviour_score
from shopwarden.steps.assess import assess_customer
from shopwarden.steps.block_customer import Hand
from shopwarden.steps.block_customer import block as block_customer
from shopwarden.steps.block_customer import unblock as unblock_customer
from shopwarden.steps.case import Judging
from shopwarden.steps.live_feed import LiveFeed
from shopwarden.steps.shop_write import put_write
from shopwarden.store.database import Connection, Database
from shopwarden.store.risk_reads import CustomerStanding, VisitorBehaviour, customer_standing, visitors_of_customer
from shopwarden.store.verdicts import ScorePoint, StoredVerdict, latest_verdict, score_history
from shopwarden.store.weights import current_weights

LONGEST_REASON = 500

RecalculationKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", min_length=1, max_length=200, description="The same key computes once."),
]


class RiskAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """`latest` is null until the customer was judged for the first time; `history` has the newest first."""

    customer_id: UUID
    risk_score: int
    risk_level: str
    is_blocked: bool
    blocked_reason: str | None
    latest: FullVerdict | None
    history: list[ScorePoint]
    behaviour: list[VisitorBehaviour]


class BlockWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON, examples=["Three chargebacks in a week"])]


class BlockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's standing after the change, and the verdict computed with it."""

    customer_id: UUID
    status: str
    is_blocked: bool
    blocked_reason: str | None
    verdict: FullVerdict


@get(
    "/api/customers/{customer_id:uuid}/risk-analysis",
    guards=[requires("customers:read")],
    tags=["customers"],
    summary="The risk assessment of a customer in detail",
    operation_id="getCustomerRiskAnalysis",
)
async def risk_analysis(
    caller: NamedDependency[Caller], database: NamedDependency[Database], customer_id: FromPath[UUID]
) -> RiskAnalysis:
    """The latest verdict with its reasons, parts and facts, earlier scores, and how the customer's visitors behave."""
    store_id, customer = caller.one_store(), CustomerId(customer_id)
    async with database.pool.acquire() as connection:
        standing = await customer_standing(connection, store_id, customer)
        if standing is None:
            raise no_such_customer()
        latest = await latest_verdict(connection, store_id, "customer", customer)
        history = await score_history(connection, store_id, "customer", customer)
        behaviour = await visitors_of_customer(connection, store_id, customer)
        weights = await current_weights(connection, store_id)
    return RiskAnalysis(
        customer_id=customer,
        risk_score=standing.risk_score,
        risk_level=standing.risk_level,
        is_blocked=standing.is_blocked,
        blocked_reason=standing.blocked_reason,
        latest=None if latest is None else full_answer(latest, may_see=caller.may("pii:read")),
        history=history,
        behaviour=[scored(visitor, weights) for visitor in behaviour],
    )


def scored(visitor: VisitorBehaviour, weights: Weights) -> VisitorBehaviour:
    facts = VisitorFacts(
        avg_session_seconds=visitor.avg_session_seconds,
        page_views=visitor.page_views,
        device_changes=visitor.device_changes,
        location_changes=visitor.location_changes,
    )
    return replace(visitor, behaviour_score=behaviour_score(facts, weights)[0])


@post(
    "/api/customers/{customer_id:uuid}/calculate-risk",
    status_code=200,
    guards=[requires("customers:write")],
    tags=["customers"],
    summary="Compute a customer's risk again, now",
    operation_id="calculateCustomerRisk",
)
async def calculate_risk(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    customer_id: FromPath[UUID],
    idempotency_key: RecalculationKey = None,
) -> FullVerdict:
    async with database.transaction() as connection:
        stored = await _again(connection, caller.one_store(), CustomerId(customer_id), _how(state), idempotency_key)
        await put_write(connection, caller.one_store(), "customer", customer_id)
    return full_answer(stored, may_see=caller.may("pii:read"))


@post(
    "/api/customers/{customer_id:uuid}/block",
    status_code=200,
    guards=[requires("customers:write")],
    tags=["customers"],
    summary="Block a customer: their orders are declined",
    operation_id="blockCustomer",
)
async def block(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    customer_id: FromPath[UUID],
    data: JSONBody[BlockWanted],
) -> BlockAnswer:
    """The reason is kept with the customer; blocking again replaces it. The customer's orders that can still be stopped, and
    those under review, are judged again; the shop and vendors that decide on people are told."""
    reason = clean_text(data.reason)
    if not reason:
        raise RefuseError("reason: is empty.", type="invalid-input", fields={"reason": "is empty"})
    store_id, customer = caller.one_store(), CustomerId(customer_id)
    async with database.transaction() as connection:
        if not await block_customer(connection, store_id, customer, reason, _hand(caller, state)):
            raise no_such_customer()
        answer = await _answer(connection, caller, store_id, customer, _how(state))
    await show_live(state, store_id, customer)
    return answer


@post(
    "/api/customers/{customer_id:uuid}/unblock",
    status_code=200,
    guards=[requires("customers:write")],
    tags=["customers"],
    summary="Unblock a customer",
    operation_id="unblockCustomer",
)
async def unblock(
    caller: NamedDependency[Caller], database: NamedDependency[Database], state: State, customer_id: FromPath[UUID]
) -> BlockAnswer:
    """The customer is again what they were before the block, and so are orders it held up."""
    store_id, customer = caller.one_store(), CustomerId(customer_id)
    async with database.transaction() as connection:
        if not await unblock_customer(connection, store_id, customer, _hand(caller, state)):
            raise no_such_customer()
        answer = await _answer(connection, caller, store_id, customer, _how(state))
    await show_live(state, store_id, customer)
    return answer


def _hand(caller: Caller, state: State) -> Hand:
    return Hand(caller.actor, datetime.now(UTC), state.get("vendor_tools"))


async def show_live(state: State, store_id: StoreId, customer_id: CustomerId) -> None:
    """Whoever watches the store sees it now, not at the visitor's next step."""
    feed: LiveFeed | None = state.get("live_feed")
    if feed is not None:
        await feed.renew(store_id, customer_id)


def _how(state: State) -> Judging:
    """By what vendors said already; nobody is asked."""
    return Judging(tools=state.get("vendor_tools"))


async def _answer(
    connection: Connection, caller: Caller, store_id: StoreId, customer_id: CustomerId, how: Judging
) -> BlockAnswer:
    stored = await _again(connection, store_id, customer_id, how)
    standing: CustomerStanding | None = await customer_standing(connection, store_id, customer_id)
    if standing is None:
        raise no_such_customer()
    return BlockAnswer(
        customer_id=customer_id,
        status=standing.status,
        is_blocked=standing.is_blocked,
        blocked_reason=standing.blocked_reason,
        verdict=full_answer(stored, may_see=caller.may("pii:read")),
    )


async def _again(
    connection: Connection, store_id: StoreId, customer_id: CustomerId, how: Judging, key: str | None = None
) -> StoredVerdict:
    event_key = f"recalculation:{customer_id}:{key or new_id()}"
    try:
        return await assess_customer(
            connection, store_id, customer_id, trigger="recalculation", event_key=event_key, how=how
        )
    except SkipError:
        raise no_such_customer() from None


HANDLERS = [risk_analysis, calculate_risk, block, unblock]
