"""What comes in: batches of events, single events, webhooks; each beside its limit, in turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import asyncpg

from bench import load, traffic
from bench.deliveries import webhook_requests
from bench.report import Figure
from bench.servers import Stand, nothing
from shopwarden.store.database import Database

ROWS = (
    "store_id, id, created_at, customer_id, activity_type, activity_data, ip_address, session_id, visitor_id, device_id,"
    " country_code, source"
)
CHUNK = 1_000


@dataclass(frozen=True)
class Extent:
    """How much is sent in each of how many rounds."""

    rounds: int = 5
    batches: int = 300
    singles: int = 15_000
    single_connections: int = 256
    batch_connections: int = 8
    webhooks: int = 3_000
    checks: int = 1_000
    lists: int = 400
    reports: int = 20


QUICK = Extent(rounds=1, batches=30, singles=1_000, single_connections=64, webhooks=150, checks=100, lists=60, reports=10)


async def _count(url: str, sql: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


def collect(stand: Stand, port: int, extent: Extent) -> Figure:
    """Events per second that are stored and answered, beside COPY of the same rows into a copy of their table."""
    rates, copied, last = [], [], None
    load.run(port, traffic.batch_requests(stand.write_key, traffic.batches(0, 20)), extent.batch_connections)
    for number in range(1, extent.rounds + 1):
        prepared = traffic.batches(number, extent.batches)
        sent = traffic.batch_requests(stand.write_key, prepared)
        before = asyncio.run(_count(stand.database_url, "SELECT count(*) FROM customer_activities"))
        last = load.run(port, sent, extent.batch_connections)
        stored = asyncio.run(_count(stand.database_url, "SELECT count(*) FROM customer_activities")) - before
        if stored != extent.batches * 100 or last.answered != extent.batches:
            raise RuntimeError(f"{extent.batches * 100} events were sent, {stored} are stored, answers: {last.statuses}")
        rates.append(stored / last.elapsed)
        copied.append(asyncio.run(_copy(stand.database_url, stored)))
    assert last is not None
    return Figure(
        name="collect", what="Batches of 100 events, stored with visitor, session, device and place", unit="events/s",
        value=median(rates), rounds=tuple(rates), limit=median(copied),
        limit_what=f"COPY of the same rows, {CHUNK:,} a commit, into a copy of their table with its indexes",
        more=f"{extent.batch_connections} connections; a batch: p50 {last.p50 * 1e3:.0f} ms, p95 {last.p95 * 1e3:.0f} ms",
    )  # fmt: skip


async def _copy(url: str, count: int) -> float:
    """Rows per second."""
    database = await Database.connect(url)
    try:
        async with database.pool.acquire() as connection:
            await connection.execute(
                "DROP TABLE IF EXISTS bench_copy; CREATE TABLE bench_copy (LIKE customer_activities INCLUDING ALL)"
            )
            rows = await connection.fetch(f"SELECT {ROWS} FROM customer_activities ORDER BY id DESC LIMIT {count}")
            records = [tuple(row) for row in rows]
            begun = time.perf_counter()
            for start in range(0, count, CHUNK):
                await connection.copy_records_to_table(
                    "bench_copy", records=records[start : start + CHUNK], columns=ROWS.split(", ")
                )
            elapsed = time.perf_counter() - begun
            await connection.execute("DROP TABLE bench_copy")
            return count / elapsed
    finally:
        await database.close()


def single(stand: Stand, port: int, extent: Extent) -> list[Figure]:
    """Single events per second, beside do-nothing handlers that get the same requests: in the framework, and below it."""
    rates, within, below, last = [], [], [], None
    with nothing("within") as framework, nothing("below") as bare:
        for number in range(1, extent.rounds + 1):
            messages = [one for batch in traffic.batches(10_000 + number, -(-extent.singles // 100)) for one in batch]
            sent = traffic.single_requests(stand.write_key, messages[: extent.singles])
            last = load.run(port, sent, extent.single_connections)
            _all_answered(last, len(sent))
            rates.append(last.rate)
            within.append(load.run(framework, sent, extent.single_connections).rate)
            below.append(load.run(bare, sent, extent.single_connections).rate)
    assert last is not None
    more = f"{extent.single_connections} connections; p50 {last.p50 * 1e3:.0f} ms, p95 {last.p95 * 1e3:.0f} ms"
    limits = (
        ("single", within, "a handler of the web framework that does nothing, on the same server"),
        ("single-below", below, "a handler below the web framework that does nothing, on the same server"),
    )
    return [
        Figure(
            name=name, what="Single events, each stored before it is answered", unit="requests/s", value=median(rates),
            rounds=tuple(rates), limit=median(limit), limit_what=what, more=more,
        )
        for name, limit, what in limits
    ]  # fmt: skip


def _all_answered(result: load.Result, sent: int) -> None:
    if result.answered != sent:
        raise RuntimeError(f"{sent} requests were sent, the answers are {result.statuses}")


def webhooks(stand: Stand, port: int, extent: Extent) -> list[Figure]:
    """Signed orders/create: kept per second beside a do-nothing handler, and understood per second by one worker."""
    rates, limits = [], []
    with nothing() as empty:
        for number in range(1, extent.rounds + 1):
            sent = webhook_requests(number, extent.webhooks // extent.rounds)
            result = load.run(port, sent, 32)
            _all_answered(result, len(sent))
            rates.append(result.rate)
            limits.append(load.run(empty, sent, 32).rate)
    taken = Figure(
        name="webhooks", what="Signed webhooks (orders/create), each kept before it is answered", unit="requests/s",
        value=median(rates), rounds=tuple(rates), limit=median(limits),
        limit_what="a handler that does nothing, on the same server", more="32 connections",
    )  # fmt: skip
    return [taken, _worked(stand, taken)]


def _worked(stand: Stand, taken: Figure) -> Figure:
    waiting = asyncio.run(_count(stand.database_url, "SELECT count(*) FROM inbox WHERE outcome = 'kept'"))
    with stand.worker():
        marks = asyncio.run(_watch(stand.database_url))
    rate = _rate_of(marks)
    left = asyncio.run(_count(stand.database_url, "SELECT count(*) FROM outbox WHERE state = 'dead'"))
    return Figure(
        name="worked", what="Webhooks understood by one worker: customer, order and both judged", unit="webhooks/s",
        value=rate, limit=taken.value, limit_what="as many as were taken in",
        more=f"{waiting:,} deliveries, {left} dead jobs",
    )  # fmt: skip


async def _watch(url: str) -> list[tuple[float, int]]:
    """(time, jobs and deliveries still to do) until nothing is left."""
    connection = await asyncpg.connect(url)
    marks: list[tuple[float, int]] = []
    limit = time.monotonic() + 300
    try:
        while time.monotonic() < limit:
            kept = await connection.fetchval("SELECT count(*) FROM inbox WHERE outcome = 'kept'")
            jobs = await connection.fetchval(
                "SELECT count(*) FROM outbox WHERE state <> 'dead' AND queue <> 'customer-enrichment'"
            )
            marks.append((time.perf_counter(), kept))
            if kept == 0 and jobs == 0:
                return marks
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    raise RuntimeError(f"the worker left {marks[-1][1]} deliveries undone")


def _rate_of(marks: Sequence[tuple[float, int]]) -> float:
    """From the moment the worker had begun until the last job was done, judgements included."""
    first = next((at for (at, _), (_, after) in pairwise(marks) if after < marks[0][1]), marks[0][0])
    return marks[0][1] / max(0.001, marks[-1][0] - first)
