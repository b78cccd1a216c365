"""A slow viewer costs flat memory, skips what is in between, and ends with the newest state of everybody."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.contracts.live import MOST_IN_SNAPSHOT, WINDOW_SECONDS
from shopwarden.live.frames import change_frame
from shopwarden.live.mailbox import MOST_WAITING, Mailbox, Parcel
from shopwarden.live.memory_streams import MemoryStreams
from shopwarden.live.present import Present
from shopwarden.live.states import State
from tests.live.feeding import Shop, hub_of, next_event, read_events, state


def parcel(number: int, states: list[State]) -> Parcel:
    return Parcel(str(number), states, change_frame(str(number), [one.body for one in states]))


@given(st.lists(st.one_of(st.none(), st.lists(st.sampled_from("abcde"), min_size=1, max_size=5, unique=True)), max_size=30))
def test_whenever_a_viewer_looks_it_ends_with_the_newest_of_all(happenings: list[list[str] | None]) -> None:
    """None: the viewer takes what waits. A list: these visitors change."""
    mailbox, seen, newest, last = Mailbox(), {}, {}, ""
    for number, visitors in enumerate([*happenings, None]):
        if visitors is not None:
            mailbox.put(parcel(number, [state(one, f"/{number}") for one in visitors]))
            newest |= dict.fromkeys(visitors, f"/{number}")
            last = str(number)
        elif last:
            frame = mailbox.take()
            assert frame is not None
            (event,) = read_events(frame)
            seen |= event.pages
            assert event.id == last
            assert seen == newest
            last = ""
    assert seen == newest


def test_one_that_waits_alone_is_handed_on_as_it_was_written() -> None:
    mailbox, written = Mailbox(), parcel(1, [state("a")])
    mailbox.put(written)
    assert mailbox.take() is written.frame


def test_a_stuck_viewer_holds_one_state_a_visitor_then_wants_a_snapshot() -> None:
    mailbox = Mailbox()
    for number in range(10_000):
        mailbox.put(parcel(number, [state(f"v{number % MOST_WAITING}", f"/{number}")]))
    (event,) = read_events(mailbox.take() or b"")
    assert len(event.pages) == MOST_WAITING
    assert event.pages["v0"] == f"/{10_000 - MOST_WAITING}"
    for number in range(MOST_WAITING + 2):
        mailbox.put(parcel(number, [state(f"w{number}")]))
    assert mailbox.take() is None


async def test_a_viewer_far_behind_gets_a_snapshot_of_now() -> None:
    streams, store = MemoryStreams(), uuid4()
    async with hub_of(Shop(), streams) as hub:
        slow, quick = await hub.join(store), await hub.join(store)
        for number in range(MOST_WAITING + 10):
            hub.hear({store: [state(f"v{number}")]})
        late = await next_event(slow)
        assert (late.name, late.data["total"], len(late.pages)) == ("snapshot", MOST_WAITING + 10, MOST_IN_SNAPSHOT)
        assert next(iter(late.pages)) == f"v{MOST_WAITING + 9}", "the newest first"
        assert quick is not None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 900)), max_size=40))
def test_who_is_present_is_who_was_seen_within_the_window(sightings: list[tuple[str, int]]) -> None:
    present = Present(0)
    newest: dict[str, int] = {}
    for visitor, at in sorted(sightings, key=lambda pair: pair[1]):
        assert present.take(state(visitor, f"/{at}", at))
        newest[visitor] = at
    end = max(newest.values(), default=0)
    present.forget(end)
    assert present.total == len([at for at in newest.values() if at >= end - WINDOW_SECONDS])
    assert len(present.latest()) == present.total


def test_memory_is_bounded_however_many_come() -> None:
    present = Present(0)
    for number in range(1_000):
        present.take(state(f"v{number}", "/", number))
        present.forget(number)
    assert present.total == WINDOW_SECONDS + 1
    assert len(present.latest()) == MOST_IN_SNAPSHOT


async def test_the_end_of_a_feed_is_told_even_to_one_that_waits() -> None:
    mailbox = Mailbox()
    waiting = asyncio.create_task(mailbox.wait(5))
    await asyncio.sleep(0)
    mailbox.close()
    assert await waiting
    assert mailbox.ended.is_set()
