"""A small HTTP/1.1 server that, unlike proper ones, can also break off in the middle, as a failing vendor does."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import h11

_MOST = 24 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """As it came: `target` is path and query, still encoded; header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    scheme: str


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Request], Awaitable[Response | None]]
"""Answers a request; None closes the connection without a word."""


class Listening:
    """An open port with the conversations on it."""

    def __init__(self, handler: Handler, scheme: str) -> None:
        self._handler, self._scheme = handler, scheme
        self._talking: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._server = await asyncio.start_server(self._connected, host, port, ssl=tls, backlog=512)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    async def close(self) -> None:
        """Breaks off what is still being said."""
        if self._server:
            self._server.close()
        for task in tuple(self._talking):
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer))
        self._talking.add(task)
        task.add_done_callback(self._talking.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, h11.RemoteProtocolError, h11.LocalProtocolError, asyncio.CancelledError):
            await _converse(self._handler, self._scheme, reader, writer)
        writer.close()


async def listen(handler: Handler, host: str, port: int, tls: ssl.SSLContext | None = None) -> Listening:
    """Serves until it is closed. OSError when the port is taken; port 0 takes any that is free."""
    listening = Listening(handler, "https" if tls else "http")
    await listening.open(host, port, tls)
    return listening


async def _converse(handler: Handler, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_PIECE)
    while True:
        try:
            request = await _read(connection, scheme, reader, writer)
        except h11.RemoteProtocolError as problem:
            await _write(connection, writer, "GET", Response(problem.error_status_hint, {}, b"not HTTP"))
            return
        if request is None:
            return
        response = await handler(request)
        if response is None:
            return
        await _write(connection, writer, request.method, response)
        if connection.our_state is h11.MUST_CLOSE:
            return
        connection.start_next_cycle()


async def _read(
    connection: h11.Connection, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                writer.write(connection.send(go_on) or b"")
            connection.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _MOST:
                return None
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body), scheme)
        else:
            return None


async def _write(connection: h11.Connection, writer: asyncio.StreamWriter, method: str, response: Response) -> None:
    headers = [(name, value) for name, value in response.headers.items() if name.lower() != "content-length"]
    if response.status != HTTPStatus.NO_CONTENT:
        headers.append(("content-length", str(len(response.body))))
    out = connection.send(h11.Response(status_code=response.status, headers=headers)) or b""
    if method != "HEAD" and response.body and response.status != HTTPStatus.NO_CONTENT:
        out += connection.send(h11.Data(data=response.body)) or b""
    out += connection.send(h11.EndOfMessage()) or b""
    writer.write(out)
    await writer.drain()
