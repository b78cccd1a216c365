"""The limits of the HTTP side: handlers that do nothing, served exactly as `shopwarden serve` serves the product.

One lies in the web framework, as the API's handlers do; one below it, as the collect path does.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from granian.constants import Interfaces, Loops
from granian.server import Server
from litestar import Litestar, Request, post
from litestar.datastructures import State

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


@post("/{path:path}", status_code=200)
async def nothing_in_framework(request: Request[object, object, State]) -> dict[str, bool]:
    """Reads the whole body, answers 200, keeps nothing; by the framework's own means."""
    await request.body()
    return {"success": True}


def below() -> object:
    end_with_parent(signal.SIGKILL)
    return nothing


def within() -> object:
    end_with_parent(signal.SIGKILL)
    return Litestar([nothing_in_framework], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    # The same options as in shopwarden/commands/serve.py, or the comparison says nothing.
    Server(
        f"bench.nothing:{sys.argv[2]}",
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
