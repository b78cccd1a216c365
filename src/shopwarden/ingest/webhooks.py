"""`POST /webhooks/{source}[/{store_id}]`: a signed delivery is kept before it is answered, and understood later by a job."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import PathParameter

from shopwarden.contracts.source import Source
from shopwarden.errors import RefuseError
from shopwarden.ingest.deliveries import checked_envelope, delivery_of, lower_headers
from shopwarden.ingest.webhook_store import adopted, refuse_old, refuse_unsigned, store_named, terms_of
from shopwarden.store.inbox import keep
from shopwarden.store.webhook_counts import count_outcomes

LARGEST_BODY = 5 * 1024 * 1024

FromSource = Annotated[str, PathParameter(description="Who sends it: `shopify`, `klaviyo`, `riskified` or `sift`.")]


class Received(msgspec.Struct, frozen=True):
    """`kept`: stored, and a job will understand it. `duplicate`: stored before, nothing more happens.
    `unsupported_topic`: stored and counted, no job."""

    outcome: str


@cache
def _sources() -> dict[str, Source]:
    from shopwarden.sources import find_sources

    return find_sources()


@post(
    "/webhooks/{source:str}",
    status_code=200,
    request_max_body_size=LARGEST_BODY,
    tags=["webhooks"],
    operation_id="receiveWebhook",
    summary="Takes a signed webhook of a shop system or a vendor",
)
async def receive_webhook(source: FromSource, request: Request[object, object, State], state: State) -> Received:
    """200 means stored. A delivery sent again is stored once. A wrong signature is 401 and leaves nothing.

    Whose it is follows from the shop domain it names; one that names none is the only store's.
    """
    return await _receive(request, state, source, None)


@post(
    "/webhooks/{source:str}/{store_id:str}",
    status_code=200,
    request_max_body_size=LARGEST_BODY,
    tags=["webhooks"],
    operation_id="receiveStoreWebhook",
    summary="Takes a signed webhook for one store",
)
async def receive_store_webhook(
    source: FromSource,
    store_id: Annotated[str, PathParameter(description="The store's id.")],
    request: Request[object, object, State],
    state: State,
) -> Received:
    """As `/webhooks/{source}`, for senders that name no shop: each store has an address, and secrets, of its own."""
    return await _receive(request, state, source, store_id)


async def _receive(request: Request[object, object, State], state: State, source: str, store_id: str | None) -> Received:
    known: dict[str, Source] = state.get("sources") or _sources()
    if source not in known:
        raise RefuseError(f"There is no webhook source {source[:60]!r}; known: {', '.join(sorted(known))}.", status=404)
    sender = known[source]
    body = await _body(request)
    headers = lower_headers(request.headers.items())
    envelope = checked_envelope(sender, headers)
    store = await store_named(state, sender, store_id, envelope.shop_domain)
    terms = await terms_of(state, sender, store)
    if not sender.verify(headers, body, terms.secrets):
        await refuse_unsigned(state, sender, headers, store, configured=bool(terms.secrets))
    if store is None:
        store = await adopted(state, sender, envelope.shop_domain)
    await refuse_old(state, sender, headers, store, terms.oldest_seconds)
    delivery = delivery_of(sender, envelope, body)
    async with state.database.pool.acquire() as connection:
        kept = await keep(connection, store.id, delivery)
    outcome = "duplicate" if kept.inbox_id is None else delivery.outcome
    extra = ("repeated_event",) if kept.inbox_id is not None and kept.repeats_event else ()
    await count_outcomes(state.database.pool, store.id, source, outcome, *extra)
    return Received(outcome)


async def _body(request: Request[object, object, State]) -> bytes:
    try:
        return await request.body()
    except HTTPException as problem:
        if problem.status_code != 413:
            raise
        raise RefuseError(
            f"The body is larger than {LARGEST_BODY // 1024 // 1024} MB, which no webhook is.", status=413, type="too-large"
        ) from None


HANDLERS = [receive_webhook, receive_store_webhook]
