"""The limit of the HTTP side: a handler that does nothing, served exactly as `shopwarden serve` serves the product."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from granian.constants import Interfaces, Loops
from granian.server import Server

from shopwarden.embedded.process import end_with_parent

BODY = b'{"success":true}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def nothing(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Reads the whole body, answers 200, keeps nothing."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def application() -> object:
    end_with_parent(signal.SIGKILL)
    return nothing


if __name__ == "__main__":
    # The same options as in shopwarden/commands/serve.py, or the comparison says nothing.
    Server(
        "bench.nothing:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        workers=1,
        loop=Loops.uvloop,
        factory=True,
        backlog=4096,
        log_level="warning",
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve()
