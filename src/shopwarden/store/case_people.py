"""Who may decide in a store, and who has which case open on their screen."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import StoreId
from shopwarden.domain.scopes import ROLE_SCOPES

DECIDING = "decisions:write"
_ROLES = [role for role, scopes in ROLE_SCOPES.items() if DECIDING in scopes]
_IS_USER = """
SELECT EXISTS (SELECT FROM users WHERE id = $2 AND NOT disabled AND (store_id IS NULL OR store_id = $1) AND role = ANY($3))
"""
_IS_KEY = """
SELECT EXISTS (SELECT FROM api_keys WHERE id = $2 AND revoked_at IS NULL AND (store_id IS NULL OR store_id = $1)
   AND (expires_at IS NULL OR expires_at > now()) AND $3 = ANY(scopes))
"""
# Only the two columns that no move reads: presence neither waits for a move nor undoes one.
_SEE = """
UPDATE cases SET seen_by = $3, seen_until = $5
 WHERE store_id = $1 AND id = $2 AND state <> 'decided' AND (seen_by IS NULL OR seen_by = $3 OR seen_until < $4) RETURNING id
"""
_LEAVE = "UPDATE cases SET seen_by = NULL, seen_until = NULL WHERE store_id = $1 AND id = $2 AND seen_by = $3"


async def is_analyst(connection: asyncpg.Connection, store_id: StoreId, actor: str) -> bool:
    kind, _, identity = actor.partition(":")
    try:
        person = UUID(identity)
    except ValueError:
        return False
    found: bool = False
    if kind == "user":
        found = await connection.fetchval(_IS_USER, store_id, person, _ROLES)
    elif kind == "key":
        found = await connection.fetchval(_IS_KEY, store_id, person, DECIDING)
    return found


async def see_case(
    connection: asyncpg.Connection, store_id: StoreId, case_id: UUID, actor: str, times: tuple[datetime, datetime]
) -> bool:
    """`times`: now, and until when. False where somebody else sees it, or there is nothing to be decided."""
    return await connection.fetchval(_SEE, store_id, case_id, actor, *times) is not None


async def leave_case(connection: asyncpg.Connection, store_id: StoreId, case_id: UUID, actor: str) -> None:
    await connection.execute(_LEAVE, store_id, case_id, actor)
