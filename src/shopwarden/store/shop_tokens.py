"""Connected shops: their sealed tokens and what is known of the connection, and the lock under which tokens are renewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection, Database

State = Literal["active", "needs_reauth", "uninstalled"]


class ShopRow(msgspec.Struct, frozen=True, kw_only=True):
    """`sealed` is empty once the tokens are forgotten. `api_version` is the one the shop answered with last."""

    store_id: StoreId
    shop_domain: str
    sealed: bytes
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: list[str]
    state: State
    api_version: str | None
    last_error: str | None
    installed_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        return f"ShopRow(shop_domain={self.shop_domain!r}, state={self.state!r})"


_COLUMNS = ", ".join(ShopRow.__struct_fields__)

_KEEP = """
INSERT INTO shop_tokens (store_id, shop_domain, sealed, expires_at, refresh_expires_at, scopes, installed_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (store_id) DO UPDATE SET
    shop_domain = excluded.shop_domain, sealed = excluded.sealed, expires_at = excluded.expires_at,
    refresh_expires_at = excluded.refresh_expires_at, scopes = excluded.scopes, installed_at = excluded.installed_at,
    updated_at = excluded.updated_at, state = 'active', last_error = NULL
"""

_RENEW = """
UPDATE shop_tokens SET sealed = $2, expires_at = $3, refresh_expires_at = $4,
       scopes = CASE WHEN cardinality($5::text[]) = 0 THEN scopes ELSE $5 END,
       state = 'active', last_error = NULL, updated_at = $6
 WHERE store_id = $1 AND state <> 'uninstalled'
"""

_FORGET = """
UPDATE shop_tokens SET sealed = '', expires_at = NULL, refresh_expires_at = NULL, state = 'uninstalled', updated_at = $2
 WHERE store_id = $1 AND installed_at <= $3
"""


async def read_shop(connection: Connection, store_id: StoreId) -> ShopRow | None:
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM shop_tokens WHERE store_id = $1", store_id)  # noqa: S608
    return ShopRow(**dict(row)) if row is not None else None


async def shop_of_domain(database: Database, shop_domain: str) -> ShopRow | None:
    """The connection of a shop, whichever store has it."""
    # across stores: a shop's domain names it in the whole installation
    row = await database.pool.fetchrow(f"SELECT {_COLUMNS} FROM shop_tokens WHERE shop_domain = $1", shop_domain)  # noqa: S608
    return ShopRow(**dict(row)) if row is not None else None


async def lock_shop(connection: Connection, store_id: StoreId) -> None:
    """Until the transaction ends nobody else renews this shop's tokens, in any process."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('shop tokens ' || $1::text, 0))", str(store_id))


async def keep_shop(connection: Connection, store_id: StoreId, shop_domain: str, sealed: bytes, told: Told) -> None:
    """A shop installed just now, or installed again: what was known of an earlier installation is replaced."""
    # A shop has one store: whichever held it before lets go.
    await connection.execute("DELETE FROM shop_tokens WHERE shop_domain = $2 AND store_id <> $1", store_id, shop_domain)
    await connection.execute(
        _KEEP, store_id, shop_domain, sealed, told.expires_at, told.refresh_expires_at, list(told.scopes), datetime.now(UTC)
    )
    await connection.execute("UPDATE stores SET uninstalled_at = NULL WHERE id = $1", store_id)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What may be read of tokens without opening them."""

    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: Sequence[str] = ()


async def renew_shop(connection: Connection, store_id: StoreId, sealed: bytes, told: Told) -> None:
    """Newer tokens of the same installation. Scopes not told stay as they are."""
    await connection.execute(
        _RENEW, store_id, sealed, told.expires_at, told.refresh_expires_at, list(told.scopes), datetime.now(UTC)
    )


async def reseal_shop(connection: Connection, store_id: StoreId, old: bytes, new: bytes) -> None:
    """The same tokens under a newer key; nothing where they were renewed meanwhile."""
    await connection.execute(
        "UPDATE shop_tokens SET sealed = $3 WHERE store_id = $1 AND sealed = $2", store_id, old, new
    )  # fmt: skip


async def mark_for_reauth(connection: Connection, store_id: StoreId, sealed: bytes, why: str) -> None:
    """These very tokens are dead: only the merchant can give others."""
    await connection.execute(
        "UPDATE shop_tokens SET state = 'needs_reauth', last_error = $3, updated_at = $4"
        " WHERE store_id = $1 AND sealed = $2 AND state = 'active'",
        store_id, sealed, why[:500], datetime.now(UTC),
    )  # fmt: skip


async def note_shop(
    connection: Connection, store_id: StoreId, *, version: str | None = None, scopes: Sequence[str] | None = None
) -> None:
    """What the shop said of itself; None leaves as it is."""
    await connection.execute(
        "UPDATE shop_tokens SET api_version = coalesce($2, api_version), scopes = coalesce($3, scopes) WHERE store_id = $1",
        store_id, version, list(scopes) if scopes is not None else None,
    )  # fmt: skip


async def note_error(connection: Connection, store_id: StoreId, error: str | None) -> None:
    """The last thing that went wrong; None: it is well again."""
    await connection.execute(
        "UPDATE shop_tokens SET last_error = $2 WHERE store_id = $1 AND state = 'active'", store_id, error and error[:500]
    )


async def forget_tokens(connection: Connection, store_id: StoreId, before: datetime) -> bool:
    """Takes the tokens away; not those of a shop installed again since `before`. Whether there were any."""
    done = await connection.execute(_FORGET, store_id, datetime.now(UTC), before)
    if str(done).endswith(" 0"):
        return False
    await connection.execute("DELETE FROM shop_subscriptions WHERE store_id = $1", store_id)
    return True


async def connected_stores(database: Database) -> list[StoreId]:
    """Stores whose shop can be asked."""
    # across stores: the daily round goes to every shop
    rows = await database.pool.fetch("SELECT store_id FROM shop_tokens WHERE state = 'active' ORDER BY store_id")
    return [StoreId(row["store_id"]) for row in rows]
