"""Hears that the server is told to stop: it waits for open answers to end, and a feed has no end of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_stop(tell: Callable[[], None]) -> Iterator[None]:
    """Inside, `tell` is called on the running event loop at SIGTERM and SIGINT, before what the server itself does then.

    Without effect outside of the main thread, where signals don't arrive.
    """
    loop = asyncio.get_running_loop()
    before: dict[signal.Signals, Any] = {}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        earlier = before.get(signal.Signals(number))
        if callable(earlier):
            earlier(number, frame)

    try:
        for number in _SIGNALS:
            # The loop hears of signals by another way, which this leaves as it is; some servers set handlers like this one.
            if callable(signal.getsignal(number)):
                before[number] = signal.signal(number, heard)
    except ValueError:
        pass
    try:
        yield
    finally:
        for number, earlier in before.items():
            if signal.getsignal(number) is heard:
                signal.signal(number, earlier)
