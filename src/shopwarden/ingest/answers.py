"""Answers of the collect endpoints, made by hand: JSON, problem documents and what browsers ask before they send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from shopwarden.contracts.problem import PROBLEM_TYPE, FieldError, problem_body
from shopwarden.errors import RefuseError

Headers = Mapping[bytes, bytes]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Pairs = list[tuple[bytes, bytes]]

# Scripts may read how long they are to wait.
_OPEN: Pairs = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"retry-after"),
    (b"vary", b"origin"),
]


def cors_headers(headers: Headers) -> Pairs:
    """A write key is public and opens nothing, and a pixel's sandbox has the origin `null`: any origin may send events.

    Which origins a store listens to is checked with its key.
    """
    origin = headers.get(b"origin")
    return [] if origin is None else _OPEN


async def preflight(send: Send, headers: Headers, cors: Pairs) -> None:
    wanted = headers.get(b"access-control-request-headers", b"content-type, authorization")
    allowed = [
        (b"access-control-allow-methods", b"POST, OPTIONS"),
        (b"access-control-allow-headers", wanted),
        (b"access-control-max-age", b"86400"),
    ]
    await answer(send, 204, b"", [*cors, *allowed])


async def answer(send: Send, status: int, body: bytes, more: Pairs, kind: bytes = b"application/json") -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def problem(send: Send, refusal: RefuseError, more: Pairs) -> None:
    """An RFC 9457 problem document; `errors` names the path of each wrong field."""
    errors = tuple(FieldError(field=path, message=text) for path, text in refusal.fields.items())
    body = problem_body(refusal.status, refusal.detail, type=refusal.type, errors=errors)
    headers = [*more, *((name.lower().encode(), value.encode()) for name, value in refusal.headers.items())]
    await answer(send, refusal.status, body, headers, PROBLEM_TYPE.encode())
