"""A store's rulesets: what was in force, version by version."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import NO_RULES, Rule, Ruleset

MOST_KEPT = 256
_known: OrderedDict[tuple[UUID, int], Ruleset] = OrderedDict()
"""A version never changes, so every process reads it once. (The store's id is random: no two installations share one.)"""


async def ruleset_of(connection: asyncpg.Connection, store_id: StoreId, version: int | None) -> Ruleset:
    """The ruleset of this version; the empty one for None and 0."""
    return await find_ruleset(connection, store_id, version) or Ruleset(version=version or 0)


async def find_ruleset(connection: asyncpg.Connection, store_id: StoreId, version: int | None) -> Ruleset | None:
    """None for a version that never was."""
    if not version:
        return NO_RULES
    key = (store_id, version)
    kept = _known.get(key)
    if kept is None:
        rules = await connection.fetchval(
            "SELECT rules FROM rulesets WHERE store_id = $1 AND version = $2", store_id, version
        )
        if rules is None:
            return None
        kept = Ruleset(version=version, rules=msgspec.convert(rules, tuple[Rule, ...]))
        _known[key] = kept
        if len(_known) > MOST_KEPT:
            _known.popitem(last=False)
    return kept


class RulesetVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what was in force, with who made it so and why."""

    version: int
    rules: tuple[Rule, ...]
    changed_by: str
    reason: str | None
    changed_at: datetime


async def list_rulesets(connection: asyncpg.Connection, store_id: StoreId, before: int, limit: int) -> list[RulesetVersion]:
    """Versions below `before`, the newest first."""
    rows = await connection.fetch(
        "SELECT version, rules, changed_by, reason, created_at FROM rulesets WHERE store_id = $1 AND version < $2"
        " ORDER BY version DESC LIMIT $3",
        store_id, before, limit,
    )  # fmt: skip
    return [
        RulesetVersion(
            version=row["version"],
            rules=msgspec.convert(row["rules"], tuple[Rule, ...]),
            changed_by=row["changed_by"],
            reason=row["reason"],
            changed_at=row["created_at"],
        )
        for row in rows
    ]


async def current_ruleset(connection: asyncpg.Connection, store_id: StoreId) -> Ruleset:
    version = await connection.fetchval("SELECT max(version) FROM rulesets WHERE store_id = $1", store_id)
    return await ruleset_of(connection, store_id, version)


async def put_ruleset(
    connection: asyncpg.Connection, store_id: StoreId, rules: tuple[Rule, ...], changed_by: str, reason: str | None
) -> Ruleset:
    """Keeps `rules` as the store's next version; needs a transaction."""
    await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", store_id)
    newest = await connection.fetchval("SELECT max(version) FROM rulesets WHERE store_id = $1", store_id)
    version = (newest or 0) + 1
    await connection.execute(
        "INSERT INTO rulesets (store_id, version, rules, changed_by, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        store_id, version, msgspec.json.encode(rules), changed_by, reason, datetime.now(UTC),
    )  # fmt: skip
    return Ruleset(version=version, rules=rules)
