"""The audit log: every change with who made it, old and new value; written in the change's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId

Values = Mapping[str, object]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`actor` as `Caller.actor` gives it, or `rule:<id>`, `vendor:<name>`, `system`. `action` is `subject.verb` in the past:
    `rule.changed`. `before` is None for what is new, `after` None for what is gone. No secrets and no personal data."""

    actor: str
    action: str
    subject: str
    subject_id: str | None = None
    before: Values | None = None
    after: Values | None = None
    reason: str | None = None
    address: str | None = None


async def note(connection: asyncpg.Connection, store_id: StoreId | None, change: Change) -> None:
    """`store_id` None: a change of the installation. What is the same before and after is left out of both."""
    before, after = _differing(change.before, change.after)
    await connection.execute(
        "INSERT INTO audit_log (store_id, at, actor, action, subject, subject_id, before, after, reason, address)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        store_id, datetime.now(UTC), change.actor, change.action, change.subject, change.subject_id,
        before, after, change.reason, change.address,
    )  # fmt: skip


def _differing(before: Values | None, after: Values | None) -> tuple[Values | None, Values | None]:
    if before is None or after is None:
        return before, after
    names = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    return _only(before, names), _only(after, names)


def _only(values: Values, names: set[str]) -> Values:
    return {name: value for name, value in values.items() if name in names}
