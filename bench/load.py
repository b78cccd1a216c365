"""The load generator, a process of its own: prepared requests over kept-alive connections, one at a time on each."""

from __future__ import annotations

import asyncio
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import uvloop

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Plan:
    """Each request is sent once, in order; no new one starts after `seconds`."""

    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float


class Result(msgspec.Struct):
    """Times are seconds. `statuses` counts the answers by their HTTP status."""

    elapsed: float
    statuses: dict[int, int]
    p50: float
    p95: float
    p99: float

    @property
    def answered(self) -> int:
        return self.statuses.get(200, 0)

    @property
    def rate(self) -> float:
        return self.answered / self.elapsed


def request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP/1.1 request as it goes over the line."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench.test", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(port: int, requests: Sequence[bytes], connections: int, seconds: float = 60.0) -> Result:
    """Sends from another process and waits for its figures."""
    with tempfile.NamedTemporaryFile(suffix=".plan") as plan:
        pickle.dump(Plan(port, requests, connections, seconds), plan, protocol=5)
        plan.flush()
        done = subprocess.run([sys.executable, "-m", "bench.load", plan.name], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Result)


@dataclass
class _Tally:
    waiting: list[bytes]
    deadline: float
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    ended: float = 0.0


class _Line(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the one before is complete."""

    def __init__(self, tally: _Tally, done: asyncio.Future[None]) -> None:
        self._tally, self._done = tally, done
        self._answer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def _next(self) -> None:
        now = time.perf_counter()
        if not self._tally.waiting or now > self._tally.deadline:
            self._transport.close()
            return
        self._sent = now
        self._transport.write(self._tally.waiting.pop())

    def data_received(self, data: bytes) -> None:
        self._answer = self._answer + data if self._answer else data
        head = self._answer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._answer, 0, head)
        if len(self._answer) < head + 4 + (int(length.group(1)) if length else 0):
            return
        now = time.perf_counter()
        self._tally.times.append(now - self._sent)
        self._tally.statuses[int(self._answer[9:12])] += 1
        self._tally.ended = now
        self._answer = b""
        self._next()

    def connection_lost(self, exception: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def _drive(plan: Plan) -> Result:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    tally = _Tally(list(reversed(plan.requests)), started + plan.seconds)
    ends = []
    for _ in range(plan.connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda done=done: _Line(tally, done), HOST, plan.port)  # type: ignore[misc]
        ends.append(done)
    await asyncio.wait_for(asyncio.gather(*ends), plan.seconds + 60)
    times = sorted(tally.times)
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    return Result(tally.ended - started, dict(tally.statuses), p50, p95, p99)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values."""
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)] if ordered else 0.0


if __name__ == "__main__":
    # The plan comes from the process that started this one.
    with open(sys.argv[1], "rb") as given:
        sys.modules["bench.load"] = sys.modules["__main__"]
        the_plan = pickle.load(given)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_drive(the_plan))))
