"""What waits in the outbox: work that makes other work needless, and work that goes before other work."""

from __future__ import annotations

from shopwarden.contracts.job import RISK_ANALYSIS
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection

# Only what nobody has taken yet: it begins after this moment, and so sees all that this job would have seen.
_LATER = """
SELECT EXISTS (SELECT FROM outbox later WHERE later.store_id = $1 AND later.queue = $2 AND later.subject = $3
    AND later.state = 'pending' AND later.run_after <= now() AND later.payload ->> 'event_key' <> $4)
"""
_OTHERS = """
SELECT EXISTS (SELECT FROM outbox WHERE queue = $1 AND state = 'pending' AND run_after <= now() AND subject <> $2)
"""


async def is_judged_later(connection: Connection, store_id: StoreId, subject: str, event_key: str) -> bool:
    """Whether another judgement of the same subject waits to be taken: then one of the two is enough."""
    later: bool = await connection.fetchval(_LATER, store_id, RISK_ANALYSIS, subject, event_key)
    return later


async def others_wait(connection: Connection, queue: str, subject: str) -> bool:
    """Whether jobs of a queue are due that are not about `subject`, of whichever store: patient work lets them pass."""
    # across stores: the queue is one for all of them
    waiting: bool = await connection.fetchval(_OTHERS, queue, subject)
    return waiting


async def waiting_among(connection: Connection, store_id: StoreId, queue: str, subjects: list[str]) -> set[str]:
    """Those of the subjects that a job waits for, or is being done for; a dead one does not count."""
    rows = await connection.fetch(
        "SELECT DISTINCT subject FROM outbox WHERE store_id = $1 AND queue = $2 AND subject = ANY($3) AND state <> 'dead'",
        store_id, queue, subjects,
    )  # fmt: skip
    return {row["subject"] for row in rows}
