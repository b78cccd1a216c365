"""Rules of merging, over any visits and any order: a merge is what one browser would have given, a split undoes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError
from shopwarden.sources.segment.messages import Arrival, Tracked, read_message
from shopwarden.steps.absorb import absorb
from shopwarden.steps.merge_visitors import Wanted, merge_visitors, split_visitors
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from tests.ingest.sending import CHROME, IPHONE, LOOKUP
from tests.steps.visitor_rows import DAY, at, figures, picture, sessions

BROWSERS = ("a", "b", "c")
KINDS = ("Product Viewed", "Product Added", "Checkout Started", "Payment Failed", "Order Completed", "page")
ADDRESSES = ("81.2.69.142", "8.8.8.8")
GENERATED = settings(max_examples=25, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
                suppress_health_check=list(HealthCheck))  # fmt: skip


@dataclass(frozen=True)
class Sent:
    browser: str
    minute: int
    kind: str
    address: str
    agent: str
    campaign: str


sent = st.builds(
    Sent,
    browser=st.sampled_from(BROWSERS),
    minute=st.integers(0, 240),
    kind=st.sampled_from(KINDS),
    address=st.sampled_from(ADDRESSES),
    agent=st.sampled_from((CHROME, IPHONE)),
    campaign=st.sampled_from(("", "", "news")),
)
histories = st.lists(sent, min_size=3, max_size=12)


def event(number: int, one: Sent, browser: str) -> Tracked:
    """A message whose id and second follow from its number, so that two worlds can be sent the very same one."""
    body: dict[str, Any] = {
        "type": "page" if one.kind == "page" else "track",
        "messageId": f"m{number}",
        "anonymousId": browser,
        "timestamp": at(one.minute + number / 60),
        "context": {"ip": one.address, "userAgent": one.agent, "page": {"path": f"/p/{number}"}}
        | ({"campaign": {"source": one.campaign}} if one.campaign else {}),
        "properties": {"checkout_token": f"t{number % 3}", "total": "10.00"},
    }
    if one.kind != "page":
        body["event"] = one.kind
    arrival = Arrival(received=DAY.timestamp() + 86_400, ip="203.0.113.1", user_agent=None, from_browser=False)
    return read_message(msgspec.json.encode(body), None, arrival)


async def send(database: Database, store: StoreId, history: Sequence[tuple[int, Sent]], browser: str = "") -> None:
    """In groups of up to three, as they come."""
    for start in range(0, len(history), 3):
        group = [(store, event(number, one, browser or one.browser)) for number, one in history[start : start + 3]]
        await absorb(database, group, LOOKUP)


async def change(database: Database, store: StoreId, action: Any, into: str, other: str) -> None:
    found = dict(await database.pool.fetch("SELECT anonymous_id, id FROM visitors WHERE store_id = $1", store))
    wanted = Wanted(store_id=store, visitor_id=found[into], other_id=found[other], reason=None, key_id=UUID(int=1))
    await action(database, wanted, LOOKUP)


async def world(database: Database) -> StoreId:
    """An empty one."""
    tables = "visitors, sessions, customer_activities, message_ids, visitor_ips, visitor_changes, checkout_tokens, stores"
    await database.pool.execute(f"TRUNCATE {tables} CASCADE")
    return await create_store(database, name="World")


def examples(strategy: st.SearchStrategy[Any]) -> list[Any]:
    """The rules need a database, which is asked once the examples are there."""
    found: list[Any] = []

    @GENERATED
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


@st.composite
def stories(draw: Callable[..., Any]) -> tuple[list[tuple[int, Sent]], list[int]]:
    """Events in the order they arrive, every browser's first event early enough, and two moments between them."""
    events = draw(st.permutations(list(enumerate(draw(histories)))))
    first = [(100 + n, Sent(name, 90 + 7 * n, "page", ADDRESSES[0], CHROME, "")) for n, name in enumerate(BROWSERS)]
    moments = sorted(draw(st.lists(st.integers(0, len(events)), min_size=2, max_size=2)))
    return first + events, [3 + moment for moment in moments]


async def test_merged_visitors_are_what_one_visitor_would_be(database: Database) -> None:
    for (events, (one, two)), turned in examples(st.tuples(stories(), st.booleans())):
        store = await world(database)
        await send(database, store, events[:one])
        # Both orders, and a chain as well as a star.
        steps = [("b", "a"), ("c", "b")] if turned else [("c", "b"), ("c", "a")]
        await change(database, store, merge_visitors, *steps[0])
        await send(database, store, events[one:two])
        await change(database, store, merge_visitors, *steps[1])
        await send(database, store, events[two:])
        merged = await figures(database, "c"), await sessions(database, "c")
        store = await world(database)
        await send(database, store, sorted(events, key=lambda known: known[1].minute + known[0] / 60), "whole")
        assert merged == (await figures(database, "whole"), await sessions(database, "whole"))


async def test_merge_then_split_is_never_merged(database: Database) -> None:
    for events, (one, two) in examples(stories()):
        store = await world(database)
        await send(database, store, events)
        never = await nameless(database)
        store = await world(database)
        await send(database, store, events[:one])
        await change(database, store, merge_visitors, "a", "b")
        await change(database, store, merge_visitors, "a", "c")
        await send(database, store, events[one:two])
        await change(database, store, split_visitors, "a", "b")
        await send(database, store, events[two:])
        await change(database, store, split_visitors, "a", "c")
        assert await nameless(database) == never


async def nameless(database: Database) -> dict[str, Any]:
    found = await picture(database)
    for rows in found.values():
        for row in rows:
            del row["store_id"]
    return found


async def test_events_and_merges_at_the_same_time_end_the_same(database: Database) -> None:
    """Groups of all browsers on several connections, while others merge and split: nothing is lost, nothing hangs."""
    for events, _ in examples(stories())[:4]:
        store = await world(database)
        await send(database, store, events[:3])
        await asyncio.gather(
            groups(database, store, events[3::2]), groups(database, store, events[4::2]), change_about(database, store)
        )
        merged = await figures(database, "a"), await sessions(database, "a")
        store = await world(database)
        await send(database, store, sorted(events, key=lambda known: known[1].minute + known[0] / 60), "whole")
        assert merged == (await figures(database, "whole"), await sessions(database, "whole"))


async def groups(database: Database, store: StoreId, part: list[tuple[int, Sent]]) -> None:
    for start in range(0, len(part), 2):
        group = [(store, event(number, one, one.browser)) for number, one in part[start : start + 2]]
        await again(partial(absorb, database, group, LOOKUP))


async def change_about(database: Database, store: StoreId) -> None:
    for action in (merge_visitors, split_visitors, merge_visitors):
        await change(database, store, action, "a", "b")
    await change(database, store, merge_visitors, "a", "c")


async def again(work: Callable[[], Any]) -> None:
    """As the collect path does: what can't be stored now is tried again."""
    for _ in range(20):
        try:
            await work()
        except RetryError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("never stored")
