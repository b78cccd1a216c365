"""A small HTTP server of the tests' own, whose every answer, delay and rudeness a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Heard:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Said:
    """`raw` goes out as it is; `reset` breaks the connection off instead of an answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    reset: bool = False


Behaviour = Callable[[Heard], Awaitable[Said]]


@dataclass
class LocalServer:
    """`heard`: every request that arrived whole."""

    behave: Behaviour
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    inside: int = 0
    most_inside: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (heard := await _read(reader)) is not None:
                self.heard.append(heard)
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
                try:
                    said = await self.behave(heard)
                finally:
                    self.inside -= 1
                if said.reset:
                    writer.transport.abort()
                    return
                writer.write(said.raw if said.raw is not None else _written(said))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Heard | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return Heard(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _written(said: Said) -> bytes:
    lines = [f"HTTP/1.1 {said.status} Said", f"Content-Length: {len(said.body)}"]
    lines += [f"{name}: {value}" for name, value in said.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + said.body


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[LocalServer]:
    local = LocalServer(behave)
    server = await asyncio.start_server(local._serve, "127.0.0.1", 0, limit=1 << 20)
    local.port = server.sockets[0].getsockname()[1]
    try:
        yield local
    finally:
        server.close()


def always(said: Said) -> Behaviour:
    async def behave(heard: Heard) -> Said:
        return said

    return behave


def in_turn(*turns: Said) -> Behaviour:
    """Each request the next one; the last one for all that follow."""
    left = list(turns)

    async def behave(heard: Heard) -> Said:
        return left.pop(0) if len(left) > 1 else left[0]

    return behave


async def hang(heard: Heard) -> Said:
    await asyncio.sleep(60)
    return Said()
