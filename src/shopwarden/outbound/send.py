"""Sends one request to an allowed host within a deadline, and never to an internal address unless that is allowed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx
import structlog

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.domain.ip import is_public
from shopwarden.errors import RetryError, StopError

_log = structlog.get_logger(__name__)
LARGEST_REPLY = 8 * 1024 * 1024


class Sender:
    """`hosts` are the only ones ever asked; `internal_hosts` may have an internal address. Close it when done."""

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        deadline: float = 5.0,
        internal_hosts: Iterable[str] = (),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._deadline = deadline
        self._internal_hosts = frozenset(host.lower() for host in internal_hosts)
        # No proxies or credentials of the machine's environment, and no redirects: they would leave the allowed host.
        self._client = httpx.AsyncClient(timeout=deadline, trust_env=False, follow_redirects=False, transport=transport)

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, ask: Ask) -> Reply:
        """The reply, whatever its status. RetryError if none came in time, StopError if the address is not allowed."""
        host = _host_of(ask)
        if host not in self._hosts:
            raise StopError(f"{ask.name}: the host {host!r} is not one that may be asked")
        try:
            async with asyncio.timeout(self._deadline):
                if host not in self._internal_hosts:
                    await _refuse_internal(ask.name, host)
                return await self._exchange(ask)
        except (TimeoutError, httpx.HTTPError, OSError) as error:
            _log.warning("no_reply", name=ask.name, host=host, error=type(error).__name__)
            raise RetryError(f"{ask.name} did not answer", after=5) from None

    async def _exchange(self, ask: Ask) -> Reply:
        async with self._client.stream(ask.method, ask.url, headers=dict(ask.headers), content=ask.body) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_REPLY:
                    raise StopError(f"{ask.name} answers with more than {LARGEST_REPLY} bytes")
            return Reply(response.status_code, dict(response.headers), bytes(body))


def _host_of(ask: Ask) -> str:
    try:
        parts = urlsplit(ask.url)
    except ValueError:
        raise StopError(f"{ask.name}: this is not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StopError(f"{ask.name}: the address must start with https:// or http://")
    return parts.hostname.lower()


async def _refuse_internal(name: str, host: str) -> None:
    """A name that leads to a private address would let whoever controls the name reach this network."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    if any(not is_public(str(entry[4][0])) for entry in found):
        raise StopError(f"{name}: {host} is an internal address; allow internal ones in the settings if it is meant")
