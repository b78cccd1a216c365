"""What every API request passes before and after the framework: request id, clean input, security headers, access log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

import structlog
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from shopwarden.contracts.problem import PROBLEM_TYPE, problem_body
from shopwarden.domain.ids import new_id

_log = structlog.get_logger("shopwarden.access")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
)
Observer = Callable[[HTTPScope, int, float], None]


class Edge:
    """Wraps an ASGI app. Personal data never reaches the log: it names the route's template, never the query."""

    def __init__(self, app: ASGIApp, observe: Observer) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = _request_id(scope)
        # The framework keeps this very dictionary as the request's state.
        scope.setdefault("state", {})["request_id"] = request_id
        status, begun = 500, 0.0

        async def answer(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun = time.perf_counter()
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_headers_for(scope, request_id)]
            await send(message)

        try:
            wrong = unreadable_input(scope)
            if wrong is None:
                await self._app(scope, receive, answer)
            else:
                await _refuse(answer, 400, wrong, request_id)
        finally:
            # A feed lasts as long as somebody looks at it: what counts is how soon it began.
            ended = (scope["state"].get("is_feed") and begun) or time.perf_counter()
            seconds = ended - started
            self._observe(scope, status, seconds)
            _log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=scope.get("path_template", "unmatched"),
                status=status,
                ms=round(seconds * 1000, 1),
            )


def unreadable_input(scope: HTTPScope) -> str | None:
    """Why this path or query can't be taken at all; None for what can. Every string behind this point is clean."""
    for name, raw in (("path", scope.get("raw_path") or scope["path"].encode()), ("query", scope["query_string"])):
        plain = unquote_to_bytes(raw.replace(b"+", b" "))
        if b"\x00" in plain:
            return f"The {name} contains a NUL character."
        try:
            plain.decode()
        except UnicodeDecodeError:
            return f"The {name} is not valid UTF-8."
    return None


def _request_id(scope: HTTPScope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode()
    return str(new_id())


def _headers_for(scope: HTTPScope, request_id: str) -> list[tuple[bytes, bytes]]:
    is_page = not scope["path"].startswith("/api/") or scope["path"].startswith("/api/docs")
    headers = [(b"x-request-id", request_id.encode()), *_SECURITY, _PAGE_POLICY if is_page else _API_POLICY]
    if not is_page:
        headers.append((b"cache-control", b"no-store"))
    rate = scope["state"].get("rate")
    if rate is not None:
        # Retry-After comes with the refusal itself.
        told = {name: value for name, value in rate.headers().items() if name != "Retry-After"}
        headers += [(name.lower().encode(), value.encode()) for name, value in told.items()]
    return headers


async def _refuse(send: Send, status: int, detail: str, request_id: str) -> None:
    body = problem_body(status, detail, request_id=request_id)
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
