"""Sessions of people in a browser: made at sign-in, found by the hash of their token, listed and ended."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.scopes import Role
from shopwarden.store.database import Connection, Database

Way = Literal["password", "sso"]
LASTS = timedelta(days=7)
IDLE = timedelta(hours=12)
"""A session nobody used for so long has ended, however much of `LASTS` is left."""
TOUCH = timedelta(minutes=1)
KEPT_AFTER_THE_END = timedelta(days=30)
LONGEST_TOKEN = 100

_OPEN = "s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3"
_FIND = f"""
SELECT s.id, s.user_id, s.csrf_hash, s.way, s.second_factor, s.created_at, s.last_seen_at, s.expires_at, u.role, u.store_id
  FROM user_sessions s JOIN users u ON u.id = s.user_id AND NOT u.disabled
 WHERE s.token_hash = $1 AND {_OPEN}
"""  # noqa: S608
_LIST = f"""
SELECT s.id, 'session' AS kind, s.way, s.second_factor, s.created_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent
  FROM user_sessions s WHERE s.user_id = $1 AND {_OPEN}
UNION ALL
SELECT k.id, 'token', 'password', false, k.created_at, coalesce(k.last_used_at, k.created_at), k.expires_at, NULL, NULL
  FROM api_keys k WHERE k.user_id = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
 ORDER BY last_seen_at DESC, id
"""  # noqa: S608
_END = """
WITH browsers AS (
    UPDATE user_sessions SET revoked_at = $2
     WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3 AND ($4::uuid IS NULL OR id = $4) RETURNING id
), tokens AS (
    UPDATE api_keys SET revoked_at = $2
     WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3 AND ($4::uuid IS NULL OR id = $4) RETURNING id
)
SELECT (SELECT count(*) FROM browsers) + (SELECT count(*) FROM tokens)
"""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """An open session and what its user may do now: role and store are read with it, so that a change holds at once."""

    id: UUID
    user_id: UUID
    csrf_hash: bytes
    way: Way
    second_factor: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    role: Role
    store_id: StoreId | None

    def is_csrf_token(self, token: str) -> bool:
        return hmac.compare_digest(self.csrf_hash, token_hash(token))


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session just made. Both values exist nowhere else: only their hashes are kept."""

    id: UUID
    token: str
    csrf_token: str
    expires_at: datetime


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody came in. `ip` as it may be shown: masked."""

    way: Way
    second_factor: bool = False
    ip: str | None = None
    user_agent: str | None = None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's session or a bearer token a user signed in for."""

    id: UUID
    kind: Literal["session", "token"]
    way: Way
    second_factor: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime | None
    ip: str | None
    user_agent: str | None


def token_hash(token: str) -> bytes:
    """SHA-256 suffices: tokens have 256 random bits, there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def open_session(connection: Connection, user_id: UUID, opening: Opening) -> NewSession:
    """Always under a fresh token: one planted in a browser beforehand never becomes a signed-in one."""
    now = datetime.now(UTC)
    new = NewSession(
        id=new_id(), token=secrets.token_urlsafe(32), csrf_token=secrets.token_urlsafe(32), expires_at=now + LASTS
    )
    await connection.execute(
        "INSERT INTO user_sessions (id, user_id, token_hash, csrf_hash, way, second_factor, created_at, last_seen_at,"
        " expires_at, ip, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)",
        new.id, user_id, token_hash(new.token), token_hash(new.csrf_token), opening.way, opening.second_factor, now,
        new.expires_at, opening.ip, opening.user_agent,
    )  # fmt: skip
    await connection.execute(
        "DELETE FROM user_sessions WHERE user_id = $1 AND expires_at < $2", user_id, now - KEPT_AFTER_THE_END
    )
    return new


async def renew_tokens(connection: Connection, session_id: UUID) -> NewSession:
    """The same session under fresh tokens, after what its user may do or how they prove it has changed."""
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    expires_at = await connection.fetchval(
        "UPDATE user_sessions SET token_hash = $2, csrf_hash = $3 WHERE id = $1 RETURNING expires_at",
        session_id, token_hash(token), token_hash(csrf_token),
    )  # fmt: skip
    return NewSession(id=session_id, token=token, csrf_token=csrf_token, expires_at=expires_at)


async def find_session(database: Database, token: str) -> Session | None:
    """The open session of a token. Asked anew each time: one that was ended is ended everywhere at once."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    now = datetime.now(UTC)
    row = await database.pool.fetchrow(_FIND, token_hash(token), now, now - IDLE)
    if row is None:
        return None
    session = Session(**dict(row))
    if now - session.last_seen_at >= TOUCH:
        await database.pool.execute(
            "UPDATE user_sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2", session.id, now
        )
    return session


async def end_token(connection: Connection, token: str) -> None:
    """Ends the session of this token, whoever's it is."""
    await connection.execute(
        "UPDATE user_sessions SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL",
        token_hash(token), datetime.now(UTC),
    )  # fmt: skip


async def list_sessions(connection: Connection, user_id: UUID) -> Sequence[SessionRow]:
    """Open sessions and sign-in tokens of a user, the last used first."""
    now = datetime.now(UTC)
    return [SessionRow(**dict(row)) for row in await connection.fetch(_LIST, user_id, now, now - IDLE)]


async def end_sessions(connection: Connection, user_id: UUID, *, but: UUID | None = None, only: UUID | None = None) -> int:
    """Ends a user's sessions and sign-in tokens, all `but` one or `only` one; answers how many."""
    ended: int = await connection.fetchval(_END, user_id, datetime.now(UTC), but, only)
    return ended


async def mark_second_factor(connection: Connection, session_id: UUID) -> None:
    await connection.execute("UPDATE user_sessions SET second_factor = true WHERE id = $1", session_id)
