"""Throws away what vendors said long ago, and the log of calls to them; the counts by day stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.vendor_answers import delete_old_answers
from shopwarden.store.vendor_calls import delete_old_calls

ANSWERS_FOR = timedelta(days=400)
"""After the last time it was asked. Answers kept for ever are about orders, and those are long judged."""
CALLS_FOR = timedelta(days=90)
DAY = 86_400.0


async def throw_away_answers(tools: VendorTools) -> None:
    await delete_old_answers(tools.database, datetime.now(UTC) - ANSWERS_FOR)


async def throw_away_calls(tools: VendorTools) -> None:
    await delete_old_calls(tools.database, datetime.now(UTC) - CALLS_FOR)


PLANNED = (
    ("what vendors said long ago", DAY, throw_away_answers),
    ("log of calls to vendors", DAY, throw_away_calls),
)
