"""Writes verdicts back into the shop, each thing once for each change; holds and cancels where the store asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.case import REASON_CODES
from shopwarden.domain.ids import StoreId
from shopwarden.domain.verdict import Advice, Reason, Verdict
from shopwarden.errors import SkipError
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_connection import ShopTools, shop_client
from shopwarden.steps.shop_hold import cancel_order, hold_order, release_order
from shopwarden.store.database import Connection
from shopwarden.store.outbox import put
from shopwarden.store.shop_writes import (
    OrderToWrite,
    Subject,
    WriteBack,
    Written,
    customer_to_write,
    keep_written,
    lock_subject,
    order_to_write,
    wanted_of,
    written_of,
)
from shopwarden.store.verdicts import latest_verdict
from shopwarden.vendors import shopify_writing as text
from shopwarden.vendors.shopify_graphql import done

FINAL = frozenset({"invalid_input", "contract_changed", "auth"})
DECISIVE = 100.0
Sends = Callable[[ShopClient, bool], Awaitable[None]]
"""(the shop, whether something was written there before) -> sent."""


async def put_write(connection: Connection, store_id: StoreId, subject: Subject, subject_id: UUID) -> None:
    """Puts the job that writes back, where a shop is connected. Each put is a job of its own: one that runs just now may
    have read the verdict before this one; a job that finds nothing new writes nothing."""
    if await wanted_of(connection, store_id) is not None:
        payload: Payload = {"shop": "write", "subject": subject, "id": str(subject_id)}
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        await put(connection, store_id, CUSTOMER_ENRICHMENT, f"write:{subject}:{subject_id}", at, payload)


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to write: its name, what it says (compared with what was said last), and how it is sent."""

    what: str
    says: object
    send: Sends

    @property
    def digest(self) -> bytes:
        return sha256(msgspec.json.encode(self.says, order="sorted")).digest()


async def write(tools: ShopTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """What the newest verdict on the subject says and the shop does not know yet. SkipError: nothing to write it to."""
    wanted = await wanted_of(connection, store_id)
    if wanted is None:
        raise SkipError("no shop is connected to write to")
    try:
        subject_id = UUID(str(payload.get("id")))
    except ValueError:
        raise SkipError("the job names nothing to write about: its payload needs id") from None
    # One after the other, so that the newest verdict is written last, and nothing twice.
    await lock_subject(connection, store_id, subject_id)
    if payload.get("subject") == "order":
        await _write(
            tools, connection, store_id, ("order", subject_id), await _order(connection, store_id, subject_id, wanted)
        )
    elif payload.get("subject") == "customer":
        things = await _customer(connection, store_id, subject_id, wanted)
        await _write(tools, connection, store_id, ("customer", subject_id), things)
    else:
        raise SkipError("a job writes about an order or a customer")


async def _write(
    tools: ShopTools, connection: Connection, store_id: StoreId, subject: tuple[Subject, UUID], things: list[Thing]
) -> None:
    known = await written_of(connection, store_id, *subject)
    news = [thing for thing in things if _is_new(thing, known.get(thing.what))]
    if not news:
        return
    async with shop_client(tools, store_id) as shop:
        for thing in news:
            try:
                await thing.send(shop, thing.what in known)
            except VendorFault as fault:
                if fault.kind not in FINAL:
                    raise
                await keep_written(connection, store_id, subject, thing.what, thing.digest, str(fault))
            else:
                # On a connection of its own: what the shop was told stays told though a later thing fails.
                async with tools.database.pool.acquire() as apart:
                    await keep_written(apart, store_id, subject, thing.what, thing.digest)


def _is_new(thing: Thing, before: Written | None) -> bool:
    # The first word about an order that nothing speaks against need not take a hold away that never was.
    if before is None:
        return thing.says not in (None, "released")
    return before.digest != thing.digest


async def _order(connection: Connection, store_id: StoreId, order_id: UUID, wanted: WriteBack) -> list[Thing]:
    order = await order_to_write(connection, store_id, order_id)
    stored = await latest_verdict(connection, store_id, "order", order_id)
    if order is None or stored is None:
        return []
    verdict, gid = decided_verdict(stored.verdict, order), text.order_gid(order.external_id)
    things = []
    if wanted.assessment:
        assessment = text.assessment(gid, verdict)
        things.append(Thing("assessment", assessment, _mutation(text.ASSESS, "orderRiskAssessmentCreate", assessment)))
    if wanted.tags:
        tag = text.TAGS.get(verdict.advice)
        things.append(Thing("tags", tag, _tags(gid, tag, list(text.TAGS.values()))))
    if verdict.tags:
        things.append(Thing("rule_tags", sorted(verdict.tags), _added(gid, list(verdict.tags))))
    held = is_held(verdict, order, wanted)
    notes = f"Score {verdict.score} of 100: {_first_reason(verdict)}"
    things.append(Thing("hold", "held" if held else "released", hold_order(gid, notes) if held else release_order(gid)))
    if wanted.cancel and verdict.advice == "decline":
        things.append(Thing("cancel", "cancelled", cancel_order(gid, _first_reason(verdict))))
    return things


def decided_verdict(verdict: Verdict, order: OrderToWrite) -> Verdict:
    """The verdict as the shop is to see it: a person's decision stands instead of the advice, and is its first reason."""
    if order.decision is None:
        return verdict
    known = REASON_CODES.get(order.reason_code or "")
    why = known.sentence if known is not None else "by a person"
    points = DECISIVE if order.decision == "decline" else -DECISIVE
    word = "declined" if order.decision == "decline" else "approved"
    first = Reason(key="decision", part="rules", points=points, sentence=f"An analyst {word} it: {why}")
    return replace(verdict, advice=order.decision, reasons=(first, *verdict.reasons))


def is_held(verdict: Verdict, order: OrderToWrite, wanted: WriteBack) -> bool:
    """A rule holds an order whatever the store's settings say; who approves it lets it go."""
    if order.decision is not None:
        return order.decision == "decline" and (verdict.hold or wanted.hold != "never")
    return verdict.hold or (wanted.hold != "never" and verdict.advice in _held(wanted))


def _held(wanted: WriteBack) -> tuple[Advice, ...]:
    return ("decline", "review") if wanted.hold == "reviewed" else ("decline",)


def _first_reason(verdict: Verdict) -> str:
    return verdict.reasons[0].sentence if verdict.reasons else "by a rule of the store"


async def _customer(connection: Connection, store_id: StoreId, customer_id: UUID, wanted: WriteBack) -> list[Thing]:
    found = await customer_to_write(connection, store_id, customer_id)
    stored = await latest_verdict(connection, store_id, "customer", customer_id)
    if found is None or stored is None:
        return []
    verdict, gid = stored.verdict, text.customer_gid(found.shopify_id)
    things = []
    if wanted.metafields:
        fields = text.customer_metafields(gid, verdict.score, text.analysis_of(verdict), found.lifetime_value)
        # When it was judged is written, but is no reason to write again.
        says = (
            verdict.score,
            verdict.level,
            verdict.advice,
            [one.sentence for one in verdict.reasons],
            found.lifetime_value,
        )
        things.append(Thing("metafields", says, _metafields(fields)))
    if wanted.tags:
        tag = text.LEVEL_TAGS.get(verdict.level)
        things.append(Thing("tags", tag, _tags(gid, tag, list(text.LEVEL_TAGS.values()))))
        blocked = text.BLOCKED_TAG if found.is_blocked else None
        things.append(Thing("blocked", blocked, _tags(gid, blocked, [text.BLOCKED_TAG])))
    return things


def _mutation(query: str, field: str, variables: Mapping[str, object]) -> Sends:
    async def send(shop: ShopClient, again: bool) -> None:
        done(await shop.run(query, variables, repeatable=True), field)

    return send


def _metafields(fields: Mapping[str, object]) -> Sends:
    return _mutation(text.SET_METAFIELDS, "metafieldsSet", fields)


def _tags(gid: str, wanted: str | None, ours: list[str]) -> Sends:
    add, remove = text.tags_for(wanted, ours)

    async def send(shop: ShopClient, again: bool) -> None:
        if remove and again:
            done(await shop.run(text.REMOVE_TAGS, {"id": gid, "tags": remove}, repeatable=True), "tagsRemove")
        if add:
            done(await shop.run(text.ADD_TAGS, {"id": gid, "tags": add}, repeatable=True), "tagsAdd")

    return send


def _added(gid: str, tags: list[str]) -> Sends:
    """A rule's tags are the store's own words: they are added, and taken away by nobody but the store."""
    return _mutation(text.ADD_TAGS, "tagsAdd", {"id": gid, "tags": tags})


async def define(tools: ShopTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Makes the metafields' definitions; those that are there already stay as they are."""
    async with shop_client(tools, store_id) as shop:
        for definition in text.definitions():
            try:
                done(await shop.run(text.DEFINE, {"definition": definition}, repeatable=True), "metafieldDefinitionCreate")
            except VendorFault as fault:
                if fault.kind != "invalid_input" or not any(word in str(fault).lower() for word in ("taken", "in use")):
                    raise


JOBS = {"write": write, "define": define}
