"""Klaviyo's part in the jobs: readings and tellings in pieces of a quarter of a minute, each putting the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError, SkipError, StopError
from shopwarden.steps.accounts import Connected, connected
from shopwarden.steps.klaviyo_engagement import rescore_all
from shopwarden.steps.klaviyo_push import push
from shopwarden.steps.klaviyo_streams import STREAMS
from shopwarden.steps.klaviyo_sync import Reading, note, read_stream
from shopwarden.steps.klaviyo_webhooks import settle_webhooks
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.klaviyo import SOURCE
from shopwarden.store.klaviyo_settings import klaviyo_settings
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.outbox_waiting import waiting_among
from shopwarden.store.stores import list_stores
from shopwarden.store.sync_cursors import read_cursor, take_place, try_alone
from shopwarden.vendors.klaviyo_api import forget_profile, refuse_faults

EVERY_SECONDS = 300.0
DAY_SECONDS = 86_400.0
SECONDS_A_PIECE = 15.0
AT_ONCE, PATIENCE = 2, timedelta(seconds=5)
"""How many of these jobs run at a time: the others who wait for the same workers are orders to be looked into."""

_log = structlog.get_logger(__name__)


async def run(tools: VendorTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """One piece of work: `klaviyo` says which (sync, push, webhooks, scores, forget). Reads and tells on connections of
    its own: this one only keeps a second job off the same work. SkipError where Klaviyo is not connected."""
    account = (await connected(tools, connection, store_id)).get("klaviyo")
    if account is None:
        raise SkipError("Klaviyo is not connected any more")
    what = str(payload.get("klaviyo"))
    if not await try_alone(connection, store_id, _subject(payload)):
        if what == "forget":
            raise RetryError("the same is being done already")
        return
    if not await take_place(connection, "klaviyo", AT_ONCE):
        await put_jobs(connection, store_id, [payload], PATIENCE)
        return
    try:
        done = await _do(tools, connection, store_id, account, payload)
    except VendorFault as fault:
        if what != "forget":
            await note(tools, store_id, str(payload.get("stream") or what), str(fault))
        if what == "forget" or fault.kind in PASSING:
            raise _error_of(fault) from None
        _log.warning("klaviyo_refuses", store_id=str(store_id), what=what, fault=fault.kind)
        return
    if not done:
        await put_jobs(connection, store_id, [payload])


async def _do(tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, payload: Payload) -> bool:
    what = payload.get("klaviyo")
    if what == "sync":
        stream = STREAMS.get(str(payload.get("stream")))
        if stream is None:
            raise SkipError("the job names no stream of Klaviyo's")
        cursor = await read_cursor(connection, store_id, SOURCE, stream.name)
        return await read_stream(Reading(tools, store_id, account, cursor), stream, SECONDS_A_PIECE)
    if what == "push":
        done = await push(tools, store_id, account, SECONDS_A_PIECE)
        await note(tools, store_id, "push", None)
        return done
    if what == "webhooks":
        await settle_webhooks(tools, store_id, account)
        return True
    if what == "scores":
        await rescore_all(tools.database, store_id)
        return True
    if what == "forget":
        await _forget(tools, store_id, account, str(payload.get("profile_id")))
        return True
    raise SkipError("the job names nothing Klaviyo could do")


async def _forget(tools: VendorTools, store_id: StoreId, account: Connected, profile_id: str) -> None:
    refuse_faults(
        await tools.outbound.ask(
            forget_profile(account.account, profile_id),
            limits=account.vendor.limits,
            hosts=account.hosts(),
            lane=f"{store_id}:klaviyo",
        )
    )


PASSING = frozenset({"rate_limited", "unavailable", "timeout", "pending"})
"""What another try may mend; the rest stands beside the cursor until the account is set right or the next round."""


def _error_of(fault: VendorFault) -> Exception:
    if fault.kind in ("auth", "quota"):
        return StopError(f"{fault}; the account is to be set right under `vendors`")
    if fault.kind in ("invalid_input", "contract_changed"):
        return SkipError(str(fault))
    return RetryError(str(fault), after=fault.after)


async def put_jobs(
    connection: Connection, store_id: StoreId, payloads: list[Payload], wait: timedelta = timedelta(0)
) -> None:
    """`wait`: how long they are not due yet."""
    moment = datetime.now(UTC).isoformat()
    jobs = [Job(store_id, _subject(each), moment, each) for each in payloads]
    await put_many(connection, CUSTOMER_ENRICHMENT, jobs, wait)


async def put_due(connection: Connection, store_id: StoreId, payloads: list[Payload]) -> None:
    """Those that neither wait nor run already: work that takes long goes on by itself."""
    subjects = {_subject(each): each for each in payloads}
    waiting = await waiting_among(connection, store_id, CUSTOMER_ENRICHMENT, list(subjects))
    await put_jobs(connection, store_id, [each for subject, each in subjects.items() if subject not in waiting])


def _subject(payload: Payload) -> str:
    return f"klaviyo:{payload.get('klaviyo')}:{payload.get('stream') or payload.get('profile_id') or ''}"


def regular_work(pushes: bool) -> list[Payload]:
    """What is due at every turn."""
    work: list[Payload] = [{"klaviyo": "sync", "stream": name} for name in STREAMS]
    return [*work, {"klaviyo": "push"}] if pushes else work


async def put_regular_work(tools: VendorTools) -> int:
    """For every store with a connected account; answers for how many."""
    stores = 0
    for store in await list_stores(tools.database):
        async with tools.database.transaction() as connection:
            if store.uninstalled_at is None and "klaviyo" in await connected(tools, connection, store.id):
                await put_due(connection, store.id, regular_work(klaviyo_settings(store).push))
                stores += 1
    return stores


async def put_daily_work(tools: VendorTools) -> None:
    """Webhooks are looked after, and scores brought up to date."""
    for store in await list_stores(tools.database):
        async with tools.database.transaction() as connection:
            if store.uninstalled_at is None and "klaviyo" in await connected(tools, connection, store.id):
                await put_due(connection, store.id, [{"klaviyo": "webhooks"}, {"klaviyo": "scores"}])


PLANNED = (
    ("klaviyo", EVERY_SECONDS, put_regular_work),
    ("klaviyo by day", DAY_SECONDS, put_daily_work),
)
