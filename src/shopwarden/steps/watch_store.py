"""Watches every store by the clock: card testing, waves of bots, busy sources, missing webhooks, failing vendors, drift."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from shopwarden.domain.alert import Raising
from shopwarden.domain.ids import StoreId
from shopwarden.domain.patterns import AUTOMATED_BROWSER, NO_INPUT, RAPID_NAVIGATION
from shopwarden.domain.thresholds import Thresholds, thresholds_of
from shopwarden.domain.waves import (
    LASTING_FAULTS,
    SILENT_AT_LEAST,
    bot_wave,
    card_testing,
    score_drift,
    velocity,
    vendor_outage,
    webhook_silence,
)
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store import watching
from shopwarden.store.alert_changes import resolve_groups
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.database import Connection, Database
from shopwarden.store.stores import list_stores

MACHINE_PATTERNS = (AUTOMATED_BROWSER, NO_INPUT, RAPID_NAVIGATION)
MINUTE, HOUR = 60.0, 3600.0

Watch = Callable[[Connection, StoreId, Thresholds, datetime], Awaitable[list[Raising]]]

log = structlog.get_logger(__name__)


async def watch_traffic(connection: Connection, store_id: StoreId, wanted: Thresholds, at: datetime) -> list[Raising]:
    """Card testing, waves of bots, and sources that order too much."""
    busy = await watching.read_busy_sources(
        connection, store_id, at, wanted.customers_of_one_source_1_hour, wanted.orders_of_one_source_1_hour
    )
    found = [
        card_testing(await watching.read_refusals(connection, store_id, at), wanted, at),
        bot_wave(await watching.read_visits(connection, store_id, at, MACHINE_PATTERNS), wanted, at),
        *(velocity(source, wanted, at) for source in busy),
    ]
    return [one for one in found if one is not None]


async def watch_supply(connection: Connection, store_id: StoreId, wanted: Thresholds, at: datetime) -> list[Raising]:
    """Webhooks that do not come any more, and vendors that do not answer. Those that are back are settled."""
    await resolve_groups(connection, store_id, await watching.read_over(connection, store_id, at), at)
    silences = await watching.read_silences(connection, store_id, at, SILENT_AT_LEAST)
    troubles = await watching.read_vendor_troubles(connection, store_id, at, LASTING_FAULTS)
    found = [webhook_silence(one, wanted, at) for one in silences]
    return [one for one in found if one is not None] + [vendor_outage(one, at) for one in troubles]


async def watch_scores(connection: Connection, store_id: StoreId, wanted: Thresholds, at: datetime) -> list[Raising]:
    drift = score_drift(await watching.read_scores(connection, store_id, at), wanted, at)
    return [] if drift is None else [drift]


async def watch_all(database: Database, watch: Watch, now: datetime | None = None) -> int:
    """Every installed store by itself; answers how many alerts were raised or added to. A store that can't be watched right
    now is looked at again the next time, and holds up no other."""
    at = now or datetime.now(UTC)
    raised = 0
    for store in await list_stores(database):
        if store.uninstalled_at is not None:
            continue
        try:
            async with database.transaction() as connection:
                raisings = await watch(connection, store.id, thresholds_of(store.settings), at)
                raised += len(await raise_alerts(connection, store.id, raisings))
        except Exception as problem:
            log.warning("store not watched", store_id=str(store.id), error=type(problem).__name__)
    return raised


async def watch_minute(tools: VendorTools) -> int:
    return await watch_all(tools.database, watch_traffic)


async def watch_minute_of_supply(tools: VendorTools) -> int:
    return await watch_all(tools.database, watch_supply)


async def watch_hour(tools: VendorTools) -> int:
    return await watch_all(tools.database, watch_scores)


PLANNED = (
    ("waves of traffic", MINUTE, watch_minute),
    ("silence of webhooks and vendors", MINUTE, watch_minute_of_supply),
    ("drift of scores", HOUR, watch_hour),
)
