"""A store's rules: listed in their order, written, changed, brought from draft to live, put away."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.hands import hand_of
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.policy import Effect, RuleState
from shopwarden.domain.rule_life import MOST_RULES, StoredRule
from shopwarden.rules.language import LONGEST_CONDITION
from shopwarden.steps.change_rules import (
    Wanted,
    archive_rule,
    change_rule,
    create_rule,
    no_such_rule,
    reorder_rules,
    restore_rule,
)
from shopwarden.store.database import Database
from shopwarden.store.rules import find_rule, list_rules
from shopwarden.store.rulesets import current_ruleset

RuleName = Annotated[str, Meta(min_length=1, max_length=120, examples=["High value through a VPN"])]
ConditionText = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_CONDITION, examples=["order.total > 500.0 && ip.is_vpn"])
]
Share = Annotated[int, Meta(ge=1, le=100)]
Reason = Annotated[str, Meta(max_length=500)]


class NewRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`condition` is CEL over the facts of `/api/rules/vocabulary`. `share`: per cent of orders a `partial` rule applies
    to."""

    name: RuleName
    condition: ConditionText
    effect: Effect = Effect()
    state: RuleState = "draft"
    share: Share = 100
    reason: Reason | None = None


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. With `version`, the change is refused where the rule has moved on since."""

    name: RuleName | None = None
    condition: ConditionText | None = None
    effect: Effect | None = None
    state: RuleState | None = None
    share: Share | None = None
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    reason: Reason | None = None


class RuleOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules that are not archived, first the one that is asked first."""

    rules: Annotated[list[UUID], Meta(max_length=MOST_RULES)]
    reason: Reason | None = None


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    """In the order they are asked in. `ruleset_version` is in force; 0 where none ever was."""

    rules: list[StoredRule]
    ruleset_version: int


class RuleListQuery(msgspec.Struct, frozen=True, kw_only=True):
    archived: Annotated[bool, Meta(description="Those that were put away, instead of the others.")] = False


class ReasonQuery(msgspec.Struct, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(max_length=500, description="Why, for the audit log.")] = ""


@get(
    "/api/stores/{storeId:str}/rules",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(RuleListQuery)},
    opt={QUERY_OPTION: RuleListQuery},
    tags=["rules"],
    summary="A store's rules in their order",
    operation_id="listRules",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[RuleListQuery],
) -> RuleList:
    """`storeId` is the store's id or its shop domain."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        rules = await list_rules(connection, store_id, archived=asked.archived)
        ruleset = await current_ruleset(connection, store_id)
    return RuleList(rules=rules, ruleset_version=ruleset.version)


@post(
    "/api/stores/{storeId:str}/rules",
    guards=[requires("policy:write")],
    tags=["rules"],
    summary="Write a rule",
    operation_id="createRule",
    opt={"refuses": ("409",)},
)
async def create(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], data: JSONBody[NewRule]
) -> StoredRule:
    """At the end of the order, as a draft unless told otherwise. A condition that can't be understood is refused with the
    line and the column."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = Wanted(**{name: getattr(data, name) for name in Wanted.__struct_fields__})
    async with database.transaction() as connection:
        return await create_rule(connection, store_id, wanted, hand_of(caller, data.reason))


@get(
    "/api/stores/{storeId:str}/rules/{rule_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["rules"],
    summary="One rule",
    operation_id="getRule",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], rule_id: FromPath[UUID]
) -> StoredRule:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        rule = await find_rule(connection, store_id, rule_id)
    if rule is None:
        raise no_such_rule()
    return rule


@patch(
    "/api/stores/{storeId:str}/rules/{rule_id:uuid}",
    guards=[requires("policy:write")],
    tags=["rules"],
    summary="Change a rule or its state",
    operation_id="changeRule",
    opt={"refuses": ("409",)},
)
async def change(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    rule_id: FromPath[UUID],
    data: JSONBody[RuleChange],
) -> StoredRule:
    """draft: not asked. shadow: asked, noted, without effect. partial: applied to `share` per cent of orders. live: applied.
    off: not asked any more. It counts from the next verdict on."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = Wanted(**{name: getattr(data, name) for name in Wanted.__struct_fields__})
    async with database.transaction() as connection:
        by = hand_of(caller, data.reason)
        return await change_rule(connection, store_id, rule_id, wanted, data.version, by)


@delete(
    "/api/stores/{storeId:str}/rules/{rule_id:uuid}",
    guards=[requires("policy:write")],
    dependencies={"asked": query_of(ReasonQuery)},
    opt={QUERY_OPTION: ReasonQuery},
    tags=["rules"],
    summary="Archive a rule",
    operation_id="archiveRule",
    status_code=200,
)
async def archive(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    rule_id: FromPath[UUID],
    asked: NamedDependency[ReasonQuery],
) -> StoredRule:
    """It is asked no more; what it did before stays to be seen."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        return await archive_rule(connection, store_id, rule_id, hand_of(caller, asked.reason))


@post(
    "/api/stores/{storeId:str}/rules/{rule_id:uuid}/restore",
    guards=[requires("policy:write")],
    dependencies={"asked": query_of(ReasonQuery)},
    opt={QUERY_OPTION: ReasonQuery, "refuses": ("409",)},
    tags=["rules"],
    summary="Bring an archived rule back",
    operation_id="restoreRule",
    status_code=200,
)
async def restore(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    rule_id: FromPath[UUID],
    asked: NamedDependency[ReasonQuery],
) -> StoredRule:
    """At the end of the order and switched off."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        return await restore_rule(connection, store_id, rule_id, hand_of(caller, asked.reason))


@put(
    "/api/stores/{storeId:str}/rules/order",
    guards=[requires("policy:write")],
    tags=["rules"],
    summary="Set the order rules are asked in",
    operation_id="orderRules",
    opt={"refuses": ("409",)},
)
async def reorder(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], data: JSONBody[RuleOrder]
) -> RuleList:
    """The first rule that applies and forces an advice decides it; points and tags add up whatever the order."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        rules = await reorder_rules(connection, store_id, data.rules, hand_of(caller, data.reason))
        ruleset = await current_ruleset(connection, store_id)
    return RuleList(rules=rules, ruleset_version=ruleset.version)


HANDLERS = [list_them, create, show, change, archive, restore, reorder]
