"""A long file is read from any place in it, from allowed hosts alone, and where it breaks off is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shopwarden.contracts.vendor import VendorFault
from shopwarden.errors import StopError
from shopwarden.outbound.download import read_from

FILE = b"".join(b'{"line":%d}\n' % number for number in range(20_000))
Serve = Callable[[str], Awaitable[str]]


def answer(kind: str, start: int) -> bytes:
    """What a host of files says to a request from byte `start` on."""
    refusal = {"expired": "403 Forbidden", "gone": "404 Not Found", "down": "503 Unavailable", "away": "302 Found"}.get(kind)
    if refusal is not None:
        return f"HTTP/1.1 {refusal}\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n".encode()
    if start >= len(FILE):
        return b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n"
    part = FILE if kind == "whole" else FILE[start:]
    head = (
        f"HTTP/1.1 {'206 Partial Content' if start and kind != 'whole' else '200 OK'}\r\nContent-Length: {len(part)}\r\n\r\n"
    )
    return head.encode() + (part[: len(part) // 2] if kind == "cut" else part)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def start(kind: str) -> str:
        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            start = int(asked.split("range: bytes=")[1].split("-")[0]) if "range:" in asked else 0
            writer.write(answer(kind, start))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bulk/1.jsonl"

    yield start
    for server in servers:
        server.close()


async def read_into(taken: bytearray, url: str) -> None:
    async for part in read_from(url, hosts=["127.0.0.1"], may_be_internal=True):
        taken += part


async def read(url: str, offset: int = 0) -> bytes:
    return b"".join([part async for part in read_from(url, hosts=["127.0.0.1"], offset=offset, may_be_internal=True)])


@pytest.mark.parametrize("kind", ["ranges", "whole"])
@pytest.mark.parametrize("offset", [0, 1, 70_000, len(FILE) - 1])
async def test_it_is_read_from_any_place(serve: Serve, kind: str, offset: int) -> None:
    assert await read(await serve(kind), offset) == FILE[offset:]


async def test_beyond_its_end_there_is_nothing(serve: Serve) -> None:
    assert await read(await serve("ranges"), len(FILE)) == b""


async def test_what_broke_off_can_be_gone_on_with(serve: Serve) -> None:
    taken = bytearray()
    url = await serve("cut")
    with pytest.raises(VendorFault) as told:
        await read_into(taken, url)
    assert told.value.kind == "unavailable"
    assert bytes(taken) + await read(await serve("ranges"), len(taken)) == FILE


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("expired", "auth"), ("gone", "contract_changed"), ("down", "unavailable"), ("away", "contract_changed")],
)
async def test_each_refusal_has_its_kind(serve: Serve, kind: str, fault: str) -> None:
    with pytest.raises(VendorFault) as told:
        await read(await serve(kind))
    assert told.value.kind == fault


@pytest.mark.parametrize("url", ["https://evil.example/x", "ftp://127.0.0.1/x", "http://[", "", "http://127.0.0.1/x"])
async def test_no_other_place_is_asked(url: str) -> None:
    with pytest.raises(StopError):
        async for _ in read_from(url, hosts=["storage.example", "127.0.0.1"]):
            pass


async def test_an_allowed_name_that_leads_inside_is_refused() -> None:
    with pytest.raises(StopError, match="internal"):
        async for _ in read_from("https://localhost/x", hosts=["localhost"]):
            pass
