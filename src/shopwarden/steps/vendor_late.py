"""An answer that came after its deadline: the customer is enriched once more, which asks nobody again and judges anew."""

from __future__ import annotations

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.steps.vendor_tools import OnLate
from shopwarden.store.database import Database
from shopwarden.store.outbox import put


def judge_again(database: Database) -> OnLate:
    """Puts the job. Each late answer has its own: one that is running already may have read before this answer came."""

    async def came_late(store_id: StoreId, customer_id: CustomerId | None, lookup: str) -> None:
        if customer_id is None:
            return
        payload: dict[str, object] = {"customer_id": str(customer_id), "cause": "late"}
        async with database.transaction() as connection:
            await put(
                connection, store_id, CUSTOMER_ENRICHMENT, f"customer:{customer_id}", f"late:{lookup}:{new_id()}", payload
            )

    return came_late
