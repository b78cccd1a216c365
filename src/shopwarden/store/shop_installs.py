"""Installations begun and not yet come back, and the store a shop gets when it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.database import Connection, Database

LASTS = timedelta(minutes=10)

_TAKE = "DELETE FROM shop_installs WHERE digest = $1 AND shop_domain = $2 RETURNING created_at"

_ADOPT = """
UPDATE stores SET shop_domain = $1
 WHERE shop_domain IS NULL AND (SELECT count(*) FROM stores) = 1 AND ($2 = '' OR $2 = $1)
   AND NOT EXISTS (SELECT FROM stores AS s WHERE s.shop_domain = $1)
RETURNING id
"""

_MAKE = """
INSERT INTO stores (id, name, shop_domain, currency, created_at) VALUES ($1, $2, $3, 'USD', $4)
ON CONFLICT (shop_domain) DO UPDATE SET shop_domain = excluded.shop_domain RETURNING id
"""


async def begin_install(database: Database, digest: bytes, shop_domain: str) -> None:
    """Remembers what was sent along for some minutes; others' that have run out go."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM shop_installs WHERE created_at < $1", now - LASTS)
        await connection.execute(
            "INSERT INTO shop_installs (digest, shop_domain, created_at) VALUES ($1, $2, $3)", digest, shop_domain, now
        )


async def take_install(database: Database, digest: bytes, shop_domain: str) -> bool:
    """Whether this installation was begun here, a short while ago, for this shop. True once only."""
    begun = await database.pool.fetchval(_TAKE, digest, shop_domain)
    return begun is not None and begun >= datetime.now(UTC) - LASTS


async def store_of_shop(connection: Connection, shop_domain: str, bootstrap_domain: str) -> tuple[StoreId, bool]:
    """The shop's store and whether it is new. The caller has proof of the shop.

    A lone store without a shop takes it (with `bootstrap_domain`: that shop only); else one is made, named after it.
    """
    known = await connection.fetchval("SELECT id FROM stores WHERE shop_domain = $1", shop_domain)
    if known is not None:
        return StoreId(known), False
    adopted = await connection.fetchval(_ADOPT, shop_domain, bootstrap_domain)
    if adopted is not None:
        return StoreId(adopted), False
    name = shop_domain.removesuffix(".myshopify.com")
    return StoreId(await connection.fetchval(_MAKE, new_id(), name, shop_domain, datetime.now(UTC))), True


async def claim_domain(connection: Connection, store_id: StoreId, shop_domain: str) -> bool:
    """Ties the shop to this store. False where the shop is another store's, or the store another shop's."""
    done = await connection.execute(
        "UPDATE stores SET shop_domain = $1 WHERE id = $2 AND (shop_domain IS NULL OR shop_domain = $1)"
        " AND NOT EXISTS (SELECT FROM stores AS s WHERE s.shop_domain = $1 AND s.id <> $2)",
        shop_domain,
        store_id,
    )
    return str(done).endswith(" 1")
