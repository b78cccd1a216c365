"""What signing in leaves behind and nobody needs any more: counters of tries, links, ended sessions and tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shopwarden.domain.slowing import FORGIVEN_AFTER
from shopwarden.store.database import Database

SESSIONS_FOR = timedelta(days=30)
_STATEMENTS = (
    ("DELETE FROM sign_in_failures WHERE last_at < $1", FORGIVEN_AFTER),
    ("DELETE FROM sso_states WHERE expires_at < $1", timedelta(0)),
    ("DELETE FROM user_tokens WHERE coalesce(used_at, expires_at) < $1", SESSIONS_FOR),
    ("DELETE FROM user_sessions WHERE coalesce(revoked_at, expires_at) < $1", SESSIONS_FOR),
    ("DELETE FROM api_keys WHERE user_id IS NOT NULL AND coalesce(revoked_at, expires_at) < $1", SESSIONS_FOR),
)


async def drop_leftovers(database: Database) -> None:
    now = datetime.now(UTC)
    for statement, age in _STATEMENTS:
        await database.pool.execute(statement, now - age)
