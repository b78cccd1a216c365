"""What vendors said by themselves: decisions become fresh answers of the look-up, and what they are about is judged anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.answers import Opinion, RiskAnswer
from shopwarden.domain.events import DomainEvent, EngagementHappened, VendorDecided
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.inquiry import AskedCustomer, AskedOrder, Happening, Inquiry
from shopwarden.errors import RetryError, SkipError
from shopwarden.steps import klaviyo_engagement
from shopwarden.steps.accounts import Connected
from shopwarden.steps.assess import LATEST_ORDER_WITHIN
from shopwarden.steps.vendor_labels import keep_decisions
from shopwarden.steps.vendor_landing import cached_answer
from shopwarden.steps.vendor_questions import Open, open_questions, question_secret
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.facts import read_latest_order, read_order
from shopwarden.store.outbox import put
from shopwarden.store.tellings import find_customer, find_order, put_answer
from shopwarden.store.vendor_answers import KeptAnswer, link_customer, read_answers
from shopwarden.vendors.klaviyo_people import Engaged

_log = structlog.get_logger(__name__)

UNDECIDED = "undecided"
DECIDING_SECONDS = 15.0
TRIGGER = "enrichment"
_OPINIONS: dict[str, Opinion] = {"block": "decline", "watch": "review", "accept": "approve"}


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a job carries of a vendor's decision; nothing of a person."""

    subject: Literal["order", "user"]
    external_id: str
    at: datetime
    version: str
    answer: RiskAnswer


async def remember_vendors(connection: Connection, store_id: StoreId, happened: Sequence[DomainEvent]) -> None:
    """Decisions are put as jobs, which alone can find the question they answer; dealings with messages are kept at once."""
    for event in happened:
        if isinstance(event, VendorDecided):
            heard = Heard(
                subject=event.subject,
                external_id=event.external_id,
                at=event.at,
                version=event.version,
                answer=event.answer,
            )
            payload: Payload = {"tell": event.source, "heard": msgspec.to_builtins(heard)}
            subject = f"heard:{event.source}:{event.subject}:{event.external_id}"
            await put(connection, store_id, CUSTOMER_ENRICHMENT, subject, event.version, payload)
    await keep_decisions(connection, store_id, happened)
    engaged = [_engaged(event) for event in happened if isinstance(event, EngagementHappened)]
    if engaged:
        await klaviyo_engagement.keep(connection, store_id, engaged)


def _engaged(event: EngagementHappened) -> Engaged:
    return Engaged(
        id=event.external_id,
        profile_id=event.profile_id,
        email=event.email,
        channel=event.channel,
        deed=event.what,
        at=event.at,
        subject=event.title,
    )


async def hear(tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, payload: Payload) -> None:
    """Keeps a vendor's decision under the question it answers, and puts a judgement of what it is about."""
    try:
        heard = msgspec.convert(payload.get("heard"), Heard)
    except msgspec.ValidationError as problem:
        raise SkipError(f"the job's `heard` can't be read: {problem}") from None
    for each in (heard, *await _orders_of(connection, store_id, heard)):
        await _hear(tools, connection, store_id, account, each)


async def _orders_of(connection: Connection, store_id: StoreId, heard: Heard) -> list[Heard]:
    """What is decided on a user holds for their order that is still ours to decide: it is asked about, not the user."""
    customer_id = await find_customer(connection, store_id, heard.external_id) if heard.subject == "user" else None
    if customer_id is None:
        return []
    now = datetime.now(UTC)
    order = await read_latest_order(connection, store_id, customer_id, now, now - LATEST_ORDER_WITHIN)
    return [] if order is None else [msgspec.structs.replace(heard, subject="order", external_id=order.external_id)]


async def _hear(tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, heard: Heard) -> None:
    opened = await _question_of(tools, connection, store_id, account, heard)
    if opened is None:
        return
    known = (await read_answers(connection, store_id, [opened.question])).rows.get(opened.question)
    answer = merged(heard.answer, known, account)
    if answer is None:
        return
    kept = KeptAnswer(
        state="answered",
        answers=(answer,),
        reference=answer.reference,
        made_up=account.account.made_up,
        asked_at=heard.at,
        answered_at=heard.at,
        fresh_until=None if opened.lookup.keep is None else datetime.now(UTC) + opened.lookup.keep,
    )
    if not await put_answer(connection, store_id, opened.question, kept):
        _log.info("decision left out", reason="something newer is known", vendor=account.vendor.name)
        return
    await _judge(tools, connection, store_id, heard, opened, kept)


async def _question_of(
    tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, heard: Heard
) -> Open | None:
    secret = await question_secret(tools, connection, store_id)
    accounts = {account.vendor.name: account}
    found = (each for each in open_questions(accounts, asked_of(heard), secret) if each.lookup.subject == "risk")
    return next(found, None)


def asked_of(heard: Heard) -> Inquiry:
    """As much of the question as it takes to find its answer again."""
    customer = AskedCustomer(id=heard.external_id)
    if heard.subject == "user":
        return Inquiry(at=heard.at, customer=customer)
    return Inquiry(at=heard.at, customer=customer, order=AskedOrder(id=heard.external_id, created_at=heard.at))


def merged(said: RiskAnswer, known: KeptAnswer | None, account: Connected) -> RiskAnswer | None:
    """The answer as it is from now on: what the vendor decided beside the scores it gave before. None: nothing to be kept,
    because it only says that it goes on deciding."""
    before = next((each for each in known.answers if isinstance(each, RiskAnswer)), None) if known is not None else None
    opinion = named_opinion(said.reference, account) or said.opinion
    if opinion is None and before is not None and before.opinion is not None:
        return None
    if opinion is None and said.status in ("submitted", "created", "pending"):
        return None
    changes = {name: value for name in said.__struct_fields__ if (value := getattr(said, name)) not in (None, (), {})}
    return msgspec.structs.replace(before or RiskAnswer(), **changes | {"opinion": opinion})


def named_opinion(decision: str | None, account: Connected) -> Opinion | None:
    """What the account's own settings say that a decision of this id means."""
    for entity in ("order", "user"):
        for word, opinion in _OPINIONS.items():
            if decision and account.account.value(f"{entity}_{word}") == decision:
                return opinion
    return None


async def _judge(
    tools: VendorTools, connection: Connection, store_id: StoreId, heard: Heard, opened: Open, kept: KeptAnswer
) -> None:
    subject = "order" if heard.subject == "order" else "customer"
    find = find_order if subject == "order" else find_customer
    found = await find(connection, store_id, heard.external_id)
    if found is None:
        _log.info("decision about nobody known", vendor=opened.vendor, store_id=str(store_id))
        return
    await _hand_out(tools, connection, store_id, (subject, found), opened, kept)
    digest = sha256(heard.version.encode()).hexdigest()[:16]
    key = f"heard:{opened.vendor}:{subject}:{found}:{digest}"
    payload: Payload = {"subject": subject, "id": str(found), "event_key": key, "trigger": TRIGGER}
    await put(connection, store_id, RISK_ANALYSIS, f"{subject}:{found}", key, payload)


async def _hand_out(
    tools: VendorTools,
    connection: Connection,
    store_id: StoreId,
    whom: tuple[str, UUID],
    opened: Open,
    kept: KeptAnswer,
) -> None:
    """Notes whom the answer is about, and puts it where it is looked for first."""
    subject, found = whom
    customer_id: CustomerId | None = CustomerId(found)
    if subject == "order":
        order = await read_order(connection, store_id, found)
        customer_id = order.customer_id if order is not None else None
    if customer_id is None:
        return
    await link_customer(connection, store_id, [opened.question], customer_id)
    cached = cached_answer(kept)
    if tools.cache is not None and cached is not None:
        await tools.cache.keep(store_id, str(customer_id), {opened.cached_as: cached})


async def is_told_by_look_up(
    tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, happening: Happening
) -> bool:
    """Whether the vendor got this new order with a question about it, so that it need not be told of it again."""
    if happening.kind != "order_created":
        return False
    secret = await question_secret(tools, connection, store_id)
    opened = open_questions({account.vendor.name: account}, happening.inquiry, secret)
    asked = [each.question for each in opened if each.lookup.subject == "risk"]
    rows = (await read_answers(connection, store_id, asked)).rows if asked else {}
    states = {kept.state for kept in rows.values()}
    if happening.status == UNDECIDED and "asking" in states:
        raise RetryError(f"{account.vendor.title} is still deciding", after=DECIDING_SECONDS)
    return bool(states & {"asking", "answered"})
