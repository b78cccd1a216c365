"""Figures over all customers, and how the sources that tell of them are doing."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency

from shopwarden.api.auth import Caller, requires
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.metrics import CustomerMetrics, customer_metrics
from shopwarden.store.webhook_status import SourceStatus, webhook_status

METRICS_SECONDS = 30.0


class MetricsCache:
    """Each store's figures, at most 30 s old; while they are counted, all who ask wait for the same count."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[StoreId, tuple[float, CustomerMetrics]] = {}
        self._locks: dict[StoreId, asyncio.Lock] = {}

    async def get(self, store_id: StoreId) -> CustomerMetrics:
        async with self._locks.setdefault(store_id, asyncio.Lock()):
            kept = self._kept.get(store_id)
            if kept is None or kept[0] <= time.monotonic():
                told = await customer_metrics(self._database, store_id, datetime.now(UTC))
                kept = self._kept[store_id] = (time.monotonic() + METRICS_SECONDS, told)
            return kept[1]


@get(
    "/api/customers/metrics",
    guards=[requires("customers:read")],
    tags=["customers"],
    summary="Figures over all customers",
    operation_id="getCustomerMetrics",
)
async def metrics(caller: NamedDependency[Caller], state: State) -> CustomerMetrics:
    """At most 30 seconds old."""
    cache: MetricsCache = state.customer_metrics
    return await cache.get(caller.one_store())


@get(
    "/api/customers/webhooks/status",
    guards=[requires("customers:read")],
    tags=["webhooks"],
    summary="How each webhook source is doing",
    operation_id="getWebhookStatus",
)
async def webhooks(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> dict[str, SourceStatus]:
    """By source's name: `status` is `active`, `silent` (nothing for two days), `failing` (jobs dead or late, signatures
    wrong) or `never`; `last_received` is the last good delivery, `counts` are deliveries by outcome."""
    async with database.pool.acquire() as connection:
        told = await webhook_status(connection, caller.one_store(), known=("shopify",))
    return {source.source: source for source in told}


HANDLERS = [metrics, webhooks]
