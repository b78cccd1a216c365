"""The live feed under load: how late viewers hear of an event, and whether the server's memory stays flat meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import msgspec
import psutil

from bench.live_load import Plan, Result
from bench.load import ROOT
from bench.report import Figure
from bench.servers import Stand

VIEWERS, EVENTS_PER_SECOND = 200, 500
SECONDS, QUICK_SECONDS = 300.0, 5.0
LAG_BOUND = 1.0
SAMPLE_SECONDS = 1.0


@dataclass
class _Memory:
    """Resident bytes of the HTTP server's processes, sampled."""

    samples: list[tuple[float, int]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        servers = [one for one in psutil.Process(os.getpid()).children() if "serve" in one.cmdline()]
        processes = [each for one in servers for each in (one, *one.children(recursive=True))]
        begun = time.monotonic()
        while not self._over.wait(SAMPLE_SECONDS):
            self.samples.append((time.monotonic() - begun, sum(each.memory_info().rss for each in processes)))

    def end(self) -> None:
        self._over.set()

    def at(self, share: float) -> float:
        """MB at a share of the whole time."""
        return self.samples[min(len(self.samples) - 1, int(share * len(self.samples)))][1] / 2**20


def live(stand: Stand, port: int, seconds: float = SECONDS) -> Figure:
    """The lag from an event's sending to its receipt by each of the viewers. RuntimeError if any viewer fell behind."""
    plan = Plan(
        port=port,
        feed=f"/api/stores/{stand.store_id}/live",
        api_key=stand.api_key,
        write_key=stand.write_key,
        viewers=VIEWERS,
        rate=EVENTS_PER_SECOND,
        seconds=seconds,
    )
    memory = _Memory()
    watcher = threading.Thread(target=memory.watch, daemon=True)
    watcher.start()
    result = _played(plan)
    memory.end()
    watcher.join()
    if result.refused or result.behind:
        raise RuntimeError(f"{result.refused} events were refused, {result.behind} viewers ended without the newest states")
    return Figure(
        name="live", unit="ms", value=result.p95 * 1e3, limit=result.answer_p95 * 1e3, more=_more(result, memory),
        what=f"Live feed, {VIEWERS} viewers, {EVENTS_PER_SECOND} events/s for {seconds:.0f} s: sending to receipt, p95",
        limit_what="p95 until the event itself is stored and answered",
    )  # fmt: skip


def _more(result: Result, memory: _Memory) -> str:
    held = "none over 1 s" if result.longest < LAG_BOUND else f"OVER {LAG_BOUND:.0f} s"
    start, half, end = (memory.at(share) for share in (0.1, 0.5, 1.0))
    return (
        f"p50 {result.p50 * 1e3:.0f}, p99 {result.p99 * 1e3:.0f}, longest {result.longest * 1e3:.0f} ms ({held}), highest"
        f" p99 of one viewer {result.worst_viewer * 1e3:.0f} ms; {result.sent:,} events, {result.frames:,} frames,"
        f" {result.received:.2%} of the states arrived, the others were skipped for newer ones; server {start:.0f} MB"
        f" after a tenth of the time, {half:.0f} at half, {end:.0f} at the end"
    )


def _played(plan: Plan) -> Result:
    command = [sys.executable, "-m", "bench.live_load", msgspec.json.encode(plan).decode()]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Result)
