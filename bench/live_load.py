"""Viewers and senders of the live feed, a process of its own: real streams held open, events sent in step, lags measured."""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import uvloop

from bench.load import HOST, percentile, request
from bench.traffic import AGENTS, OCTETS, SCREENS, ZONES, authorization

CONNECTIONS = 48
VISITORS = 2_000
"""Visitors on the way at the same time; each looks at PAGES pages, then another comes."""
PAGES = 20
GRACE_SECONDS = 3.0
_MARK = re.compile(rb'"page":"/products/live-(\d+)"')
_LONGEST_MARK = 40


class Plan(msgspec.Struct):
    """`feed` is the path viewers open; `seconds` is how long `rate` events a second are sent."""

    port: int
    feed: str
    api_key: str
    write_key: str
    viewers: int
    rate: int
    seconds: float


class Result(msgspec.Struct):
    """Lags and answer times in seconds. `received`: share of (event, viewer) pairs that arrived, not skipped over.

    `behind`: viewers that did not end with the newest state of every visitor. `worst_viewer`: the highest p99 of one viewer.
    """

    sent: int
    refused: int
    frames: int
    received: float
    behind: int
    p50: float
    p95: float
    p99: float
    longest: float
    worst_viewer: float
    answer_p95: float


@dataclass
class _Sent:
    """Events by number: when each was sent, and the last one of each visitor."""

    times: list[float]
    last: dict[int, int] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    refused: int = 0


class _Viewer(asyncio.Protocol):
    def __init__(self, sent: _Sent, opening: bytes, opened: asyncio.Future[None]) -> None:
        self._sent, self._opening, self._opened = sent, opening, opened
        self._tail = b""
        self.seen = bytearray(len(sent.times))
        self.lags: list[float] = []
        self.frames = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self._opening)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        text = self._tail + data
        if not self._opened.done() and b"event: snapshot" in text:
            self._opened.set_result(None)
        self.frames += text.count(b"event: visitors") - self._tail.count(b"event: visitors")
        seen, times = self.seen, self._sent.times
        for found in _MARK.finditer(text):
            number = int(found[1])
            if not seen[number]:
                seen[number] = 1
                self.lags.append(now - times[number])
        self._tail = text[-_LONGEST_MARK:]

    def connection_lost(self, exception: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(ConnectionError("the feed did not open"))


async def _send(plan: Plan, sent: _Sent, worker: int, begin: float) -> None:
    reader, writer = await asyncio.open_connection(HOST, plan.port)
    headers = authorization(plan.write_key)
    for number in range(worker, len(sent.times), CONNECTIONS):
        await asyncio.sleep(max(0.0, begin + number / plan.rate - time.perf_counter()))
        visitor = number % VISITORS + VISITORS * (number // (VISITORS * PAGES))
        body = msgspec.json.encode(_page(visitor, number))
        sent.times[number] = time.perf_counter()
        sent.last[visitor] = max(number, sent.last.get(visitor, 0))
        writer.write(request("POST", "/v1/page", body, headers))
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        sent.answers.append(time.perf_counter() - sent.times[number])
        sent.refused += b" 200 " not in head[:20]
    writer.close()


def _page(visitor: int, number: int) -> dict[str, object]:
    chance = random.Random(visitor)
    width, height = chance.choice(SCREENS)
    context: dict[str, object] = {
        "ip": f"{chance.choice(OCTETS)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}",
        "userAgent": chance.choice(AGENTS),
        "timezone": chance.choice(ZONES),
        "screen": {"width": width, "height": height},
        "page": {"path": f"/products/live-{number}", "referrer": "https://search.test/"},
    }
    return {"type": "page", "anonymousId": str(UUID(int=chance.getrandbits(128), version=4)), "context": context}


async def _run(plan: Plan) -> Result:
    loop = asyncio.get_running_loop()
    sent = _Sent([0.0] * int(plan.rate * plan.seconds))
    opening = request("GET", plan.feed, headers={"Authorization": f"Bearer {plan.api_key}"})
    viewers = []
    for _ in range(plan.viewers):
        opened: asyncio.Future[None] = loop.create_future()
        _, viewer = await loop.create_connection(lambda opened=opened: _Viewer(sent, opening, opened), HOST, plan.port)  # type: ignore[misc]
        await asyncio.wait_for(opened, 20)
        viewers.append(viewer)
    begin = time.perf_counter() + 0.2
    await asyncio.gather(*(_send(plan, sent, worker, begin) for worker in range(CONNECTIONS)))
    await asyncio.sleep(GRACE_SECONDS)
    for viewer in viewers:
        viewer.transport.close()
    return _result(sent, viewers)


def _result(sent: _Sent, viewers: list[_Viewer]) -> Result:
    lags = sorted(lag for viewer in viewers for lag in viewer.lags)
    count = len(sent.times)
    return Result(
        sent=count,
        refused=sent.refused,
        frames=sum(viewer.frames for viewer in viewers),
        received=len(lags) / (count * len(viewers)),
        behind=sum(not all(viewer.seen[number] for number in sent.last.values()) for viewer in viewers),
        p50=percentile(lags, 0.5),
        p95=percentile(lags, 0.95),
        p99=percentile(lags, 0.99),
        longest=lags[-1] if lags else 0.0,
        worst_viewer=max(percentile(sorted(viewer.lags), 0.99) for viewer in viewers),
        answer_p95=percentile(sorted(sent.answers), 0.95),
    )


if __name__ == "__main__":
    given = msgspec.json.decode(sys.argv[1], type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_run(given))))
