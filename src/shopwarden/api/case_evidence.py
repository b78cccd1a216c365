"""All that speaks in a case, in one answer: verdict, journey, linked accounts, places, vendors, history, labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import replace

from shopwarden.api.auth import Caller, requires
from shopwarden.api.case_answer import CaseShown, shown_case
from shopwarden.api.journeys import journey_of
from shopwarden.api.named_store import named_store
from shopwarden.api.verdict_answer import FullVerdict, full_answer
from shopwarden.domain.answers import Answer, VendorFacts
from shopwarden.domain.case import ReviewCase
from shopwarden.domain.facts import Facts, PlaceFacts
from shopwarden.domain.ids import StoreId
from shopwarden.domain.journey import Journey
from shopwarden.domain.masking import mask_email
from shopwarden.steps.decide_case import no_such_case
from shopwarden.store.case_evidence import (
    EarlierOrder,
    LabelShown,
    LinkedAccount,
    SeenPlace,
    earlier_orders,
    labels_about,
    latest_order_of,
    linked_accounts,
    places_of,
)
from shopwarden.store.cases import find_case
from shopwarden.store.database import Connection, Database
from shopwarden.store.verdicts import ScorePoint, StoredVerdict, find_verdict, score_history
from shopwarden.vendors.offline.countries import countries

SESSIONS, EVENTS = 3, 100


class MapPoint(msgspec.Struct, frozen=True, kw_only=True):
    """`is_exact` false: the middle of the country, where nothing nearer is known or may be seen."""

    what: Literal["ip", "billing", "shipping", "card", "seen_before"]
    latitude: float
    longitude: float
    is_exact: bool
    country: str | None
    city: str | None
    last_seen: datetime | None = None


class VendorSaid(msgspec.Struct, frozen=True, kw_only=True):
    """One look-up of a connected vendor: what it answered and how old that was at the verdict and is now, in seconds; or why
    it gave nothing."""

    lookup: str
    answered_at: datetime | None = None
    age_at_verdict: float | None = None
    age_now: float | None = None
    answer: Answer | None = None
    missing: str | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """`verdict` is the one the case shows, null once its facts were erased; `receipt` is where it can be replayed.
    `journey`: the newest three sessions of the visitor behind the order."""

    case: CaseShown
    verdict: FullVerdict | None
    receipt: str | None
    scores: list[ScorePoint]
    journey: Journey | None
    linked: list[LinkedAccount]
    places: list[MapPoint]
    vendors: list[VendorSaid]
    orders: list[EarlierOrder]
    labels: list[LabelShown]


@get(
    "/api/stores/{storeId:str}/cases/{case_id:uuid}/evidence",
    guards=[requires("decisions:read")],
    tags=["review"],
    summary="The evidence of a case",
    operation_id="getCaseEvidence",
)
async def evidence(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    storeId: FromPath[str],
    case_id: FromPath[UUID],
) -> Evidence:
    """Everything an analyst looks at before deciding. Personal data is masked without `pii:read`."""
    store_id, may_see = (await named_store(database, caller, storeId)).id, caller.may("pii:read")
    async with database.pool.acquire() as connection:
        case = await find_case(connection, store_id, case_id)
        if case is None:
            raise no_such_case()
        stored = await find_verdict(connection, store_id, case.verdict_id) if case.verdict_id is not None else None
        visitor = stored.visitor_id if stored is not None else None
        how = (SESSIONS, EVENTS, state.ip_lookup)
        return Evidence(
            case=await shown_case(connection, store_id, case, may_see=may_see),
            verdict=full_answer(stored, may_see=may_see) if stored is not None else None,
            receipt=f"/api/verdicts/{stored.id}/receipt" if stored is not None else None,
            scores=await score_history(connection, store_id, case.subject, case.subject_id, 20),
            journey=None if visitor is None else await journey_of(connection, store_id, visitor, how, may_see=may_see),
            linked=await _linked(connection, store_id, case, may_see=may_see),
            places=await _places(connection, store_id, case, stored, may_see=may_see),
            vendors=list(vendors_said(stored, datetime.now(UTC), may_see=may_see)),
            orders=await _orders(connection, store_id, case),
            labels=await labels_about(connection, store_id, case.customer_id, case.order_external_id),
        )


async def _linked(connection: Connection, store_id: StoreId, case: ReviewCase, *, may_see: bool) -> list[LinkedAccount]:
    """Of a customer, by their latest order."""
    order_id = case.subject_id if case.subject == "order" else await latest_order_of(connection, store_id, case.subject_id)
    found = await linked_accounts(connection, store_id, order_id) if order_id is not None else []
    return found if may_see else [replace(one, email=mask_email(one.email)) for one in found]


async def _orders(connection: Connection, store_id: StoreId, case: ReviewCase) -> list[EarlierOrder]:
    if case.customer_id is None:
        return []
    return await earlier_orders(connection, store_id, case.customer_id, case.subject_id)


async def _places(
    connection: Connection, store_id: StoreId, case: ReviewCase, stored: StoredVerdict | None, *, may_see: bool
) -> list[MapPoint]:
    seen = await places_of(connection, store_id, case.customer_id) if case.customer_id is not None else []
    now = list(points_of(stored.facts, may_see=may_see)) if stored is not None else []
    return now + [point for one in seen if (point := _seen(one, may_see=may_see)) is not None]


def points_of(facts: Facts, *, may_see: bool) -> Iterator[MapPoint]:
    """Where the order came from, where it goes, and where its card is from."""
    ip, order = facts.ip, facts.order
    if ip is not None:
        where = (ip.latitude, ip.longitude) if may_see else (None, None)
        yield from _point("ip", where, ip.country, ip.city)
    if order is not None:
        yield from _postal("billing", order.billing)
        yield from _postal("shipping", order.shipping)
        yield from _point("card", (None, None), order.card_country, None)


def _postal(what: Literal["billing", "shipping"], place: PlaceFacts | None) -> Iterator[MapPoint]:
    if place is not None:
        yield from _point(what, (None, None), place.country, place.city)


def _point(
    what: Literal["ip", "billing", "shipping", "card", "seen_before"],
    where: tuple[float | None, float | None],
    country: str | None,
    city: str | None,
    last_seen: datetime | None = None,
) -> Iterator[MapPoint]:
    latitude, longitude = where
    middle = countries().get(country or "")
    if latitude is not None and longitude is not None:
        yield MapPoint(
            what=what, latitude=latitude, longitude=longitude, is_exact=True, country=country, city=city, last_seen=last_seen
        )
    elif middle is not None:
        yield MapPoint(
            what=what, latitude=middle.latitude, longitude=middle.longitude, is_exact=False, country=country, city=city,
            last_seen=last_seen,
        )  # fmt: skip


def _seen(one: SeenPlace, *, may_see: bool) -> MapPoint | None:
    where = (one.latitude, one.longitude) if may_see else (None, None)
    return next(_point("seen_before", where, one.country, one.city, one.last_seen), None)


def vendors_said(stored: StoredVerdict | None, now: datetime, *, may_see: bool) -> Iterator[VendorSaid]:
    shown = full_answer(stored, may_see=may_see).facts.vendor if stored is not None else None
    if stored is None or shown is None:
        return
    for lookup, answer in _answers(shown):
        at = shown.answered_at.get(lookup)
        yield VendorSaid(
            lookup=lookup,
            answered_at=at,
            age_at_verdict=None if at is None else max(0.0, (stored.created_at - at).total_seconds()),
            age_now=None if at is None else max(0.0, (now - at).total_seconds()),
            answer=answer,
        )
    for lookup, why in shown.missing.items():
        yield VendorSaid(lookup=lookup, missing=why.sentence)


def _answers(vendor: VendorFacts) -> Iterator[tuple[str, Answer]]:
    yield from vendor.risk.items()
    yield from vendor.ip.items()
    yield from vendor.email.items()
    yield from vendor.phone.items()


HANDLERS = [evidence]
