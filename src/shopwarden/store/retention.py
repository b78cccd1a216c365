"""What is thrown away when it is old: whole months of activities, message ids, raw webhook bodies, finished deliveries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shopwarden.store.database import Database
from shopwarden.store.migrate import drop_old_partitions, make_partitions

BATCH = 5_000
# Senders retry for hours, at most days: a message older than this is not sent again.
MESSAGE_IDS_FOR = timedelta(days=30)
BODIES_FOR = timedelta(days=30)

_MESSAGE_IDS = """
DELETE FROM message_ids WHERE (store_id, message_key) IN (
    SELECT store_id, message_key FROM message_ids WHERE received_at < $1 LIMIT $2)
"""
_BODIES = """
UPDATE inbox SET body = '' WHERE (store_id, id) IN (
    SELECT store_id, id FROM inbox WHERE octet_length(body) > 0 AND received_at < $1
    AND outcome IN ('processed', 'unsupported_topic') LIMIT $2)
"""
# Shopify repeats a delivery for two days; what a shop has kept in queues of its own may come weeks later.
FORGOTTEN_FOR = timedelta(days=90)
_FORGOTTEN = """
DELETE FROM forgotten WHERE (store_id, digest) IN (SELECT store_id, digest FROM forgotten WHERE at < $1 LIMIT $2)
"""
_DELIVERIES = """
DELETE FROM inbox WHERE (store_id, id) IN (
    SELECT inbox.store_id, inbox.id FROM stores JOIN inbox ON inbox.store_id = stores.id
    WHERE inbox.received_at < $1 AND NOT EXISTS (
        SELECT 1 FROM outbox WHERE outbox.store_id = inbox.store_id AND outbox.queue = 'webhook-processing'
        AND outbox.subject = inbox.id::text)
    LIMIT $2)
"""


async def make_months_ahead(database: Database) -> None:
    async with database.pool.acquire() as connection:
        await make_partitions(connection, datetime.now(UTC).date())


async def drop_old_months(database: Database, retention_days: int) -> list[str]:
    """Drops months of activities that ended more than `retention_days` ago; answers their names."""
    async with database.pool.acquire() as connection:
        return await drop_old_partitions(connection, datetime.now(UTC).date(), retention_days)


async def forget_message_ids(database: Database) -> int:
    """Deletes message ids that no sender will use again; answers how many."""
    return await _in_batches(database, _MESSAGE_IDS, datetime.now(UTC) - MESSAGE_IDS_FOR)


async def empty_old_bodies(database: Database) -> int:
    """Empties raw bodies that have done their work: they hold personal data. Failed and unreadable ones stay for replay."""
    return await _in_batches(database, _BODIES, datetime.now(UTC) - BODIES_FOR)


async def delete_old_deliveries(database: Database, retention_days: int) -> int:
    """Deletes deliveries older than `retention_days` that no job waits for; answers how many."""
    return await _in_batches(database, _DELIVERIES, datetime.now(UTC) - timedelta(days=retention_days))


async def forget_the_forgotten(database: Database) -> int:
    """Deletes digests of forgotten people once no delivery from before can come any more; answers how many."""
    return await _in_batches(database, _FORGOTTEN, datetime.now(UTC) - FORGOTTEN_FOR)


async def _in_batches(database: Database, statement: str, before: datetime) -> int:
    # Short transactions: one long one would keep every reader's old rows alive.
    total = 0
    while (count := _affected(await database.pool.execute(statement, before, BATCH))) > 0:
        total += count
    return total


def _affected(done: str) -> int:
    return int(done.split()[-1])
