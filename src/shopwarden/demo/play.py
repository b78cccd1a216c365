"""Plays a day against a server: history at once, then the day at its speed, then waits until every order has its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

import msgspec

from shopwarden.demo.actions import Action, Day
from shopwarden.demo.post import Door

CHUNK = 150
"""Actions sent together at full speed: tracker messages of the chunk first, its webhooks after them."""
TICK = 0.5
"""Seconds between two looks at the clock when the day is played at a speed."""
PAGE = "200"
SETTLED_LOOKS = 3
LOOK_EVERY = 2.0
Progress = Callable[[str, int, int], None]
"""Called with what is going on, how many are done, of how many."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says of one order."""

    external_id: str
    score: int | None
    advice: str | None
    joined_by: str | None
    reasons: tuple[str, ...]


async def play(door: Door, day: Day, speed: float, stop: asyncio.Event, progress: Progress) -> int:
    """Sends until all is sent or `stop` is set; answers how many actions went out.

    `speed` 0: as fast as the server takes it; else how many times faster than life.
    """
    past = [action for action in day.actions if action.at < day.started]
    present = day.actions[len(past) :]
    sent = 0
    for chunk in _chunks(past):
        if stop.is_set():
            return sent
        sent += await _send(door, chunk)
        progress("History", sent, len(day.actions))
    if past and not stop.is_set():
        # Only when the past is understood does the present know its regulars.
        await verdicts(door, {one.order_id for one in day.truths if one.is_history}, stop, progress)
    began = monotonic()
    position = 0
    while position < len(present) and not stop.is_set():
        end = position + CHUNK
        if speed > 0:
            now = day.started.timestamp() + (monotonic() - began) * speed
            end = next((i for i in range(position, len(present)) if present[i].at.timestamp() > now), len(present))
        sent += await _send(door, present[position:end])
        position = min(end, len(present))
        progress("The day", sent, len(day.actions))
        if speed > 0:
            await _pause(stop, TICK)
    return sent


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _chunks(actions: Sequence[Action]) -> Iterator[Sequence[Action]]:
    for start in range(0, len(actions), CHUNK):
        yield actions[start : start + CHUNK]


async def _send(door: Door, actions: Sequence[Action]) -> int:
    await door.tracker([action for action in actions if action.channel == "tracker"])
    await door.webhooks([action for action in actions if action.channel == "webhook"])
    return len(actions)


async def verdicts(
    door: Door, wanted: set[str], stop: asyncio.Event, progress: Progress, patience: float = 600.0
) -> dict[str, Seen]:
    """The server's orders by the shop's id, once all wanted ones are judged and no score changes any more.

    Ends early when `stop` is set, and after `patience` seconds without any change.
    """
    before: dict[str, Seen] = {}
    calm, changed = 0, monotonic()
    while True:
        now = await orders(door)
        judged = sum(1 for order_id in wanted if order_id in now and now[order_id].score is not None)
        progress("Verdicts", judged, len(wanted))
        if now != before:
            changed = monotonic()
        calm = calm + 1 if now == before and judged == len(wanted) else 0
        if calm >= SETTLED_LOOKS or stop.is_set() or monotonic() - changed > patience:
            return now
        before = now
        await _pause(stop, LOOK_EVERY)


async def orders(door: Door) -> dict[str, Seen]:
    """Every order the server knows, by the shop's id."""
    found: dict[str, Seen] = {}
    query = {"limit": PAGE}
    while True:
        page = msgspec.convert(await door.get("/api/orders", query), _Page)
        for row in page.orders:
            found[row.external_id] = Seen(
                external_id=row.external_id,
                score=row.score,
                advice=row.advice,
                joined_by=row.joined_by,
                reasons=tuple(reason.sentence for reason in row.reasons),
            )
        if page.next_cursor is None:
            return found
        query = {"limit": PAGE, "cursor": page.next_cursor}


class _Reason(msgspec.Struct):
    sentence: str
    points: float


class _Row(msgspec.Struct):
    external_id: str
    score: int | None
    advice: str | None
    joined_by: str | None
    reasons: list[_Reason]


class _Page(msgspec.Struct):
    orders: list[_Row]
    next_cursor: str | None
