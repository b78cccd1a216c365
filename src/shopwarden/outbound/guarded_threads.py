"""Threads whose libraries open sockets themselves: none of them connects to an internal address unless that is allowed."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from shopwarden.domain.ip import is_public
from shopwarden.outbound.pinned import InternalAddressError

Result = TypeVar("Result")
_thread = threading.local()
_EVENTS = frozenset({"socket.connect", "socket.sendto"})
_is_watching = threading.Event()
_lock = threading.Lock()


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """CPython asks before every connection, with the address the name led to: no second look-up can lead elsewhere."""
    if event in _EVENTS and getattr(_thread, "is_guarded", False):
        address = arguments[1] if len(arguments) > 1 else None
        host = str(address[0]) if isinstance(address, tuple) and address else ""
        if not _is_outside(host):
            raise InternalAddressError(host[:100])


def _is_outside(host: str) -> bool:
    try:
        return is_public(host.partition("%")[0])
    except ValueError:
        return False


def _begin_watching() -> None:
    with _lock:
        if not _is_watching.is_set():
            sys.addaudithook(_watch)
            _is_watching.set()


def in_guarded_thread(work: Callable[[], Result], *, may_be_internal: bool) -> asyncio.Future[Result]:
    """Runs blocking work on a thread of its own, which does not keep the process from ending."""
    _begin_watching()
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        _thread.is_guarded = not may_be_internal
        try:
            result = work()
        except BaseException as error:
            _tell(loop, lambda error=error: None if future.done() else future.set_exception(error))  # type: ignore[misc]
        else:
            _tell(loop, lambda: None if future.done() else future.set_result(result))

    threading.Thread(target=run, name="guarded", daemon=True).start()
    return future


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        return
