"""Promises of the group commit: answered after the commit, neighbours kept, floods told to wait, a stop loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, RetryError, SkipError
from shopwarden.ingest.group_commit import CAPACITY, MOST_IN_GROUP, GroupCommit
from shopwarden.sources.segment.messages import Tracked
from shopwarden.steps.absorb import Incoming

STORE = StoreId(uuid4())


def events(*names: str) -> list[Incoming]:
    return [(STORE, Tracked(key=uuid4(), at=0.0, activity=name, anonymous_id=name)) for name in names]


class Disk:
    """Stands where the database stands: refuses what is called poison, all or nothing, and can be away or slow."""

    def __init__(self, *, away: int = 0) -> None:
        self.stored: list[str] = []
        self.groups: list[int] = []
        self.away = away
        self.open = asyncio.Event()
        self.open.set()

    async def absorb(self, incoming: Sequence[Incoming]) -> int:
        await self.open.wait()
        if self.away:
            self.away -= 1
            raise RetryError("away")
        names = [event.activity for _, event in incoming]
        if "poison" in names:
            raise SkipError("poison")
        self.stored += names
        self.groups.append(len(names))
        return len(names)


async def test_requests_that_wait_for_the_disk_are_committed_together() -> None:
    disk = Disk()
    group = GroupCommit(disk.absorb)
    disk.open.clear()
    group.start()
    waiting = [asyncio.create_task(group.store(events(f"e{n}"))) for n in range(50)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    disk.open.set()
    assert await asyncio.gather(*waiting) == [[]] * 50
    assert sorted(disk.stored) == sorted(f"e{n}" for n in range(50))
    assert len(disk.groups) <= 3
    await group.stop()


async def test_a_bad_event_is_named_and_its_neighbours_are_stored() -> None:
    disk = Disk()
    group = GroupCommit(disk.absorb)
    group.start()
    answers = await asyncio.gather(
        group.store(events("a", "b")), group.store(events("c", "poison", "d", "e", "poison")), group.store(events("f"))
    )
    assert answers == [[], [1, 4], []]
    assert sorted(disk.stored) == list("abcdef")
    await group.stop()


async def test_a_database_that_is_away_for_a_moment_is_waited_for() -> None:
    disk = Disk(away=3)
    group = GroupCommit(disk.absorb)
    group.start()
    assert await group.store(events("a")) == []
    assert disk.stored == ["a"]
    await group.stop()


async def test_a_database_that_stays_away_is_told_and_nothing_counts_as_stored() -> None:
    disk = Disk(away=1000)
    group = GroupCommit(disk.absorb)
    group.start()
    with pytest.raises(RefuseError) as refusal:
        await group.store(events("a"))
    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (503, "2")
    assert disk.stored == []
    assert group.held == 0
    await group.stop()


async def test_a_flood_is_told_to_wait_and_what_was_accepted_is_stored() -> None:
    disk = Disk()
    group = GroupCommit(disk.absorb)
    disk.open.clear()
    group.start()
    accepted = [asyncio.create_task(group.store(events(*["x"] * MOST_IN_GROUP))) for _ in range(CAPACITY // MOST_IN_GROUP)]
    await asyncio.sleep(0.01)
    with pytest.raises(RefuseError) as refusal:
        await group.store(events("one more"))
    assert (refusal.value.status, refusal.value.type) == (503, "overloaded")
    disk.open.set()
    await asyncio.gather(*accepted)
    assert len(disk.stored) == CAPACITY
    await group.stop()


async def test_a_stop_writes_what_is_waiting() -> None:
    disk = Disk()
    group = GroupCommit(disk.absorb)
    disk.open.clear()
    group.start()
    waiting = asyncio.create_task(group.store(events("last")))
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(group.stop())
    await asyncio.sleep(0.01)
    disk.open.set()
    await stopping
    assert await waiting == []
    assert disk.stored == ["last"]
