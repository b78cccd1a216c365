"""Raises the alerts of a visit that turned suspicious: the job that absorbing its events put."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shopwarden.contracts.job import Payload
from shopwarden.domain.alert import Raising
from shopwarden.domain.ids import StoreId
from shopwarden.domain.noticed import Noticed, behaviour_alerts, crowded_alerts, is_news
from shopwarden.domain.patterns import FAILED_PAYMENTS
from shopwarden.domain.thresholds import Thresholds, thresholds_of
from shopwarden.domain.waves import WINDOW, card_testing
from shopwarden.errors import SkipError
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.database import Connection
from shopwarden.store.watching import read_refusals, visitor_context

MOST_COUNTED = 1_000


async def run_noticed(connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Run twice it raises nothing twice: an alert's cause is the session and the pattern.

    Where more visitors than the store's threshold turned suspicious within ten minutes, those beyond are counted by one
    alert. Several refused cards are looked at as part of the whole store's at once.
    """
    said = _read(payload)
    context = await visitor_context(connection, store_id, said.visitor_id, said.at - WINDOW, MOST_COUNTED)
    if context is None:
        return
    noticed = Noticed(
        visitor_id=said.visitor_id, session_id=said.session_id, fresh=said.fresh, all=said.all, at=said.at,
        is_crawler=context.is_crawler, before_order=said.before_order,
    )  # fmt: skip
    wanted = thresholds_of(context.settings)
    if not is_news(noticed) or len(noticed.all) < wanted.patterns_of_a_visit:
        return
    crowded = context.lately >= wanted.visitors_10_minutes
    raisings = crowded_alerts(noticed) if crowded else behaviour_alerts(noticed)
    if FAILED_PAYMENTS in noticed.fresh:
        raisings += await _wave_of_refusals(connection, store_id, wanted)
    await raise_alerts(connection, store_id, raisings)


async def _wave_of_refusals(connection: Connection, store_id: StoreId, wanted: Thresholds) -> list[Raising]:
    now = datetime.now(UTC)
    wave = card_testing(await read_refusals(connection, store_id, now), wanted, now)
    return [] if wave is None else [wave]


def _read(payload: Payload) -> Noticed:
    try:
        return Noticed(
            visitor_id=UUID(str(payload["visitor"])),
            session_id=UUID(str(payload["session"])),
            fresh=_names(payload["noticed"]),
            all=_names(payload["all"]),
            at=min(datetime.fromisoformat(str(payload["at"])), datetime.now(UTC) + timedelta(minutes=1)),
            before_order=bool(payload.get("before_order", True)),
        )
    except (KeyError, ValueError, TypeError):
        raise SkipError("the job names no visit: its payload needs visitor, session, noticed, all and at") from None


def _names(said: object) -> Sequence[str]:
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise ValueError("not a list of names")
    return said
