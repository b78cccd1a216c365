"""BullMQ: the only file that knows it. Queues carry nothing but the outbox id and the attempt."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence

import bullmq
import structlog
from redis.asyncio import Redis

from shopwarden.contracts.job import QUEUES, Ticket
from shopwarden.jobs.error_text import error_text

EPOCH_KEY = "shopwarden:epoch"
_JOB_OPTIONS = {"removeOnComplete": True, "removeOnFail": True}
_WORKER_OPTIONS = {
    "autorun": False,
    # Short, so that jobs of a killed worker are back within seconds; locks of running ones are renewed meanwhile.
    "lockDuration": 10_000,
    "stalledInterval": 5_000,
    # Redis must not give up on a job: whether it is dead is decided by the outbox.
    "maxStalledCount": 1_000_000,
    "runRetryDelay": 1_000,
    "drainDelay": 5,
}

Handle = Callable[[Ticket], Awaitable[object]]

log = structlog.get_logger(__name__)


def _client(redis_url: str, patience: float) -> Redis:
    # A client of our own: the library's default one keeps a caller waiting for minutes while Redis is away.
    return Redis.from_url(redis_url, decode_responses=True, socket_connect_timeout=3, socket_timeout=patience)


class BullSender:
    """Puts jobs into the queues, and keeps a mark in Redis by which a loss of its data is noticed."""

    def __init__(self, redis_url: str) -> None:
        self._redis = _client(redis_url, 5)
        self._queues = {name: bullmq.Queue(name, {"connection": self._redis}) for name in QUEUES}

    async def send(self, tickets: Sequence[Ticket]) -> None:
        """Adds the jobs; one whose id waits or runs already is left as it is."""
        for name, queue in self._queues.items():
            jobs = [_bull_job(ticket) for ticket in tickets if ticket.queue == name]
            if jobs:
                await queue.addBulk(jobs)

    async def has_forgotten(self) -> bool:
        return await self._redis.get(EPOCH_KEY) is None

    async def remember(self) -> None:
        await self._redis.set(EPOCH_KEY, secrets.token_hex(8))

    async def close(self) -> None:
        await self._redis.aclose()


def _bull_job(ticket: Ticket) -> dict[str, object]:
    data = {"outbox_id": ticket.outbox_id, "attempt": ticket.attempt}
    return {"name": ticket.queue, "data": data, "opts": {"jobId": ticket.job_id, **_JOB_OPTIONS}}


def _ticket(queue: str, data: object) -> Ticket:
    outbox_id, attempt = (data.get("outbox_id"), data.get("attempt")) if isinstance(data, dict) else (None, None)
    if not isinstance(outbox_id, int) or not isinstance(attempt, int):
        raise ValueError("jobs of these queues come from the outbox: data must have outbox_id and attempt")
    return Ticket(outbox_id, queue, attempt)


async def work_queues(
    redis_url: str, at_once: Mapping[str, int], handle: Handle, stop: asyncio.Event, patience: float = 8.0
) -> None:
    """Runs the jobs of each queue, so many at once, until `stop` is set; then waits `patience` seconds for running ones."""
    async with asyncio.TaskGroup() as group:
        for name, count in at_once.items():
            group.create_task(_QueueWork(redis_url, name, count, handle).run(stop, patience))


class _QueueWork:
    def __init__(self, redis_url: str, name: str, at_once: int, handle: Handle) -> None:
        self._redis_url = redis_url
        self._name = name
        self._at_once = at_once
        self._handle = handle
        self._troubled = False

    async def run(self, stop: asyncio.Event, patience: float) -> None:
        while not stop.is_set():
            redis = _client(self._redis_url, 30)
            options = {**_WORKER_OPTIONS, "connection": redis, "concurrency": self._at_once}
            worker = bullmq.Worker(self._name, self._process, options)
            worker.on("error", self._trouble)
            fetch_nothing_while_closing(worker)
            running = asyncio.create_task(worker.run())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if running.done() and not running.cancelled() and (problem := running.exception()):
                self._trouble(problem)
            await _close(worker, running, patience if stop.is_set() else 1.0)
            await redis.aclose()
            if not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1)

    async def _process(self, job: bullmq.Job, _token: str) -> None:
        self._troubled = False
        await self._handle(_ticket(self._name, job.data))

    def _trouble(self, problem: BaseException, *_: object) -> None:
        if not self._troubled:
            log.warning("queue in trouble, goes on trying", queue=self._name, error=error_text(problem))
        self._troubled = True


def fetch_nothing_while_closing(worker: bullmq.Worker) -> None:
    """A closing worker of the library tries for ever, without a pause, to fetch from a Redis that is away: where connecting
    fails at once, nothing else gets its turn any more, not even the end. There is nothing to fetch for it then."""
    try_again = worker.retryIfFailed

    async def retry(fetch: Callable[[], Awaitable[object]], options: Mapping[str, object] | None = None) -> object:
        async def once() -> object:
            try:
                return await fetch()
            except Exception as error:
                if worker.closing and worker.isConnectionError(error):
                    return None
                raise

        return await try_again(once, options)

    worker.retryIfFailed = retry


async def _close(worker: bullmq.Worker, running: asyncio.Task[None], patience: float) -> None:
    # Not by the library's own close alone: it forgets the jobs whose fetching was under way, which then stay marked as
    # being worked on until another worker misses them. So its loop is ended first, and what it leaves is finished here.
    worker.closing = True
    if worker.waiting is not None:
        worker.waiting.cancel()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    left = await _finish(worker, patience)
    # Cancelled jobs roll back and give themselves back to the outbox.
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=3)
    closing = asyncio.create_task(worker.close())
    await asyncio.wait({closing}, timeout=1)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)


async def _finish(worker: bullmq.Worker, patience: float) -> set[asyncio.Task[object]]:
    """Waits for running jobs and does those that were just being fetched; answers what was not done in time."""
    clock = asyncio.get_running_loop().time
    limit = clock() + patience
    left: set[asyncio.Task[object]] = set(worker.processing)
    while left:
        # Without jobs only fetches are left, and a Redis that does not answer these is not worth waiting for.
        seconds = max(0.0, limit - clock()) if worker.jobs else min(1.0, patience)
        done, left = await asyncio.wait(left, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            break
        for task in done:
            job = None if task.cancelled() or task.exception() else task.result()
            if isinstance(job, bullmq.Job):
                left.add(asyncio.create_task(worker.processJob(job, job.token)))
    return left
