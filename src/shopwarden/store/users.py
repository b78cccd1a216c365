"""People who sign in, and what their role lets them do."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shopwarden.domain.ids import new_id
from shopwarden.domain.scopes import ROLE_SCOPES, Role
from shopwarden.store.database import Database
from shopwarden.store.passwords import hash_password, is_password


class User(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    role: Role

    @property
    def scopes(self) -> frozenset[str]:
        return ROLE_SCOPES[self.role]


async def create_user(database: Database, email: str, password: str, role: Role) -> User:
    user = User(id=new_id(), email=email.strip().lower(), role=role)
    await database.pool.execute(
        "INSERT INTO users (id, email, password_hash, role, created_at) VALUES ($1, $2, $3, $4, $5)",
        user.id, user.email, await hash_password(password), role, datetime.now(UTC),
    )  # fmt: skip
    return user


async def sign_in(database: Database, email: str, password: str) -> User | None:
    """The user, if the password is right and the user may sign in. Takes equally long in every case."""
    row = await database.pool.fetchrow(
        "SELECT id, email, role, password_hash, disabled FROM users WHERE email = $1", email.strip().lower()
    )
    right = await is_password(row["password_hash"] if row else None, password)
    if row is None or not right or row["disabled"]:
        return None
    await database.pool.execute("UPDATE users SET last_login_at = $2 WHERE id = $1", row["id"], datetime.now(UTC))
    return User(id=row["id"], email=row["email"], role=row["role"])
