"""Merchants' rules as they are kept and ordered; what is asked of them is in the rulesets."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import Effect
from shopwarden.domain.rule_life import StoredRule

_COLUMNS = ", ".join(StoredRule.__struct_fields__)


def _rule(row: asyncpg.Record) -> StoredRule:
    return StoredRule(**dict(row) | {"effect": msgspec.convert(row["effect"], Effect)})


async def list_rules(connection: asyncpg.Connection, store_id: StoreId, *, archived: bool = False) -> list[StoredRule]:
    """In the store's order; archived ones by when they were put away, the newest first, at most 200."""
    which = "IS NOT NULL ORDER BY archived_at DESC, id LIMIT 200" if archived else "IS NULL ORDER BY position, id"
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM rules WHERE store_id = $1 AND archived_at {which}", store_id)  # noqa: S608 - words of our own
    return [_rule(row) for row in rows]


async def find_rule(connection: asyncpg.Connection, store_id: StoreId, rule_id: UUID) -> StoredRule | None:
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM rules WHERE store_id = $1 AND id = $2", store_id, rule_id)  # noqa: S608 - words of our own
    return None if row is None else _rule(row)


async def hold_rules(connection: asyncpg.Connection, store_id: StoreId) -> None:
    """Changes of a store's rules happen one after the other; needs a transaction."""
    await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", store_id)


async def keep_rule(connection: asyncpg.Connection, store_id: StoreId, rule: StoredRule) -> None:
    """A new rule, or the same one as it is now."""
    values = msgspec.structs.asdict(rule) | {"effect": msgspec.to_builtins(rule.effect)}
    names = list(values)
    marks = ", ".join(f"${place + 2}" for place in range(len(names)))
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in ("id", "created_by", "created_at"))
    await connection.execute(
        f"INSERT INTO rules (store_id, {', '.join(names)}) VALUES ($1, {marks})"  # noqa: S608 - words of our own
        f" ON CONFLICT (store_id, id) DO UPDATE SET {changed}",
        store_id, *values.values(),
    )  # fmt: skip


async def keep_order(connection: asyncpg.Connection, store_id: StoreId, ids: Sequence[UUID]) -> None:
    await connection.execute(
        "UPDATE rules SET position = told.place FROM unnest($2::uuid[]) WITH ORDINALITY AS told (id, place)"
        " WHERE rules.store_id = $1 AND rules.id = told.id",
        store_id, ids,
    )  # fmt: skip
