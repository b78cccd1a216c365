"""By the clock: critical alerts nobody acknowledged are escalated, those that nothing is added to are over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.alert_changes import escalate_due, forget_old, resolve_stale, stores_with_alerts

EVERY_SECONDS, DAY_SECONDS = 30.0, 86_400.0
KEPT = timedelta(days=180)


async def sweep(tools: VendorTools, now: datetime | None = None) -> tuple[int, int]:
    """How many alerts were escalated, and how many are over."""
    at = now or datetime.now(UTC)
    escalated = over = 0
    for store_id, settings in await stores_with_alerts(tools.database):
        async with tools.database.transaction() as connection:
            escalated += len(await escalate_due(connection, store_id, settings, at))
            over += await resolve_stale(connection, store_id, settings, at)
    return escalated, over


async def forget(tools: VendorTools, now: datetime | None = None) -> None:
    await forget_old(tools.database, (now or datetime.now(UTC)) - KEPT)


PLANNED: tuple[tuple[str, float, Callable[[VendorTools], Awaitable[object]]], ...] = (
    ("alerts", EVERY_SECONDS, sweep),
    ("old alerts", DAY_SECONDS, forget),
)
