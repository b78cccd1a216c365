"""Reads a long file from an allowed host as it comes, from any place in it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

import httpx

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ip import is_public
from shopwarden.errors import StopError

SILENCE_SECONDS = 30.0


async def read_from(
    url: str, *, hosts: Sequence[str], offset: int = 0, may_be_internal: bool = False
) -> AsyncIterator[bytes]:
    """Chunks from byte `offset` on. StopError for an address that may not be asked; VendorFault: unavailable (go on later
    from where it ended), auth (the address has expired), contract_changed (nothing is there)."""
    await _check(url, hosts, may_be_internal)
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    try:
        async with (
            httpx.AsyncClient(timeout=SILENCE_SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity", **headers}) as response,
        ):
            if response.status_code == 416:
                return  # nothing beyond: it was read to its end before
            _check_status(response.status_code)
            skip = offset if response.status_code == 200 else 0
            async for chunk in response.aiter_bytes():
                if skip < len(chunk):
                    yield chunk[skip:]
                skip = max(skip - len(chunk), 0)
    except (httpx.HTTPError, OSError, TimeoutError) as error:
        raise VendorFault("unavailable", f"the file broke off: {type(error).__name__}") from None


def _check_status(status: int) -> None:
    if status in (401, 403):
        raise VendorFault("auth", "the address of the file has expired")
    if status == 429 or status >= 500:
        raise VendorFault("unavailable", f"the file's host answered {status}")
    if status not in (200, 206):
        raise VendorFault("contract_changed", f"the file's host answered {status}")


async def _check(url: str, hosts: Sequence[str], may_be_internal: bool) -> None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise StopError("this is no address of a file") from None
    if host not in hosts or parts.scheme not in (("https", "http") if may_be_internal else ("https",)):
        raise StopError(f"the file lies at {host!r}, which may not be asked")
    if may_be_internal:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise VendorFault("unavailable", f"{host} is not found") from None
    if any(not is_public(str(entry[4][0])) for entry in found):
        raise StopError(f"{host} is an internal address")
