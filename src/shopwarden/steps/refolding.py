"""A visitor's whole history folded anew, after it was put together or taken apart by hand: read, fold, write."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.steps import rows, thinking
from shopwarden.steps.past import past_of
from shopwarden.store import collecting, merging, upserts
from shopwarden.store.collecting import KnownVisitor
from shopwarden.store.database import Connection
from shopwarden.store.merging import Browser, KnownDevice
from shopwarden.vendors.offline.ip import IpLookup
from shopwarden.vendors.offline.user_agent import read_user_agent

Stored = Mapping[str, object]
"""An activity as `collecting.history` answers it."""


class Side(NamedTuple):
    """A visitor as it will be: the row that counts, every row of it, and what they did."""

    whole: Browser
    rows: Sequence[Browser]
    history: list[Stored]


async def read(connection: Connection, store_id: StoreId, visitor_ids: Sequence[UUID], most: int) -> list[Stored]:
    """What these visitors did, at most `most` events of each."""
    found: list[Stored] = []
    for visitor_id in visitor_ids:
        found += await collecting.history(connection, store_id, visitor_id, most)
    return found


async def fold(history: Sequence[Stored], lookup: IpLookup) -> thinking.Outcome:
    """The same fold new events go through; beside the event loop, for thousands of events take a while."""
    return await asyncio.to_thread(lambda: thinking.start_again([past_of(row, lookup) for row in history], []))


async def write(connection: Connection, store_id: StoreId, side: Side, outcome: thinking.Outcome, lookup: IpLookup) -> None:
    """The visitor's row and sessions, and its activities into them. Sessions that vanished are left to the caller."""
    used = {row["device_id"] for row in side.history} - {None}
    devices = await merging.known_devices(connection, store_id, [one for one in used if isinstance(one, UUID)])
    figures = _figures(side, outcome) | _place(side, lookup) | _device(side, devices)
    await merging.write_whole(connection, store_id, side.whole.id, figures, outcome.state)
    known = KnownVisitor(
        store_id=store_id, id=side.whole.id, anonymous_id=side.whole.anonymous_id,
        customer_id=side.whole.customer_id, state=outcome.state,
    )  # fmt: skip
    visits = [rows.session_row(known, visit) for visit in outcome.visits.values()]
    await upserts.write_all(connection, {upserts.SESSIONS: visits})
    await collecting.file_again(connection, store_id, outcome.moved)


async def follow(connection: Connection, store_id: StoreId, outcome: thinking.Outcome) -> None:
    """What pointed at a session that vanished points at the one its first event is in now."""
    if outcome.gone:
        await collecting.replace_sessions(connection, store_id, outcome.gone)


def _figures(side: Side, outcome: thinking.Outcome) -> dict[str, object]:
    state = outcome.state
    first, last = min(row.first_seen for row in side.rows), max(row.last_seen for row in side.rows)
    return {
        "first_seen": state.first_at if state.events else first.timestamp(),
        "last_seen": state.last_at if state.events else last.timestamp(),
        "sessions": state.sessions,
        "page_views": state.page_views,
        "events": state.events,
        "session_seconds": state.seconds,
        "bounced_sessions": state.bounced,
        "converted_sessions": state.converted,
        "abandoned_carts": state.abandoned,
        "orders": state.orders,
        "revenue": f"{state.revenue:.2f}",
        "device_changes": state.device_changes,
        "location_changes": state.location_changes,
        "fastest_travel_kmh": state.fastest_kmh,
        "patterns": sorted(state.patterns),
    }


def _newest_first(history: Sequence[Stored]) -> list[Stored]:
    return sorted(history, key=lambda row: (row["created_at"], row["id"]), reverse=True)


def _place(side: Side, lookup: IpLookup) -> dict[str, object]:
    """Where the visitor was last, and whether an address of its hid where it was."""
    addresses = [row["ip_address"] for row in _newest_first(side.history) if isinstance(row["ip_address"], str)]
    facts = {address: lookup.lookup(address) for address in dict.fromkeys(addresses)}
    newest = facts[addresses[0]] if addresses else None
    return {
        "ip": newest.address if newest else None,
        "country_code": newest.country if newest else None,
        "region": newest.region if newest else None,
        "city": newest.city if newest else None,
        "vpn_detected": any(one.is_vpn or one.is_proxy or one.is_tor for one in facts.values()),
    }


def _device(side: Side, devices: Mapping[UUID, KnownDevice]) -> dict[str, object]:
    """What the visitor used last. A weak device's browser may be newer by now: its visitor's row knows."""
    used = [row["device_id"] for row in _newest_first(side.history)]
    newest = next((devices[one] for one in used if isinstance(one, UUID) and one in devices), None)
    told = [row for row in side.rows if newest is not None and row.device_id == newest.id and row.user_agent]
    latest = max(told, key=lambda row: row.last_seen, default=None)
    agent = latest.user_agent if latest is not None else newest.user_agent if newest is not None else None
    bots = [device for one in used if isinstance(one, UUID) and (device := devices.get(one)) and device.is_bot]
    return {
        "device_id": newest.id if newest else None,
        "device_fingerprint": newest.fingerprint if newest else None,
        "user_agent": agent,
        "is_bot": bool(bots),
        "bot_name": read_user_agent(bots[0].user_agent).bot_name if bots else None,
    }
