"""Connects only to addresses that were looked up and checked for this very connection, so that no name can lead inside."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable

import httpcore
import httpx

from shopwarden.domain.ip import is_public

KEPT_OPEN_SECONDS = 4.0
"""Shorter than the five seconds many servers keep an idle connection: one closed in the moment it is used looks like a
call that may have been served."""
MOST_CONNECTIONS = 200
SocketOptions = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class InternalAddressError(Exception):
    """A name leads to an address that is not of the public Internet. The text holds the host alone."""


async def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host in the resolver's order; OSError where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up once for each connection, refuses it if any address is internal, and connects to what it checked.

    The name still is what TLS checks the certificate against: that happens above this.
    """

    def __init__(
        self, allow: Callable[[str], bool], resolver: Callable[[str, int], Awaitable[list[str]]] | None = None
    ) -> None:
        self._allow = allow
        self._resolve = resolver or resolve
        self._below = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        until = time.monotonic() + (timeout or 60.0)
        addresses = await self._checked(host, port, timeout)
        for place, address in enumerate(addresses):
            # What is left, shared among the addresses not tried yet: a dead first one must not take all of it.
            left = max(0.05, (until - time.monotonic()) / (len(addresses) - place))
            try:
                return await self._below.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError("the name has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise InternalAddressError("a socket file is not a place to ask")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int, patience: float | None) -> list[str]:
        try:
            async with asyncio.timeout(patience):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("looking the name up took too long") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name is not known") from None
        if not self._allow(host.lower()) and not all(is_public(address) for address in addresses):
            raise InternalAddressError(host)
        return addresses


class PinnedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a PinnedNetwork."""

    def __init__(self, network: PinnedNetwork) -> None:
        super().__init__(trust_env=False)
        # httpx has no parameter for it; everything else of its transport stays.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS // 4,
            keepalive_expiry=KEPT_OPEN_SECONDS,
            network_backend=network,
        )
