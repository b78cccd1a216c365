"""A person wants a customer enriched now: everybody is asked anew, and what came of each question is told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shopwarden.domain.answers import Answer
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.steps.enrich import ask_about, write_down
from shopwarden.steps.vendor_columns import fraud_checks
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.steps.vendor_view import Asking, View
from shopwarden.store.database import Database

SECONDS = 10.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one look-up. `outcome`: answered, missed (the vendor knows nobody) or unanswered, then `why` says why.
    `said`: score, opinion or verdict; `fields`: names of everything it told. Values are in the customer's profile."""

    lookup: str
    vendor: str
    outcome: Literal["answered", "missed", "unanswered"]
    at: datetime | None = None
    made_up: bool = False
    why: str | None = None
    said: dict[str, object] = {}
    fields: list[str] = []


async def enrich_now(
    tools: VendorTools, database: Database, store_id: StoreId, customer_id: CustomerId
) -> list[Outcome] | None:
    """The outcome of every question that could be put, after ten seconds at most. None: no vendor is connected."""
    asking = Asking(seconds=SECONDS, force=True, everything=True)
    async with database.pool.acquire() as connection:
        judged = await ask_about(tools, connection, store_id, (customer_id, None), asking)
    if judged is None or judged.view is None:
        return None
    async with database.transaction() as connection:
        await write_down(connection, store_id, customer_id, judged)
    vendor = judged.facts.vendor
    checks = fraud_checks(vendor, judged.view.settled.answers) if vendor is not None else {}
    return [_outcome(judged.view, each.key, each.title, checks.get(each.key)) for each in judged.view.opened]


def _outcome(view: View, key: str, title: str, check: object) -> Outcome:
    known, missing = view.settled.answers.get(key), view.settled.missing.get(key)
    if known is None:
        why = missing.sentence if missing is not None else f"{title} has not been asked."
        return Outcome(lookup=key, vendor=title, outcome="unanswered", why=why)
    checked = check if isinstance(check, dict) else {}
    return Outcome(
        lookup=key,
        vendor=title,
        outcome="answered" if known.answers else "missed",
        at=known.at,
        made_up=known.made_up,
        why=missing.sentence if missing is not None else None,
        said={name: value for name, value in checked.items() if name in ("score", "opinion", "verdict")},
        fields=sorted({name for answer in known.answers for name in _fields(answer)}),
    )


def _fields(answer: Answer) -> list[str]:
    return [name for name in answer.__struct_fields__ if getattr(answer, name) not in (None, (), {})]
