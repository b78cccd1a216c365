"""The audit log: every change with who made it, old and new value; written in the change's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    await note_many(connection, store_id, [change])


async def note_many(connection: asyncpg.Connection, store_id: StoreId | None, changes: Sequence[Change]) -> None:
    """As `note`, for several at once in one round trip, in their order."""
    if not changes:
        return
    rows = [_row(change) for change in changes]
    await connection.execute(_NOTE, store_id, datetime.now(UTC), *map(list, zip(*rows, strict=True)))


_NOTE = """
INSERT INTO audit_log (store_id, at, actor, action, subject, subject_id, before, after, reason, address)
SELECT $1, $2, told.* FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::text[],
                                  $10::text[]) AS told
"""


def _row(change: Change) -> tuple[object, ...]:
    before, after = _differing(change.before, change.after)
    return (
        change.actor, change.action, change.subject, change.subject_id, before, after, change.reason, change.address,
    )  # fmt: skip


def _differing(before: Values | None, after: Values | None) -> tuple[Values | None, Values | None]:
    if before is None or after is None:
        return before, after
    names = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    return _only(before, names), _only(after, names)


def _only(values: Values, names: set[str]) -> Values:
    return {name: value for name, value in values.items() if name in names}
