"""API keys: made once, kept as SHA-256, found by their hash, used, rotated and revoked."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.scopes import ROLE_SCOPES
from shopwarden.domain.scopes import SCOPES as ALL_SCOPES
from shopwarden.store.database import Connection, Database

WRITE_KEY_START, KEY_START = "swk", "sw"
SCOPES = tuple(ALL_SCOPES)
LONGEST_KEY = 200

_FIND = """
SELECT k.*, u.role, u.disabled, u.store_id AS user_store_id FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
 WHERE k.key_hash = $1
"""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret. `store_id` None opens every store of the installation."""

    id: UUID
    store_id: StoreId | None
    user_id: UUID | None
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made: `secret` is the whole key in plain text and exists nowhere else."""

    key: ApiKey
    secret: str


def hash_key(plain: str) -> bytes:
    """SHA-256 suffices: the secret has 256 random bits, there is nothing to guess."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()


def _key(row: asyncpg.Record) -> ApiKey:
    values = {name: row[name] for name in ApiKey.__struct_fields__}
    return ApiKey(**{**values, "scopes": frozenset(row["scopes"])})


async def create_key(
    database: Database | Connection,
    *,
    name: str,
    scopes: Iterable[str],
    store_id: StoreId | None = None,
    user_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """A fresh key `sw_<prefix>_<secret>`; one that may only send events starts with `swk_`: it is public by its nature."""
    wanted = sorted(set(scopes))
    prefix = f"{WRITE_KEY_START if wanted == ['ingest'] else KEY_START}_{secrets.token_hex(4)}"
    plain = f"{prefix}_{secrets.token_hex(32)}"
    row = await _where(database).fetchrow(
        "INSERT INTO api_keys (id, store_id, user_id, name, prefix, key_hash, scopes, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *",
        new_id(), store_id, user_id, name, prefix, hash_key(plain), wanted, datetime.now(UTC), expires_at,
    )  # fmt: skip
    return NewKey(key=_key(row), secret=plain)


def _where(database: Database | Connection) -> asyncpg.Pool | Connection:
    return database.pool if isinstance(database, Database) else database


async def find_key(database: Database, plain: str) -> ApiKey | None:
    """The valid key this text is; None for an unknown, expired or revoked one."""
    if len(plain) > LONGEST_KEY or not plain.startswith((f"{KEY_START}_", f"{WRITE_KEY_START}_")):
        return None
    hashed = hash_key(plain)
    row = await database.pool.fetchrow(_FIND, hashed)
    if row is None or not hmac.compare_digest(row["key_hash"], hashed):
        return None
    key = _key(row)
    if key.user_id is not None:
        # What somebody signed in for may never more than they may now.
        if row["role"] is None or row["disabled"]:
            return None
        scopes = key.scopes & ROLE_SCOPES[row["role"]]
        key = msgspec.structs.replace(key, store_id=row["user_store_id"], scopes=scopes)
    return key if key.is_valid(datetime.now(UTC)) else None


async def find_write_key(database: Database, plain: str) -> StoreId | None:
    """The store a write key sends events to; None if it is not one that may."""
    key = await find_key(database, plain)
    return key.store_id if key is not None and "ingest" in key.scopes else None


async def touch_keys(database: Database, used: Sequence[tuple[UUID, datetime]]) -> None:
    """Notes when keys were last used; an older note never overwrites a newer one."""
    await database.pool.execute(
        "UPDATE api_keys SET last_used_at = used.at FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)"
        " WHERE api_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)",
        [key_id for key_id, _ in used], [at for _, at in used],
    )  # fmt: skip


async def list_keys(database: Database, store_id: StoreId | None) -> list[ApiKey]:
    """The keys of one store, or with None those of the whole installation; sessions of users are not listed."""
    rows = await database.pool.fetch(
        "SELECT * FROM api_keys WHERE ($1::uuid IS NULL OR store_id = $1) AND user_id IS NULL ORDER BY created_at, id",
        store_id,
    )
    return [_key(row) for row in rows]


async def get_key(database: Database, store_id: StoreId | None, key_id: UUID) -> ApiKey | None:
    row = await database.pool.fetchrow(
        "SELECT * FROM api_keys WHERE id = $1 AND ($2::uuid IS NULL OR store_id = $2)", key_id, store_id
    )
    return _key(row) if row else None


async def revoke_key(database: Database | Connection, key_id: UUID) -> None:
    await _where(database).execute(
        "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", key_id, datetime.now(UTC)
    )


async def expire_key(connection: Connection, key_id: UUID, expires_at: datetime) -> None:
    """Lets a key end at a time, never later than it would have anyway."""
    await connection.execute("UPDATE api_keys SET expires_at = least(expires_at, $2) WHERE id = $1", key_id, expires_at)
