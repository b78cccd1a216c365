"""Reads a long file from an allowed host as it comes, from any place in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

import httpx

from shopwarden.contracts.vendor import VendorFault
from shopwarden.errors import StopError
from shopwarden.outbound.pinned import InternalAddressError, PinnedNetwork, PinnedTransport

SILENCE_SECONDS = 30.0


async def read_from(
    url: str, *, hosts: Sequence[str], offset: int = 0, may_be_internal: bool = False
) -> AsyncIterator[bytes]:
    """Chunks from byte `offset` on. StopError for an address that may not be asked; VendorFault: unavailable (go on later
    from where it ended), auth (the address has expired), contract_changed (nothing is there)."""
    _check(url, hosts, may_be_internal)
    transport = PinnedTransport(PinnedNetwork(lambda _: may_be_internal))
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    try:
        async with (
            httpx.AsyncClient(timeout=SILENCE_SECONDS, transport=transport, follow_redirects=False) as client,
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
    except InternalAddressError:
        raise StopError("the file's host leads to an internal address") from None


def _check_status(status: int) -> None:
    if status in (401, 403):
        raise VendorFault("auth", "the address of the file has expired")
    if status == 429 or status >= 500:
        raise VendorFault("unavailable", f"the file's host answered {status}")
    if status not in (200, 206):
        raise VendorFault("contract_changed", f"the file's host answered {status}")


def _check(url: str, hosts: Sequence[str], may_be_internal: bool) -> None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise StopError("this is no address of a file") from None
    if host not in hosts or parts.scheme not in (("https", "http") if may_be_internal else ("https",)):
        raise StopError(f"the file lies at {host!r}, which may not be asked")
