"""`POST /webhooks/{source}`: a signed delivery is kept before it is answered, and understood later by a job."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import msgspec
import structlog
from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import PathParameter

from shopwarden.contracts.source import Source
from shopwarden.errors import RefuseError
from shopwarden.ingest.deliveries import all_secrets, checked_envelope, delivery_of, lower_headers
from shopwarden.store.inbox import keep
from shopwarden.store.shop_domains import adopt_domain, store_of_domain
from shopwarden.store.stores import Store
from shopwarden.store.webhook_counts import count_outcomes

LARGEST_BODY = 5 * 1024 * 1024

log = structlog.get_logger(__name__)


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
    summary="Takes a signed webhook of a shop system",
)
async def receive_webhook(
    source: Annotated[str, PathParameter(description="Who sends it, as listed in the documentation: `shopify`.")],
    request: Request[object, object, State],
    state: State,
) -> Received:
    """200 means stored. A delivery sent again is stored once. A wrong signature is 401 and leaves nothing."""
    known: dict[str, Source] = state.get("sources") or _sources()
    if source not in known:
        raise RefuseError(f"There is no webhook source {source[:60]!r}; known: {', '.join(sorted(known))}.", status=404)
    sender = known[source]
    body = await _body(request)
    headers = lower_headers(request.headers.items())
    envelope = checked_envelope(sender, headers)
    store = await store_of_domain(state.database, envelope.shop_domain)
    secrets = all_secrets(state.settings, source, store.settings if store else {})
    if not sender.verify(headers, body, secrets):
        await _refuse(state, sender, headers, store, configured=bool(secrets))
    if store is None:
        store = await _adopted(state, source, envelope.shop_domain)
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


async def _refuse(state: State, source: Source, headers: dict[str, str], store: Store | None, *, configured: bool) -> None:
    if store is not None:
        await count_outcomes(state.database.pool, store.id, source.name, "bad_signature")
    log.warning("webhook refused", source=source.name, store=str(store.id) if store else None, configured=configured)
    names = source.signature_headers
    if names and not any(name.lower() in headers for name in names):
        field, detail = names[0], f"The delivery is not signed: the header {' or '.join(names)} is missing."
    elif not configured:
        prefix = source.name.upper()
        field = names[0] if names else "signature"
        detail = (
            f"No secret is set to check signatures of {source.name} with: set {prefix}_API_SECRET (the app's client secret)"
            f" or {prefix}_WEBHOOK_SECRET (the one shown beside webhooks made by hand)."
        )
    else:
        field = names[0] if names else "signature"
        detail = "The signature does not fit the body: check that both sides use the same secret."
    raise RefuseError(detail, status=401, type="bad-signature", fields={field: "is missing or wrong"})


async def _adopted(state: State, source: str, shop_domain: str | None) -> Store:
    wanted = getattr(state.settings, f"{source}_store_domain", "").strip().lower()
    if shop_domain and (not wanted or wanted == shop_domain):
        store = await adopt_domain(state.database, shop_domain)
        if store is not None:
            log.info("store took the domain of its first webhook", store=str(store.id), shop_domain=shop_domain)
            return store
    raise RefuseError(
        f"No store here has the shop domain {shop_domain or '(none was sent)'}: add the store, or correct its domain.",
        status=404,
        type="unknown-store",
        fields={"shop_domain": "belongs to no store"},
    )


HANDLERS = [receive_webhook]
