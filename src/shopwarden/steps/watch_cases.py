"""Watches the review queues by the clock: cases past their due time raise an alert, which is over when none are left."""

from __future__ import annotations

from datetime import datetime

from shopwarden.domain.alert import Raising
from shopwarden.domain.ids import StoreId
from shopwarden.domain.thresholds import Thresholds
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.steps.watch_store import MINUTE, watch_all
from shopwarden.store.alert_changes import resolve_groups
from shopwarden.store.case_list import MOST_OVERDUE, CaseFilter, list_cases
from shopwarden.store.database import Connection

GROUP = "case_overdue"


async def watch_cases(connection: Connection, store_id: StoreId, _: Thresholds, at: datetime) -> list[Raising]:
    """One alert for the queue, counted by case: each case counts once for each time it was due."""
    late = await list_cases(connection, store_id, CaseFilter(overdue_at=at), ("due", MOST_OVERDUE))
    if not late:
        await resolve_groups(connection, store_id, [GROUP], at)
    return [
        Raising(
            kind="case_overdue",
            severity="critical" if case.urgency else "warning",
            group_key=GROUP,
            cause=f"case_overdue:{case.id}:{case.due_at}",
            title="Cases of the review queue are past their due time",
            body=f"The first was due at {late[0].due_at:%Y-%m-%d %H:%M} UTC.",
            subject="store",
            facts={"case_id": str(case.id), "expected_loss": str(case.expected_loss), "overdue": len(late)},
            at=at,
        )
        for case in late
    ]


async def watch_minute(tools: VendorTools) -> int:
    return await watch_all(tools.database, watch_cases)


PLANNED = (("due times of cases", MINUTE, watch_minute),)
