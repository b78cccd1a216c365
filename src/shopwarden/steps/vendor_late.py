"""An answer that came after its deadline: the customer's columns are filled from it and their risk is judged again."""

from __future__ import annotations

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.steps.vendor_tools import OnLate
from shopwarden.store.database import Database
from shopwarden.store.outbox import put


def judge_again(database: Database) -> OnLate:
    """Puts the two jobs. Answers that come late together are taken together: a job that still waits is not put twice."""

    async def came_late(store_id: StoreId, customer_id: CustomerId | None, lookup: str) -> None:
        if customer_id is None:
            return
        subject, key = f"customer:{customer_id}", f"late:{new_id()}"
        judgement: dict[str, object] = {
            "subject": "customer",
            "id": str(customer_id),
            "event_key": f"{key}:{subject}",
            "trigger": "recalculation",
        }
        async with database.transaction() as connection:
            enrichment: dict[str, object] = {"customer_id": str(customer_id), "cause": "late"}
            await put(connection, store_id, CUSTOMER_ENRICHMENT, subject, "late", enrichment)
            await put(connection, store_id, RISK_ANALYSIS, subject, "late", judgement)

    return came_late
