"""One exchange over HTTP: what was sent, what came back, or what went wrong, with nothing of either told further."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

import httpx

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import FaultKind, VendorFault
from shopwarden.outbound.pinned import InternalAddressError

LARGEST_REPLY = 8 * 1024 * 1024
_LEFT_HERE = ("http11.send_request_headers.started", "http2.send_request_headers.started")


class CallFault(VendorFault):
    """A fault of the way there or back. `was_sent` false: the other side can't have acted on it, nor charged for it."""

    def __init__(self, kind: FaultKind, message: str, after: float | None = None, *, was_sent: bool = False) -> None:
        super().__init__(kind, message, after)
        self.was_sent = was_sent


Trouble = Literal["unreachable", "internal", "timeout", "broken", "too_large", "unsendable"]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why no reply came. Made of our own words only: what libraries raise holds addresses and headers."""

    trouble: Trouble
    was_sent: bool

    def fault(self, name: str) -> CallFault:
        kind, text = _FAULTS[self.trouble]
        return CallFault(kind, f"{name} {text}", was_sent=self.was_sent)


_FAULTS: dict[Trouble, tuple[FaultKind, str]] = {
    "unreachable": ("unavailable", "can't be reached"),
    "internal": ("unavailable", "leads to an internal address, whose host SHOPWARDEN_ALLOW_INTERNAL_HOSTS does not name"),
    "timeout": ("timeout", "did not answer in time"),
    "broken": ("unavailable", "broke the connection off"),
    "too_large": ("contract_changed", f"answers with more than {LARGEST_REPLY} bytes"),
    "unsendable": ("invalid_input", "can't be asked: a header or the address holds characters that can't be sent"),
}


async def exchange(transport: httpx.AsyncBaseTransport, ask: Ask, connect: float, total: float) -> Reply | Failed:
    """`total` seconds for everything, `connect` of it for the connection. Raises nothing of the library's.

    The transport is used without a client around it: a client keeps cookies from one account to the next, follows
    redirects and writes addresses into its log.
    """
    left = _Left(traced=isinstance(transport, httpx.AsyncHTTPTransport))
    try:
        request = _request(ask, connect, total, left)
    except (ValueError, TypeError, httpx.InvalidURL):
        return Failed("unsendable", was_sent=False)
    try:
        async with asyncio.timeout(total):
            return await _received(transport, request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Failed("unreachable", was_sent=False)
    except InternalAddressError:
        return Failed("internal", was_sent=False)
    except (TimeoutError, httpx.TimeoutException):
        return Failed("timeout" if left.was_sent else "unreachable", left.was_sent)
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol):
        return Failed("unsendable", was_sent=False)
    except (httpx.HTTPError, OSError):
        return Failed("broken", left.was_sent)
    except _TooLarge:
        return Failed("too_large", was_sent=True)


class _TooLarge(Exception):
    pass


class _Left:
    """Whether the request has begun to leave. Without a trace of it, it has to be taken for sent."""

    def __init__(self, traced: bool) -> None:
        self.was_sent = not traced

    async def hear(self, event: str, _: object) -> None:
        if event in _LEFT_HERE:
            self.was_sent = True


def _request(ask: Ask, connect: float, total: float, left: _Left) -> httpx.Request:
    timeouts = {"connect": min(connect, total), "read": total, "write": total, "pool": total}
    # Uncompressed: a small reply could unfold into a very large one.
    own = {"User-Agent": "shopwarden", "Accept-Encoding": "identity"}
    headers = httpx.Headers(own | dict(ask.headers))
    return httpx.Request(
        ask.method, ask.url, headers=headers, content=ask.body, extensions={"timeout": timeouts, "trace": left.hear}
    )


async def _received(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Reply:
    response = await transport.handle_async_request(request)
    try:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_REPLY:
                raise _TooLarge
        return Reply(response.status_code, dict(response.headers), bytes(body))
    finally:
        await response.aclose()


def milliseconds_since(begun: float) -> int:
    """From a monotonic time until now."""
    return round((time.monotonic() - begun) * 1000)
