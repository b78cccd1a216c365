"""The worker: which function does the jobs of which queue, and what runs by the clock."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import pkgutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
import uvloop

from shopwarden import steps
from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, WEBHOOK_PROCESSING, JobFunctions, Payload
from shopwarden.domain.ids import StoreId
from shopwarden.errors import SkipError, StopError
from shopwarden.jobs.adapter import BullSender, work_queues
from shopwarden.jobs.error_text import error_text
from shopwarden.jobs.memory import run_due, run_without_redis
from shopwarden.jobs.metrics import show_outbox
from shopwarden.jobs.relay import Relay
from shopwarden.jobs.run import Ending, Runner
from shopwarden.jobs.schedule import Schedule, keep_schedules
from shopwarden.settings import Settings, environment_of, read_settings
from shopwarden.steps.alert_sender import CONNECTIONS as ALERTING
from shopwarden.steps.alert_sender import keep_alerting
from shopwarden.steps.backtest_run import keep_trying
from shopwarden.steps.crowds import learn_crowds
from shopwarden.steps.forward import AT_ONCE as SENDERS
from shopwarden.steps.forward import keep_forwarding
from shopwarden.steps.look_up import use_lookup
from shopwarden.steps.tell import put_session_link
from shopwarden.steps.tie import tie_visitor
from shopwarden.steps.vendor_late import judge_again
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store import retention
from shopwarden.store.database import Connection, Database
from shopwarden.store.job_keeper import OutboxKeeper
from shopwarden.store.leadership import leadership
from shopwarden.store.outbox_bell import listen
from shopwarden.store.waiting import connect_when_there
from shopwarden.store.webhook_status import outbox_state
from shopwarden.vendors.offline.ip import IpLookup

AT_ONCE: Mapping[str, int] = {WEBHOOK_PROCESSING: 8, CUSTOMER_ENRICHMENT: 4, RISK_ANALYSIS: 4}
# One for each job, and for the relay, the bell, the leader, a schedule and noting failures; calls to vendors take one for
# a moment, before and after, each batch of events handed on has one, and a trial of a policy tells its progress by one.
CONNECTIONS = sum(AT_ONCE.values()) + 7 + 4 + SENDERS + ALERTING
STOP_SECONDS = 8.0

Functions = JobFunctions[Connection]

log = structlog.get_logger(__name__)


async def process_webhook(
    connection: Connection, store_id: StoreId, payload: Payload, tools: VendorTools | None = None
) -> None:
    if "claim" in payload:
        await tie(connection, store_id, payload, tools)
        return
    from shopwarden import pipeline

    try:
        inbox_id = UUID(str(payload.get("inbox_id")))
    except ValueError:
        raise SkipError("the job names no delivery: its payload needs inbox_id") from None
    await pipeline.process_webhook(connection, store_id, inbox_id, tools)


async def tie(connection: Connection, store_id: StoreId, payload: Payload, tools: VendorTools | None = None) -> None:
    """A tracker event that said who its visitor is: (activity id, its time). Vendors that learn are told."""
    try:
        activity_id, at = UUID(str(payload["claim"])), datetime.fromisoformat(str(payload["at"]))
    except (KeyError, ValueError):
        raise SkipError("the job names no event: its payload needs claim and at") from None
    customer_id = await tie_visitor(connection, store_id, activity_id, at)
    if customer_id is not None:
        await put_session_link(tools, connection, store_id, customer_id, (activity_id, at))


def functions(tools: VendorTools | None = None) -> Functions:
    """Queue name -> what the pipeline does with its jobs. Without tools nobody outside is asked or told."""
    from shopwarden import pipeline

    return {
        WEBHOOK_PROCESSING: partial(process_webhook, tools=tools),
        CUSTOMER_ENRICHMENT: partial(pipeline.enrich, tools),
        RISK_ANALYSIS: partial(pipeline.assess, tools),
    }


def schedules(database: Database, retention_days: int, tools: VendorTools | None = None) -> list[Schedule]:
    """What every installation does by the clock and, with tools, what the steps plan with others (their `PLANNED`)."""
    hour = 3600.0
    planned: list[Schedule] = []
    if tools is not None:
        planned = [Schedule(name, seconds, partial(work, tools)) for name, seconds, work in find_planned()]
    return [
        *planned,
        Schedule("months ahead", hour, partial(retention.make_months_ahead, database)),
        Schedule("old months", hour, partial(retention.drop_old_months, database, retention_days)),
        Schedule("crowds", hour / 4, partial(learn_crowds, database)),
        Schedule("old message ids", hour, partial(retention.forget_message_ids, database)),
        Schedule("old webhook bodies", hour, partial(retention.empty_old_bodies, database)),
        Schedule("old digests of forgotten people", 24 * hour, partial(retention.forget_the_forgotten, database)),
        Schedule("old deliveries", 24 * hour, partial(retention.delete_old_deliveries, database, retention_days)),
    ]


def find_planned() -> list[tuple[str, float, Callable[[VendorTools], Awaitable[object]]]]:
    """(name, seconds, function) of every step that plans work, each once."""
    found: dict[str, tuple[str, float, Callable[[VendorTools], Awaitable[object]]]] = {}
    for entry in sorted(pkgutil.iter_modules(steps.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{steps.__name__}.{entry.name}")
        for name, seconds, work in getattr(module, "PLANNED", ()):
            found[name] = (name, seconds, work)
    return list(found.values())


async def drain(database: Database, jobs: Functions | None = None) -> list[Ending]:
    """Runs what is due in this process, without Redis, until nothing is due any more."""
    keeper = OutboxKeeper(database)
    return await run_due(keeper, Runner(keeper, jobs or functions()))


async def run(
    database: Database,
    redis_url: str,
    stop: asyncio.Event,
    jobs: Functions | None = None,
    planned: list[Schedule] | None = None,
    beside: Sequence[Coroutine[object, object, None]] = (),
) -> None:
    """Does jobs until `stop` is set, then lets running ones finish, all within ten seconds.

    `redis_url` empty: jobs run straight from the outbox. `jobs` and `planned`: other functions and schedules than usual.
    `beside`: what goes on in every worker until it stops.
    Losing PostgreSQL or Redis on the way is waited out.
    """
    keeper = OutboxKeeper(database)
    runner = Runner(keeper, jobs or functions())
    bell = asyncio.Event()
    leading = keep_schedules(planned or [], partial(leadership, database), stop)
    async with _beside(listen(database, bell.set), _gauges(database), leading, *beside):
        if redis_url:
            await _through_redis(redis_url, keeper, runner, bell, stop)
        else:
            await run_without_redis(keeper, runner, bell, stop)


async def _through_redis(
    redis_url: str,
    keeper: OutboxKeeper,
    runner: Runner[Connection],
    bell: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    sender = BullSender(redis_url)
    async with asyncio.TaskGroup() as group:
        relay = group.create_task(Relay(keeper, sender, bell).run(stop))
        await work_queues(redis_url, AT_ONCE, runner.run, stop, STOP_SECONDS)
        bell.set()
        await relay
    await sender.close()


@contextlib.asynccontextmanager
async def _beside(*background: Coroutine[object, object, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in background]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gauges(database: Database) -> None:
    while True:
        try:
            show_outbox(await outbox_state(database.pool))
        except Exception as problem:
            log.debug("no figures about the outbox", error=error_text(problem))
        await asyncio.sleep(15)


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    database = await connect_when_there(
        settings.database_url,
        CONNECTIONS,
        stop,
        lambda reason: log.warning("waiting for PostgreSQL", error=error_text(reason)),
    )
    if database is None:
        return
    use_lookup(IpLookup(settings.mmdb_files()))
    tools = open_tools(
        database,
        redis_url=settings.redis_url,
        encryption_keys=settings.encryption_keys,
        environment=environment_of(settings),
        sandbox_url=settings.sandbox_url,
        internal_hosts=settings.internal_hosts(),
    )
    tools.on_late = judge_again(database)
    log.info("worker started", queues=dict(AT_ONCE))
    try:
        planned = schedules(database, settings.retention_days, tools)
        trying = keep_trying(database, settings.database_url)
        beside = [keep_forwarding(tools), keep_alerting(tools), trying]
        await run(database, settings.redis_url, stop, functions(tools), planned, beside)
    finally:
        await tools.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(database.close(), 2)
    log.info("worker stopped")


def main() -> None:
    """Blocks until SIGTERM or SIGINT; running jobs get eight seconds to finish. Raises StopError without a database."""
    settings = read_settings()
    if not settings.database_url:
        raise StopError("DATABASE_URL is not set: the worker needs the database whose outbox it empties")
    uvloop.run(_main(settings))
