"""What a store's rules were at any time: every version with who made it, why, and what it changed."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import asdict

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.weights_history import HistoryQuery
from shopwarden.domain.policy import Rule
from shopwarden.domain.ruleset_diff import ruleset_diff
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.rulesets import RulesetVersion, list_rulesets
from shopwarden.store.weights import LATEST


class RulesetShown(msgspec.Struct, frozen=True, kw_only=True):
    """`changes` against the version before, in sentences."""

    version: int
    changed_by: str
    reason: str | None
    changed_at: datetime
    rules: int
    changes: tuple[str, ...]


class RulesetHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first; `next_before` asks for the page after, null at the end."""

    versions: list[RulesetShown]
    next_before: int | None


class RulesetAnswer(RulesetShown, frozen=True, kw_only=True):
    """With the rules that were asked, in their order."""

    asked: tuple[Rule, ...]


@get(
    "/api/stores/{storeId:str}/rulesets",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(HistoryQuery)},
    opt={QUERY_OPTION: HistoryQuery},
    tags=["rules"],
    summary="Every version of what a store's rules were",
    operation_id="getRulesetHistory",
)
async def history(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[HistoryQuery],
) -> RulesetHistory:
    """Verdicts name the version they were given by. Drafts and rules that are off are in none."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        found = await list_rulesets(connection, store_id, asked.before, asked.limit + 1)
    older = [each.rules for each in found[1:]] + [()]
    shown = [_shown(each, before) for each, before in zip(found, older, strict=False)][: asked.limit]
    return RulesetHistory(versions=shown, next_before=shown[-1].version if len(found) > asked.limit else None)


@get(
    "/api/stores/{storeId:str}/rulesets/{ruleset_version:int}",
    guards=[requires("decisions:read")],
    tags=["rules"],
    summary="What a store's rules were in one version",
    operation_id="getRuleset",
)
async def show(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    ruleset_version: FromPath[int],
) -> RulesetAnswer:
    store_id = (await named_store(database, caller, storeId)).id
    found: list[RulesetVersion] = []
    if 0 < ruleset_version < LATEST:
        async with database.pool.acquire() as connection:
            found = await list_rulesets(connection, store_id, ruleset_version + 1, 2)
    if not found or found[0].version != ruleset_version:
        raise RefuseError("There is no such version of the rules.", status=404, type="not-found")
    shown = _shown(found[0], found[1].rules if len(found) > 1 else ())
    return RulesetAnswer(asked=found[0].rules, **asdict(shown))


def _shown(version: RulesetVersion, before: tuple[Rule, ...]) -> RulesetShown:
    return RulesetShown(
        version=version.version,
        changed_by=version.changed_by,
        reason=version.reason,
        changed_at=version.changed_at,
        rules=len(version.rules),
        changes=tuple(ruleset_diff(before, version.rules)),
    )


HANDLERS = [history, show]
