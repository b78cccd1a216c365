"""Keeps what people do with mail and messages: as activities, as counts and as the customer's engagement score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import UNSET

from shopwarden.domain.engagement import Deed, engagement_of, engagement_score
from shopwarden.domain.events import version_of
from shopwarden.domain.ids import CustomerId, StoreId, stable_id
from shopwarden.domain.observation import CustomerObservation
from shopwarden.steps.klaviyo_people import forgotten_profiles, predict, take_in
from shopwarden.store.database import Connection, Database
from shopwarden.store.identifiers import lock_people
from shopwarden.store.klaviyo import (
    ConsentRow,
    DeedRow,
    add_engagement,
    engaged_after,
    engagement_of_customers,
    owners_of,
    put_consents,
    put_deeds,
    write_scores,
)
from shopwarden.vendors.klaviyo_people import Engaged

OLDEST, AHEAD = timedelta(days=365), timedelta(days=1)
AT_ONCE = 500
NOBODY = CustomerId(UUID(int=0))
_ACTIVITIES: dict[tuple[str, Deed], str] = {("email", "opened"): "email_open", ("email", "clicked"): "email_click"}
_CONSENT: dict[Deed, str] = {"subscribed": "subscribed", "unsubscribed": "unsubscribed"}


async def keep(connection: Connection, store_id: StoreId, happened: Sequence[Engaged]) -> int:
    """Each event counts once, however often and in whatever order it is told; answers how many were new.

    Runs in the caller's transaction, which alone changes the store's people until it ends. Events of more than a year ago
    or a day ahead, and those of people who were forgotten, are left out.
    """
    now = datetime.now(UTC)
    told = list({event.id: event for event in happened if now - OLDEST <= event.at <= now + AHEAD}.values())
    if not told:
        return 0
    await lock_people(connection, store_id)
    named = {event.profile_id: [event.email] if event.email else [] for event in told}
    gone = await forgotten_profiles(connection, store_id, named)
    told = [event for event in told if event.profile_id not in gone]
    owners = await _owners(connection, store_id, told)
    rows = [_row(event, owners.get(event.profile_id)) for event in told]
    new = await put_deeds(connection, store_id, rows)
    fresh = [event for event, row in zip(told, rows, strict=True) if row.id in new]
    by_profile: dict[tuple[str, str], list[tuple[Deed, datetime]]] = {}
    for event in fresh:
        by_profile.setdefault((event.profile_id, event.channel), []).append((event.deed, event.at))
    await add_engagement(connection, store_id, {key: engagement_of(deeds) for key, deeds in by_profile.items()})
    await put_consents(connection, store_id, [_consent(event) for event in fresh if event.deed in _CONSENT])
    await rescore(connection, store_id, {owners[event.profile_id] for event in fresh if event.profile_id in owners})
    return len(fresh)


async def rescore(connection: Connection, store_id: StoreId, customers: set[CustomerId]) -> None:
    """The engagement score of these customers from all their profiles."""
    now = datetime.now(UTC)
    found = await engagement_of_customers(connection, store_id, sorted(customers))
    scores = {one: engagement_score(channels["email"], now) for one, channels in found.items() if "email" in channels}
    await write_scores(connection, store_id, scores)


async def rescore_all(database: Database, store_id: StoreId) -> int:
    """Scores fade by the day, and profiles move with people who turn out to be one: all of them anew. Answers how many."""
    done, last = 0, NOBODY
    while True:
        async with database.transaction() as connection:
            await lock_people(connection, store_id)
            found = await engaged_after(connection, store_id, last, AT_ONCE)
            await rescore(connection, store_id, set(found))
            await predict(connection, store_id, found)
        done += len(found)
        if len(found) < AT_ONCE:
            return done
        last = found[-1]


async def _owners(connection: Connection, store_id: StoreId, told: Sequence[Engaged]) -> dict[str, CustomerId]:
    """A profile nobody has heard of yet becomes a customer; reading the profiles tells the rest later."""
    owners = await owners_of(connection, store_id, (event.profile_id for event in told))
    first: dict[str, Engaged] = {}
    for event in told:
        if event.profile_id not in owners:
            first.setdefault(event.profile_id, event)
    strangers = list(first.values())
    if strangers:
        found = await take_in(connection, store_id, [_stranger(event) for event in strangers])
        owners |= {event.profile_id: customer for event, customer in zip(strangers, found, strict=True)}
    return owners


def _stranger(event: Engaged) -> CustomerObservation:
    return CustomerObservation(
        version=version_of(event.at, event.at, event.id.encode()),
        at=event.at,
        source="klaviyo",
        klaviyo_id=event.profile_id,
        email=event.email or UNSET,
    )


def _row(event: Engaged, customer_id: CustomerId | None) -> DeedRow:
    data: dict[str, object] = {"channel": event.channel, "event_id": event.id, "profile_id": event.profile_id}
    if event.subject:
        data["subject"] = event.subject
    return DeedRow(
        id=stable_id("klaviyo", event.id),
        at=event.at,
        customer_id=customer_id,
        type=_ACTIVITIES.get((event.channel, event.deed), f"{event.channel}_{event.deed}"),
        data=data,
    )


def _consent(event: Engaged) -> ConsentRow:
    return ConsentRow(
        profile_id=event.profile_id,
        channel=event.channel,
        consent=_CONSENT[event.deed],
        at=event.at,
        method=None,
        can_receive=event.deed == "subscribed",
        suppressed_for=None,
        suppressed_at=None,
        updated_at=event.at,
    )
