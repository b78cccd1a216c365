"""Lets web pages of every origin call one kind of path, whatever other origins the operator allowed for the rest."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from litestar.types import HTTPScope, Message, Receive, Send

HTTPApp = Callable[[HTTPScope, Receive, Send], Awaitable[None]]

LIVE_PATH = re.compile(r"/api/stores/[^/]+/live/?")
_ALLOW = (b"access-control-allow-origin", b"*")
_EXPOSE = (b"access-control-expose-headers", b"Retry-After, X-Request-Id")
_PREFLIGHT = [
    _ALLOW,
    (b"access-control-allow-methods", b"GET, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Last-Event-ID, Cache-Control, Accept"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


async def answer_any_origin(app: HTTPApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """The app's answer, open to any origin. Keys travel in a header only, so there are no credentials to protect."""
    if scope["method"] == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return

    async def opened(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [pair for pair in message.get("headers", []) if not pair[0].lower().startswith(b"access-control-")]
            message["headers"] = [*others, _ALLOW, _EXPOSE]
        await send(message)

    await app(scope, receive, opened)
