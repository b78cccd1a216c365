"""What the live stream of alerts tells: read from the database, written as JSON."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from shopwarden.domain.alert import Alert
from shopwarden.domain.ids import StoreId
from shopwarden.live.alert_hub import AlertHub, AlertNews, AlertState
from shopwarden.store.alert_bell import listen
from shopwarden.store.alert_reads import AlertFilter, OpenCounts, changed_since, list_alerts, open_counts
from shopwarden.store.database import Database

MOST_IN_SNAPSHOT = 100
MOST_MISSED = 500


class AlertsLive(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a `snapshot`: the latest alerts that are not resolved, and how many nobody has acknowledged."""

    at: datetime
    open: OpenCounts
    alerts: list[Alert]


async def load(database: Database, store_id: UUID, since: datetime | None) -> AlertNews:
    """`since` None: what is not resolved, the latest hundred."""
    store = StoreId(store_id)
    async with database.pool.acquire() as connection:
        counts = msgspec.json.encode(await open_counts(connection, store))
        if since is None:
            wanted = AlertFilter(states=("open", "acknowledged"))
            alerts = await list_alerts(connection, store, wanted, MOST_IN_SNAPSHOT)
        else:
            alerts = await changed_since(connection, store, since, MOST_MISSED)
    states = [AlertState(each.id, each.changed_at, msgspec.json.encode(each)) for each in alerts]
    return AlertNews(states, counts, is_whole=len(states) < MOST_MISSED)


def open_alert_hub(database: Database) -> AlertHub:
    """One for each process that serves HTTP. Close it when done."""
    return AlertHub(partial(load, database), partial(listen, database))
