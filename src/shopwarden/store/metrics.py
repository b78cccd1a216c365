"""Figures over all customers of a store, and over the queues of the installation."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database


async def queue_depths(database: Database) -> list[tuple[str, str, int]]:
    """(queue, state, jobs) of what the outbox still holds; sent jobs are not counted."""
    rows = await database.pool.fetch(
        "SELECT queue, state, count(*) AS jobs FROM outbox WHERE state <> 'sent' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [(row["queue"], row["state"], row["jobs"]) for row in rows]


class CustomerMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Deleted customers count nowhere.

    active_customers, vip_customers: by status. average_lifetime_value: of the stated value, else of what was spent; null
    without customers. high_risk_count: level high or critical. churn_rate, 0..1: of those who ever bought, who has not for
    180 days; null without buyers. growth_rate: new customers of the last 30 days against the 30 before, as a share of these
    (0.25 = a quarter more); null if there were none before.
    """

    total_customers: int
    active_customers: int
    vip_customers: int
    average_lifetime_value: Decimal | None
    high_risk_count: int
    churn_rate: float | None
    growth_rate: float | None
    new_customers_30d: int


_METRICS = """
SELECT count(*) AS total, count(*) FILTER (WHERE status = 'active') AS active, count(*) FILTER (WHERE status = 'vip') AS vip,
    round(avg(coalesce(lifetime_value, total_spent)), 2) AS lifetime_value,
    count(*) FILTER (WHERE risk_level IN ('high', 'critical')) AS high_risk,
    count(*) FILTER (WHERE last_purchase_at IS NOT NULL) AS buyers,
    count(*) FILTER (WHERE last_purchase_at < $2::timestamptz - interval '180 days') AS churned,
    count(*) FILTER (WHERE created_at > $2::timestamptz - interval '30 days') AS new,
    count(*) FILTER (WHERE created_at > $2::timestamptz - interval '60 days'
        AND created_at <= $2::timestamptz - interval '30 days') AS new_before
FROM customers WHERE store_id = $1 AND deleted_at IS NULL
"""


async def customer_metrics(database: Database, store_id: StoreId, now: datetime) -> CustomerMetrics:
    row = await database.pool.fetchrow(_METRICS, store_id, now)
    return CustomerMetrics(
        total_customers=row["total"],
        active_customers=row["active"],
        vip_customers=row["vip"],
        average_lifetime_value=row["lifetime_value"],
        high_risk_count=row["high_risk"],
        churn_rate=round(row["churned"] / row["buyers"], 4) if row["buyers"] else None,
        growth_rate=round((row["new"] - row["new_before"]) / row["new_before"], 4) if row["new_before"] else None,
        new_customers_30d=row["new"],
    )
