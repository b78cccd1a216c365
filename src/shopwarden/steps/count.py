"""A view by somebody who did not agree to be recognised: what may be kept of it, and its counting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.page_kind import NAMES, letter_of
from shopwarden.domain.traffic_source import host_of, source_of
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.faults import translated
from shopwarden.store.page_counts import Counted, add_views
from shopwarden.vendors.offline.ip import IpLookup
from shopwarden.vendors.offline.user_agent import read_user_agent

LARGEST_VIEW = 4 * 1024
MOST_SOURCES = 300
"""Different sources told apart in a store and a day: beyond them a made-up flood would fill the table."""
OTHER = "other"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._ -]{0,39}")
_MOST_DIGITS = 4


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The body of the call. `referrer` is a host, `source` the campaign's; both are "" where there is none."""

    writeKey: str
    path: str = ""
    referrer: str = ""
    source: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the request itself tells; used for the country and the kind of device, and then dropped."""

    at: float
    ip: str | None
    user_agent: str | None
    origin: str | None


_decoder = msgspec.json.Decoder(View)


def read_view(body: bytes) -> View:
    """RefuseError naming the field that can't be read."""
    if len(body) > LARGEST_VIEW:
        raise RefuseError(f"a view may have {LARGEST_VIEW} bytes at most", status=413, type="too-large")
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as problem:
        field = str(problem).rpartition("$.")[2].rstrip("`") if "$." in str(problem) else "body"
        raise RefuseError(
            f"this is not a view: {str(problem)[:200]}", type="invalid-message", fields={field: str(problem)[:200]}
        ) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise RefuseError(f"the body is not a JSON object: {str(problem)[:200]}", type="invalid-json") from None


def counted(store_id: StoreId, view: View, seen: Seen, lookup: IpLookup) -> Counted:
    """What is kept: kinds and names only, never the address, the page or the browser itself."""
    referrer = view.referrer if "//" in view.referrer else f"https://{view.referrer}"
    source = source_of(view.source, referrer[:500], host_of(seen.origin or ""))
    facts = lookup.lookup(seen.ip) if seen.ip else None
    return Counted(
        store_id=store_id,
        day=datetime.fromtimestamp(seen.at, UTC).date(),
        page_kind=NAMES[letter_of("page_view", view.path[:500])],
        source=source if is_plain(source) else OTHER,
        country_code=(facts.country if facts is not None else None) or "",
        device_kind=read_user_agent(seen.user_agent).kind or "",
    )


def is_plain(source: str) -> bool:
    """Whether a source is a name and not something that could point at a person: an address, a number, a token."""
    return bool(_PLAIN.fullmatch(source)) and sum(letter.isdigit() for letter in source) <= _MOST_DIGITS


async def add(database: Database, views: Mapping[Counted, int]) -> None:
    """Adds the views in one statement. RetryError: nothing was counted, the same call may succeed later."""
    with translated():
        async with database.transaction() as connection:
            await add_views(connection, views)
