"""One sandbox for a whole test session, in a thread of its own; import the fixtures `running_sandbox` and `sandbox`."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp.connector
import httpx
import pytest

from shopwarden.sandbox.running import Running, start


@dataclass
class Sandbox:
    """url: plain HTTP, vendors under `/{name}`. tls_url: the same with TLS, trusted with `ca_file`."""

    running: Running
    ca_file: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.running.port}"

    @property
    def tls_url(self) -> str:
        return f"https://localhost:{self.running.tls_port}"

    def vendor(self, name: str) -> str:
        return f"{self.url}/{name}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request to `path`, which begins with `/{vendor}` or `/_sandbox`."""
        return httpx.request(method, f"{self.url}{path}", trust_env=False, **more)

    def ask_host(self, method: str, host: str, path: str, **more: Any) -> httpx.Response:
        """One request with TLS, as if to a vendor's real host."""
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        headers = {**more.pop("headers", {}), "host": host}
        return httpx.request(method, f"{self.tls_url}{path}", verify=trust, trust_env=False, headers=headers, **more)

    async def log(self, vendor: str = "*", path: str = "*") -> list[dict[str, Any]]:
        """Calls so far, oldest first."""
        found: list[dict[str, Any]] = (await self._ask("GET", "log", params={"vendor": vendor, "path": path}))["calls"]
        return found

    async def billed(self, vendor: str = "*") -> int:
        return int((await self._ask("GET", "log", params={"vendor": vendor}))["billed"])

    async def mode(self, vendor: str, kind: str, **more: object) -> None:
        """path, times, seconds as the control address has them."""
        await self._ask("PUT", "mode", json={"vendor": vendor, "kind": kind, **more})

    async def secret(self, vendor: str, secret: str) -> None:
        await self._ask("PUT", "secret", json={"vendor": vendor, "secret": secret})

    async def send(self, vendor: str, to: str, kind: str, **more: object) -> dict[str, Any]:
        """A signed webhook, sent now: `status`, `answer`, `headers`, `body`."""
        return await self._ask("POST", "send", json={"vendor": vendor, "to": to, "kind": kind, **more})

    async def reset(self, seed: str = "shopwarden") -> None:
        await self._ask("POST", "reset", json={"seed": seed})

    async def _ask(self, method: str, what: str, **more: Any) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(method, f"{self.url}/_sandbox/{what}", **more)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@cache
def _started() -> Sandbox:
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-sandbox-"))
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    running = asyncio.run_coroutine_threadsafe(start(tls_port=0, folder=folder), loop).result(30)

    def stop() -> None:
        asyncio.run_coroutine_threadsafe(running.close(), loop).result(10)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return Sandbox(running, folder / "ca.pem")


@pytest.fixture(scope="session")
def running_sandbox() -> Sandbox:
    """One for the whole process, in however many test files the fixture is named."""
    return _started()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The session's sandbox, with nothing in its log, no mode set and nothing remembered."""
    httpx.post(f"{running_sandbox.url}/_sandbox/reset", json={"seed": "shopwarden"}, trust_env=False).raise_for_status()
    return running_sandbox


@pytest.fixture
def vendors_hosts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The network as a name server and a trust store from outside make it: every vendor's real host name leads to the
    sandbox's TLS port, and its certificate is trusted. The vendors' libraries themselves are left as they are."""
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        known = any(one.knows(str(name).lower()) for one in sandbox.running.desk.stand_ins.values())
        return real("127.0.0.1", sandbox.running.tls_port, *more, **named) if known else real(host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(variable, str(sandbox.ca_file))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    # aiohttp reads the trust store once, when it is first imported: here it may have been already.
    aiohttp.connector._SSL_CONTEXT_VERIFIED.load_verify_locations(sandbox.ca_file)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    return sandbox
