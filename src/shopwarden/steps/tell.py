"""Tells vendors that learn what happened in the shop: put as jobs with the webhook, sent by them, each once and in order.

An order's tellings to one vendor leave in the order in which they were put; one that is given up is waited for no longer.
Each is made of the rows as they are when it leaves. It is noted as told in the job's own transaction: only a process that
dies between the vendor's answer and the commit tells again, which vendors take for the same by its ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from time import monotonic
from uuid import UUID

import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.answers import Unanswered
from shopwarden.domain.events import DomainEvent
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.inquiry import Happening
from shopwarden.errors import RetryError, SkipError, StopError
from shopwarden.steps.accounts import Connected, connected
from shopwarden.steps.happening_rows import happening_of
from shopwarden.steps.happenings import Telling, tellings_of
from shopwarden.steps.tell_call import send
from shopwarden.steps.vendor_events import UNDECIDED, hear, is_told_by_look_up
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.tellings import is_next, note_told
from shopwarden.store.vendor_answers import Question

ACCOUNTS_SECONDS = 5.0
TURN_SECONDS = 20.0
AWAY_SECONDS = 300.0

_log = structlog.get_logger(__name__)
_remembered: dict[StoreId, tuple[float, VendorTools, dict[str, Connected]]] = {}


async def tellers_of(tools: VendorTools, connection: Connection, store_id: StoreId) -> dict[str, Connected]:
    """The accounts whose vendors want to hear; at most five seconds old in this process."""
    found = _remembered.get(store_id)
    if found is not None and found[0] > monotonic() and found[1] is tools:
        return found[2]
    accounts = await connected(tools, connection, store_id)
    hearing = {name: each for name, each in accounts.items() if each.vendor.teller is not None}
    if len(_remembered) > 10_000:
        _remembered.clear()
    _remembered[store_id] = (monotonic() + ACCOUNTS_SECONDS, tools, hearing)
    return hearing


async def put_tellings(
    tools: VendorTools | None, connection: Connection, store_id: StoreId, happened: Sequence[DomainEvent]
) -> int:
    """Puts a job for each vendor that wants to hear of each happening; answers how many. In the caller's transaction."""
    tellings = tellings_of(happened)
    return await put_tellings_of(tools, connection, store_id, tellings) if tellings else 0


async def put_tellings_of(
    tools: VendorTools | None,
    connection: Connection,
    store_id: StoreId,
    tellings: Sequence[Telling],
    vendors: Collection[str] | None = None,
) -> int:
    """As `put_tellings`, of happenings that no webhook told of; `vendors`: only these."""
    if tools is None:
        return 0
    jobs = []
    for name, account in (await tellers_of(tools, connection, store_id)).items():
        if vendors is not None and name not in vendors:
            continue
        wanted = account.vendor.teller.kinds if account.vendor.teller is not None else frozenset()
        for telling in tellings:
            if telling.kind in wanted:
                event = f"{telling.kind}:{telling.key}"
                payload = {"tell": name, **telling.payload(), "about": telling.about, "event": event}
                jobs.append(Job(store_id, _subject(name, telling.about), event, payload))
    await put_many(connection, CUSTOMER_ENRICHMENT, jobs)
    return len(jobs)


async def put_undecided(
    tools: VendorTools | None,
    connection: Connection,
    store_id: StoreId,
    order_external_id: str,
    missing: Mapping[str, Unanswered],
) -> int:
    """For vendors that did not decide on an order in time: it is handed in again, and decided by a notification later."""
    slow = {key.partition(".")[0] for key, why in missing.items() if why.kind == "timeout"}
    telling = Telling("order_created", f"order:{order_external_id}", UNDECIDED, status=UNDECIDED)
    return await put_tellings_of(tools, connection, store_id, [telling], slow) if slow else 0


async def put_session_link(
    tools: VendorTools | None,
    connection: Connection,
    store_id: StoreId,
    customer_id: CustomerId,
    claim: tuple[UUID, datetime],
) -> None:
    """A visitor said who it is: from now on its session is that customer's. `claim`: id and time of that event."""
    if tools is None:
        return
    activity_id, at = claim
    about, event = f"customer:{customer_id}", f"session_linked:{activity_id}"
    jobs = []
    for name, account in (await tellers_of(tools, connection, store_id)).items():
        if account.vendor.teller is not None and "session_linked" in account.vendor.teller.kinds:
            payload: Payload = {"tell": name, "kind": "session_linked", "about": about, "event": event}
            payload |= {"activity": str(activity_id), "at": at.isoformat()}
            jobs.append(Job(store_id, _subject(name, about), event, payload))
    await put_many(connection, CUSTOMER_ENRICHMENT, jobs)


def _subject(vendor: str, about: str) -> str:
    return f"tell:{vendor}:{about}"


async def run(tools: VendorTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """A job: `tell` names the vendor; `kind`, `order` or `customer` (the shop's ids) or `activity`, and `reference` say of
    what, `about` and `event` whether it was told. One with `heard` keeps what the vendor itself said.

    RetryError: not now. SkipError: never. StopError: the key is refused.
    """
    name = str(payload.get("tell"))
    account = (await tellers_of(tools, connection, store_id)).get(name)
    if account is None:
        _log.info("telling left out", reason="the vendor is not connected any more", vendor=name, store_id=str(store_id))
        return
    if "heard" in payload:
        await hear(tools, connection, store_id, account, payload)
        return
    about, event = str(payload.get("about")), str(payload.get("event"))
    if not await is_next(connection, store_id, _subject(name, about), event):
        raise RetryError(f"{account.vendor.title} has not heard what came before", after=TURN_SECONDS)
    if not await note_told(connection, store_id, _question(name, about, event)):
        return
    happening = await happening_of(connection, store_id, payload)
    if happening is None:
        raise SkipError("what the job tells of is not stored, or not to be told")
    if await is_told_by_look_up(tools, connection, store_id, account, happening):
        return
    await _tell(tools, connection, store_id, account, happening)


def _question(vendor: str, about: str, event: str) -> Question:
    return Question(f"{vendor}.tell", sha256(f"{about}\0{event}".encode()).digest())


async def _tell(
    tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, happening: Happening
) -> None:
    teller = account.vendor.teller
    if teller is None:
        return
    for ask in teller.tell(happening, account.account):
        try:
            await send(tools, connection, store_id, account, ask)
        except VendorFault as fault:
            raise _ending(fault) from None


def _ending(fault: VendorFault) -> Exception:
    """What becomes of the job. A wrong key needs a person; a telling the vendor does not accept is never accepted."""
    if fault.kind == "auth":
        return StopError(str(fault))
    if fault.kind in ("invalid_input", "contract_changed"):
        return SkipError(str(fault))
    return RetryError(str(fault), after=AWAY_SECONDS if fault.after is None else fault.after)
