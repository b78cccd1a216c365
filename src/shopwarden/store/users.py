"""People who sign in: who they are, what their role lets them do, and how that is changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.scopes import ROLE_SCOPES, Role
from shopwarden.errors import RefuseError
from shopwarden.store.database import Connection, Database
from shopwarden.store.passwords import hash_password

_COLUMNS = """id, email, name, role, store_id, disabled, created_at, last_login_at,
 password_hash IS NOT NULL AS has_password,
 totp_confirmed_at IS NOT NULL AS has_second_factor, cardinality(recovery_hashes) AS recovery_codes_left, sso_issuer"""
_MATCHING = """($1::uuid IS NULL OR store_id = $1) AND ($2 = '' OR email LIKE $2 OR lower(name) LIKE $2)
 AND ($3::text IS NULL OR role = $3)"""
_LAST_OWNER = "SELECT id FROM users WHERE role = 'owner' AND NOT disabled AND store_id IS NULL ORDER BY id FOR UPDATE"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """`store_id` None opens every store of this installation."""

    id: UUID
    email: str
    role: Role
    name: str | None = None
    store_id: StoreId | None = None
    disabled: bool = False
    created_at: datetime
    last_login_at: datetime | None = None
    has_password: bool = False
    has_second_factor: bool = False
    recovery_codes_left: int = 0
    sso_issuer: str | None = None

    @property
    def scopes(self) -> frozenset[str]:
        return ROLE_SCOPES[self.role]


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    role: Role
    name: str | None = None
    store_id: StoreId | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which users: those of one store alone, whose e-mail address or name holds `text`, of one role."""

    store_id: StoreId | None = None
    text: str = ""
    role: Role | None = None
    limit: int = 50
    offset: int = 0


def plain_email(email: str) -> str:
    return email.strip().lower()


def _user(row: asyncpg.Record) -> User:
    return User(**dict(row))


async def create_user(database: Database, email: str, password: str, role: Role) -> User:
    hashed = await hash_password(password)
    async with database.transaction() as connection:
        return await add_user(connection, NewUser(email=email, role=role), hashed)


async def add_user(connection: Connection, new: NewUser, password_hash: str | None = None) -> User:
    """RefuseError 409 where somebody has this e-mail address already."""
    now = datetime.now(UTC)
    row = await connection.fetchrow(
        "INSERT INTO users (id, email, name, role, store_id, password_hash, password_changed_at, created_at)"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6::text IS NOT NULL THEN $7::timestamptz END, $7)"
        f" ON CONFLICT (email) DO NOTHING RETURNING {_COLUMNS}",
        new_id(), plain_email(new.email), new.name, new.role, new.store_id, password_hash, now,
    )  # fmt: skip
    if row is None:
        raise RefuseError(
            "Somebody has this e-mail address already.", status=409, type="user-exists", fields={"email": "is taken"}
        )
    return _user(row)


async def find_user(connection: Connection, user_id: UUID, *, lock: bool = False) -> User | None:
    """`lock`: nobody else changes this user until the caller's transaction ends."""
    ending = " FOR UPDATE" if lock else ""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM users WHERE id = $1{ending}", user_id)  # noqa: S608
    return _user(row) if row else None


async def find_by_email(connection: Connection, email: str, *, lock: bool = False) -> User | None:
    ending = " FOR UPDATE" if lock else ""
    statement = f"SELECT {_COLUMNS} FROM users WHERE email = $1{ending}"  # noqa: S608
    row = await connection.fetchrow(statement, plain_email(email))
    return _user(row) if row else None


async def list_users(connection: Connection, asked: Asked) -> tuple[Sequence[User], int]:
    """A page of users by e-mail address, and how many there are in all."""
    text = asked.text.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    given = (asked.store_id, f"%{text}%" if text else "", asked.role)
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM users WHERE {_MATCHING} ORDER BY email LIMIT $4 OFFSET $5",  # noqa: S608
        *given, asked.limit, asked.offset,
    )  # fmt: skip
    total: int = await connection.fetchval(f"SELECT count(*) FROM users WHERE {_MATCHING}", *given)  # noqa: S608
    return [_user(row) for row in rows], total


async def save_user(connection: Connection, user: User) -> None:
    """Keeps name, role, store and whether the user is disabled."""
    await connection.execute(
        "UPDATE users SET name = $2, role = $3, store_id = $4, disabled = $5 WHERE id = $1",
        user.id, user.name, user.role, user.store_id, user.disabled,
    )  # fmt: skip


async def remove_user(connection: Connection, user_id: UUID) -> None:
    """With all sessions, tokens and links; what they did stays in the audit log."""
    for table in ("user_sessions", "user_tokens", "api_keys"):
        await connection.execute(f"DELETE FROM {table} WHERE user_id = $1", user_id)  # noqa: S608
    await connection.execute("DELETE FROM users WHERE id = $1", user_id)


async def is_last_owner(connection: Connection, user_id: UUID) -> bool:
    """Whether without this user nobody could let others in. Owners stay as they are until the caller's transaction ends."""
    return [row["id"] for row in await connection.fetch(_LAST_OWNER)] == [user_id]


async def set_password(connection: Connection, user_id: UUID, password_hash: str) -> None:
    await connection.execute(
        "UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE id = $1",
        user_id, password_hash, datetime.now(UTC),
    )  # fmt: skip


async def password_hash_of(connection: Connection, user_id: UUID) -> str | None:
    found: str | None = await connection.fetchval("SELECT password_hash FROM users WHERE id = $1", user_id)
    return found


async def note_sign_in(connection: Connection, user_id: UUID) -> None:
    await connection.execute("UPDATE users SET last_login_at = $2 WHERE id = $1", user_id, datetime.now(UTC))
