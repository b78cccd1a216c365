"""Links that are used once: to take an invitation up, and to set a new password."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Connection
from shopwarden.store.user_sessions import token_hash

LinkKind = Literal["invitation", "reset"]
LASTS: dict[LinkKind, timedelta] = {"invitation": timedelta(days=7), "reset": timedelta(hours=24)}

_OF_TOKEN = """
SELECT t.id, t.user_id, t.kind, t.expires_at, u.email FROM user_tokens t JOIN users u ON u.id = t.user_id AND NOT u.disabled
 WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.expires_at > $2
"""  # noqa: S105


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """`token` exists nowhere else."""

    kind: LinkKind
    token: str
    expires_at: datetime


class Link(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    user_id: UUID
    kind: LinkKind
    expires_at: datetime
    email: str


async def make_link(connection: Connection, user_id: UUID, kind: LinkKind) -> NewLink:
    """A fresh link; earlier ones of this user end."""
    now = datetime.now(UTC)
    new = NewLink(kind=kind, token=secrets.token_urlsafe(32), expires_at=now + LASTS[kind])
    await connection.execute("DELETE FROM user_tokens WHERE user_id = $1", user_id)
    await connection.execute(
        "INSERT INTO user_tokens (id, user_id, kind, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        new_id(), user_id, kind, token_hash(new.token), now, new.expires_at,
    )  # fmt: skip
    return new


async def find_link(connection: Connection, token: str, *, lock: bool = False) -> Link | None:
    """The link of a token that is still good; None for an unknown, used or old one, and for one of a disabled user."""
    ending = " FOR UPDATE OF t" if lock else ""
    row = await connection.fetchrow(_OF_TOKEN + ending, token_hash(token), datetime.now(UTC))
    return Link(**dict(row)) if row else None


async def use_link(connection: Connection, link: Link) -> None:
    await connection.execute("UPDATE user_tokens SET used_at = $2 WHERE id = $1", link.id, datetime.now(UTC))


async def end_links(connection: Connection, user_id: UUID) -> None:
    await connection.execute("DELETE FROM user_tokens WHERE user_id = $1", user_id)
