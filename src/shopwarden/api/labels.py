"""What orders and customers turned out to be: labels listed, added and withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.hands import hand_of
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.label import LABEL_SOURCES, LabelName, NewLabel
from shopwarden.domain.label_csv import LARGEST
from shopwarden.domain.paging import EARLIEST, Position, read_choices, read_cursor, read_moment, write_cursor
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError
from shopwarden.steps.change_labels import add_label, no_such_label, take_back
from shopwarden.store.customer_reads import customer_exists
from shopwarden.store.database import Database
from shopwarden.store.label_reads import (
    KeptLabel,
    LabelFilter,
    NamedOrder,
    find_label,
    newest_labels,
    order_by_id,
    orders_named,
    standing_label,
)

ORDER = "-created_at"
Note = Annotated[str, Meta(max_length=1000)]


class LabelQuery(msgspec.Struct, frozen=True, kw_only=True):
    label: Annotated[str, Meta(description="fraud or legitimate.")] = ""
    source: Annotated[str, Meta(description=f"One of {', '.join(LABEL_SOURCES)}.")] = ""
    order: Annotated[str, Meta(max_length=200, description="The shop's id of an order.")] = ""
    customer_id: UUID | None = None
    known_at: Annotated[
        str, Meta(description="Only labels known, and not withdrawn, at this time; with `order`, `standing` as of then.")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=200, description="Rows in one answer.")] = 50
    cursor: Annotated[str, Meta(description="`next_cursor` of the answer before.")] = ""


class LabelList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. `standing`: of a single order, the label that says what it is; null where none does."""

    labels: list[KeptLabel]
    standing: KeptLabel | None
    limit: int
    next_cursor: str | None


class LabelWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one order (the shop's id or ours) or of one customer. `event_at` is when it happened, `known_at` since when it was
    known; both are now if left out. Told twice under one `reference` it is kept once."""

    label: LabelName
    order_external_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    order_id: UUID | None = None
    customer_id: UUID | None = None
    event_at: datetime | None = None
    known_at: datetime | None = None
    reason_code: Annotated[str, Meta(max_length=100)] | None = None
    note: Note | None = None
    amount: Decimal | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    reference: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class LabelAdded(msgspec.Struct, frozen=True, kw_only=True):
    """`is_new` false: it was there already under this reference."""

    label: KeptLabel
    is_new: bool


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=500)] | None = None


@get(
    "/api/stores/{storeId:str}/labels",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(LabelQuery)},
    opt={QUERY_OPTION: LabelQuery},
    tags=["labels"],
    summary="Labels of a store",
    operation_id="listLabels",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[LabelQuery],
) -> LabelList:
    store_id = (await named_store(database, caller, storeId)).id
    wanted = filter_of(asked.label, asked.source, asked.order, asked.customer_id, asked.known_at)
    after = read_cursor(asked.cursor, ORDER) if asked.cursor else None
    place = (after.value, after.id) if after is not None and isinstance(after.value, datetime) else None
    async with database.pool.acquire() as connection:
        found = await newest_labels(connection, store_id, wanted, asked.limit + 1, place)
        standing = None
        if wanted.order is not None:
            standing = await standing_label(connection, store_id, wanted.order, wanted.known_at or datetime.now(UTC))
    rows = found[: asked.limit]
    return LabelList(
        labels=[shown(row, caller) for row in rows],
        standing=None if standing is None else shown(standing, caller),
        limit=asked.limit,
        next_cursor=write_cursor(Position(ORDER, rows[-1].created_at, rows[-1].id)) if len(found) > asked.limit else None,
    )


def filter_of(label: str, source: str, order: str, customer_id: UUID | None, known_at: str) -> LabelFilter:
    """RefuseError names what is none of the choices."""
    chosen = {
        "label": next(iter(read_choices("label", label, ("fraud", "legitimate"))), None),
        "source": next(iter(read_choices("source", source, LABEL_SOURCES)), None),
    }
    return msgspec.convert(
        {**chosen, "order": clean_text(order, 200) or None, "customer_id": customer_id,
         "known_at": read_moment("known_at", known_at)},
        LabelFilter,
    )  # fmt: skip


def shown(label: KeptLabel, caller: Caller) -> KeptLabel:
    """What somebody wrote may name people: only for callers with pii:read."""
    return label if caller.may("pii:read") else msgspec.structs.replace(label, note=None)


@post(
    "/api/stores/{storeId:str}/labels",
    guards=[requires("decisions:write")],
    opt={"refuses": ("409",)},
    tags=["labels"],
    summary="Say what an order or a customer turned out to be",
    operation_id="addLabel",
    status_code=201,
)
async def add(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[LabelWanted],
) -> Response[LabelAdded]:
    """By a person it is an analyst's, by a key the API's: both outweigh everything known before. The customer is judged
    anew."""
    store_id = (await named_store(database, caller, storeId)).id
    label = await _label(database, store_id, data, caller)
    async with database.transaction() as connection:
        kept, is_new = await add_label(connection, store_id, label, hand_of(caller, data.note))
    return Response(LabelAdded(label=shown(kept, caller), is_new=is_new), status_code=201 if is_new else 200)


async def _label(database: Database, store_id: StoreId, data: LabelWanted, caller: Caller) -> NewLabel:
    named = [name for name in ("order_external_id", "order_id", "customer_id") if getattr(data, name) is not None]
    if len(named) != 1:
        wrong = "name one of order_external_id, order_id and customer_id"
        raise RefuseError(f"A label is of one order or customer: {wrong}.", type="invalid-input", fields={"label": wrong})
    order = await _order(database, store_id, data)
    customer = data.customer_id
    if customer is not None and not await customer_exists(database, store_id, CustomerId(customer)):
        raise _unknown("customer_id", "customer")
    now = datetime.now(UTC)
    event_at = _moment("event_at", data.event_at, now)
    known_at = _moment("known_at", data.known_at, now)
    if known_at < event_at and data.known_at is not None:
        said = "lies before event_at"
        raise RefuseError(f"known_at: {said}.", type="invalid-input", fields={"known_at": said})
    return NewLabel(
        label=data.label,
        source="analyst" if caller.user_id is not None else "api",
        reference=clean_text(data.reference or "", 200) or str(new_id()),
        event_at=event_at,
        known_at=max(known_at, event_at),
        created_by=caller.actor,
        order_external_id=order.external_id if order is not None else None,
        order_id=order.id if order is not None else None,
        customer_id=order.customer_id if order is not None else customer,
        reason_code=clean_text(data.reason_code or "", 100) or None,
        note=clean_text(data.note or "", 1000) or None,
        amount=_amount(data.amount),
        currency=data.currency,
    )


async def _order(database: Database, store_id: StoreId, data: LabelWanted) -> NamedOrder | None:
    async with database.pool.acquire() as connection:
        if data.order_id is not None:
            found = await order_by_id(connection, store_id, data.order_id)
        elif data.order_external_id is not None:
            number = clean_text(data.order_external_id, 200)
            found = (await orders_named(connection, store_id, [number])).get(number)
        else:
            return None
    if found is None:
        raise _unknown("order_id" if data.order_id is not None else "order_external_id", "order")
    return found


def _amount(said: Decimal | None) -> Decimal | None:
    if said is None:
        return None
    if not said.is_finite() or not 0 <= said <= LARGEST:
        wrong = "is not an amount of money"
        raise RefuseError(f"amount: {wrong}.", type="invalid-input", fields={"amount": wrong})
    return said.quantize(Decimal("0.01"))


def _unknown(field: str, what: str) -> RefuseError:
    wrong = f"is no {what} of this store"
    return RefuseError(f"{field}: {wrong}.", type="invalid-input", fields={field: wrong})


def _moment(field: str, said: datetime | None, now: datetime) -> datetime:
    if said is None:
        return now
    moment = said if said.tzinfo is not None else said.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= now:
        wrong = "lies in the future" if moment > now else "is no usable time"
        raise RefuseError(f"{field}: {wrong}.", type="invalid-input", fields={field: wrong})
    return moment.astimezone(UTC)


@get(
    "/api/stores/{storeId:str}/labels/{label_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["labels"],
    summary="One label",
    operation_id="getLabel",
)
async def show(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    label_id: FromPath[UUID],
) -> KeptLabel:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        found = await find_label(connection, store_id, label_id)
    if found is None:
        raise no_such_label()
    return shown(found, caller)


@post(
    "/api/stores/{storeId:str}/labels/{label_id:uuid}/withdraw",
    guards=[requires("decisions:write")],
    tags=["labels"],
    summary="Withdraw a label",
    operation_id="withdrawLabel",
    status_code=200,
)
async def withdraw(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    label_id: FromPath[UUID],
    data: JSONBody[Withdrawal],
) -> KeptLabel:
    """It counts no more from now on; what was evaluated as of an earlier time still sees it. A label withdrawn before stays
    as it is."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        return shown(await take_back(connection, store_id, label_id, hand_of(caller, data.reason)), caller)


HANDLERS = [list_them, add, show, withdraw]
