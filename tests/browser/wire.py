"""A wire between browser and product: keeps every byte sent there, and can be cut, slowed or made to answer 500."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

State = Literal["open", "cut", "error", "slow"]
SLOW_SECONDS = 1.5
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
CORS = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "*")]


class Sent:
    """One request as it left the browser."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def everything(self) -> str:
        heads = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.method} {self.path}\n{heads}\n\n{self.body.decode('utf-8', 'replace')}"


class Wire:
    """`url` is what the browser is told; `sent` what it sent, in order; `cookies_set` what came back to be kept;
    `adds` headers that a proxy on the way adds."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.state: State = "open"
        self.adds: dict[str, str] = {}
        self.sent: list[Sent] = []
        self.cookies_set: list[str] = []
        self.url = ""

    def posts(self) -> list[Sent]:
        return [each for each in self.sent if each.method == "POST"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wire: Wire

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.wire.sent.append(Sent(self.command, self.path, dict(self.headers.items()), body))
        if self.wire.state == "cut":
            self.close_connection = True
            return
        if self.wire.state == "error":
            self._answer(500, b"broken", [*CORS, ("Content-Type", "text/plain")])
            return
        if self.wire.state == "slow":
            time.sleep(SLOW_SECONDS)
        self._forward(body)

    def _forward(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(str(self.wire.target.hostname), self.wire.target.port or 80, timeout=10)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        headers |= self.wire.adds
        try:
            upstream.request(self.command, self.path, body or None, headers)
            reply = upstream.getresponse()
            answer = reply.read()
        except OSError:
            self.close_connection = True
            return
        finally:
            upstream.close()
        kept = [(name, value) for name, value in reply.getheaders() if name.lower() not in HOP_BY_HOP | {"content-length"}]
        self.wire.cookies_set += [value for name, value in kept if name.lower() == "set-cookie"]
        self._answer(reply.status, answer, kept)

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_OPTIONS = do_HEAD = _pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


@contextmanager
def wire_to(target: str) -> Iterator[Wire]:
    wire = Wire(target)
    server = _Server(("127.0.0.1", 0), type("WireHandler", (Handler,), {"wire": wire}))
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
