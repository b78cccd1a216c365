"""What there is to read at Klaviyo, and what becomes of a page of it: profiles, events, metrics, lists and segments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Account
from shopwarden.domain.ids import StoreId
from shopwarden.steps import klaviyo_engagement
from shopwarden.steps.klaviyo_people import forgotten_profiles, predict, take_in
from shopwarden.store.database import Connection
from shopwarden.store.identifiers import lock_people
from shopwarden.store.klaviyo import ConsentRow, put_audiences, put_consents
from shopwarden.vendors import klaviyo_api as api
from shopwarden.vendors.fields import Fields
from shopwarden.vendors.klaviyo_people import Profile, moment_of, read_event, read_profile

BEGINNING = timedelta(days=365)
"""Events older than this are not read; profiles are, all of them."""
EVER = datetime(2012, 1, 1, tzinfo=UTC)

Keep = Callable[[Connection, StoreId, api.Page], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class Stream:
    """`ask`: (account, since, cursor of the page) -> request. `keep` writes a page and answers the newest time in it.
    `first`: where the first reading begins."""

    name: str
    ask: Callable[[Account, datetime, str | None], Ask]
    keep: Keep
    first: Callable[[], datetime] = lambda: EVER


async def _keep_profiles(connection: Connection, store_id: StoreId, page: api.Page) -> datetime | None:
    found = [profile for item in page.items if (profile := read_profile(item)) is not None]
    await lock_people(connection, store_id)
    gone = await forgotten_profiles(connection, store_id, {each.id: _names(each) for each in found})
    profiles = [each for each in found if each.id not in gone]
    customers = set(await take_in(connection, store_id, [each.observation for each in profiles]))
    await put_consents(connection, store_id, [row for each in profiles for row in consent_rows(each)])
    await predict(connection, store_id, customers)
    await klaviyo_engagement.rescore(connection, store_id, customers)
    return max((each.updated for each in found), default=None)


def _names(profile: Profile) -> list[str]:
    return [text for text in (profile.observation.email, profile.observation.phone) if isinstance(text, str)]


def consent_rows(profile: Profile) -> list[ConsentRow]:
    return [
        ConsentRow(profile_id=profile.id, updated_at=profile.updated, **msgspec.structs.asdict(each))
        for each in profile.consents
    ]


async def _keep_events(connection: Connection, store_id: StoreId, page: api.Page) -> datetime | None:
    metrics, emails = _included(page, "metric", "name"), _included(page, "profile", "email")
    events = [found for item in page.items if (found := read_event(item, metrics, emails)) is not None]
    await klaviyo_engagement.keep(connection, store_id, events)
    times = (moment_of(Fields(item).inside("attributes").text("datetime")) for item in page.items)
    return max((at for at in times if at is not None), default=None)


def _included(page: api.Page, kind: str, name: str) -> dict[str, str]:
    """Id -> that attribute, of everything of a kind that came with the page."""
    found = (Fields(item) for item in page.included if item.get("type") == kind)
    named = ((each.text("id", 100), each.inside("attributes").text(name, 320)) for each in found)
    return {identity: value for identity, value in named if identity is not None and value is not None}


def _keep_audience(kind: str) -> Keep:
    async def keep(connection: Connection, store_id: StoreId, page: api.Page) -> datetime | None:
        rows = []
        for item in map(Fields, page.items):
            told, identity = item.inside("attributes"), item.text("id", 100)
            if identity is not None:
                rows.append((identity, told.text("name", 200) or "", moment_of(told.text("created"))))
        await put_audiences(connection, store_id, kind, rows)
        return None

    return keep


STREAMS: Mapping[str, Stream] = {
    stream.name: stream
    for stream in (
        Stream("profiles", api.ask_profiles, _keep_profiles),
        Stream("events", api.ask_events, _keep_events, first=lambda: datetime.now(UTC) - BEGINNING),
        Stream("metrics", lambda account, _, cursor: api.ask_metrics(account, cursor), _keep_audience("metric")),
        Stream("lists", lambda account, _, cursor: api.ask_lists(account, cursor), _keep_audience("list")),
        Stream("segments", lambda account, _, cursor: api.ask_segments(account, cursor), _keep_audience("segment")),
    )
}
