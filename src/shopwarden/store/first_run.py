"""What a fresh installation needs to be used: a store, an owner, a write key and an admin key."""

from __future__ import annotations

import secrets

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.api_keys import SCOPES, create_key
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store, list_stores
from shopwarden.store.users import create_user

OWNER_EMAIL = "owner@shopwarden.local"
_LOCK = 727_010


class FirstRun(msgspec.Struct, frozen=True, kw_only=True):
    """Plain values, told once: only their hashes are kept."""

    store_id: StoreId
    owner_email: str
    owner_password: str
    write_key: str
    admin_key: str


async def ensure_first_run(database: Database, shop_domain: str | None = None) -> FirstRun | None:
    """Makes them if the installation has no store yet; None if it was used before. Safe in several processes at once."""
    async with database.pool.acquire() as connection:
        # Held on this connection while the others do the work: a second process waits, then finds a store.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            return await _make(database, shop_domain) if not await list_stores(database) else None
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _make(database: Database, shop_domain: str | None) -> FirstRun:
    password = secrets.token_urlsafe(15)
    # The store comes last: where this breaks off, the next start begins anew.
    await database.pool.execute("DELETE FROM users WHERE email = $1", OWNER_EMAIL)
    owner = await create_user(database, OWNER_EMAIL, password, "owner")
    admin = await create_key(database, name="first admin key", scopes=set(SCOPES) - {"ingest"})
    store_id = await create_store(database, "My shop", (shop_domain or "").lower() or None)
    writer = await create_key(database, name="storefront", scopes=["ingest"], store_id=store_id)
    return FirstRun(
        store_id=store_id,
        owner_email=owner.email,
        owner_password=password,
        write_key=writer.secret,
        admin_key=admin.secret,
    )
