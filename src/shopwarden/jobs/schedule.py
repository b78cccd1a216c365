"""Work by the clock: each schedule runs in one worker, whichever is the leader."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from shopwarden.jobs.error_text import error_text

TICK_SECONDS = 30.0

Lead = Callable[[], AbstractAsyncContextManager[Callable[[], Awaitable[None]] | None]]
"""Opens the leadership: None when another process has it, else a function that raises once it is lost."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`run` is called at the start and every `seconds` after; running it twice must change nothing. Its answer is logged."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[object]]


async def keep_schedules(schedules: Sequence[Schedule], lead: Lead, stop: asyncio.Event, tick: float = TICK_SECONDS) -> None:
    """Until `stop` is set: becomes the leader when nobody is, and runs what is due. Errors are logged and tried again."""
    while not stop.is_set():
        try:
            async with lead() as still_leading:
                if still_leading is not None:
                    await _run_due(schedules, still_leading, stop, tick)
        except Exception as problem:
            log.warning("schedules interrupted", error=error_text(problem))
        await _sleep(stop, tick)


async def _run_due(
    schedules: Sequence[Schedule], still_leading: Callable[[], Awaitable[None]], stop: asyncio.Event, tick: float
) -> None:
    clock = asyncio.get_running_loop().time
    due = {schedule.name: clock() for schedule in schedules}
    while not stop.is_set():
        for schedule in schedules:
            if due[schedule.name] <= clock() and not stop.is_set():
                await still_leading()
                due[schedule.name] = clock() + (schedule.seconds if await _run_one(schedule) else tick)
        await still_leading()
        await _sleep(stop, tick)


async def _run_one(schedule: Schedule) -> bool:
    try:
        result = await schedule.run()
    except Exception as problem:
        log.warning("schedule failed, will be tried again", schedule=schedule.name, error=error_text(problem))
        return False
    log.info("schedule done", schedule=schedule.name, result=result)
    return True


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
