"""Whose a webhook is, and what it has to be signed with: by its address, by its shop domain, or the only store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

import structlog
from litestar.datastructures import State

from shopwarden.contracts.source import Source
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.ingest.deliveries import all_secrets
from shopwarden.steps.webhook_accounts import WebhookTerms, webhook_terms
from shopwarden.store.shop_domains import adopt_domain, store_of_domain
from shopwarden.store.stores import Store, find_store
from shopwarden.store.webhook_counts import count_outcomes

log = structlog.get_logger(__name__)

TermsOf = Callable[[StoreId, str], Awaitable[WebhookTerms]]
CLOCKS_DIFFER = 60.0


async def store_named(state: State, source: Source, store_id: str | None, shop_domain: str | None) -> Store | None:
    """The store of the address, else the one with the domain, else the only one. RefuseError 404 for a wrong address."""
    if store_id is None:
        return await store_of_domain(state.database, shop_domain)
    try:
        store = await find_store(state.database, StoreId(UUID(store_id)))
    except ValueError:
        store = None
    # Signed with a secret that several stores share, it must not be carried from one store's address to another's.
    if store is None or (shop_domain is not None and store.shop_domain != shop_domain):
        raise unknown_store(source, shop_domain)
    return store


async def terms_of(state: State, source: Source, store: Store | None) -> WebhookTerms:
    """Secrets of the installation and of the store's own account with whoever sends it."""
    own = (*all_secrets(state.settings, source.name, store.settings if store else {}), *_of_the_app(state, source))
    if store is None:
        return WebhookTerms(own)
    ask: TermsOf | None = state.get("webhook_terms")
    found = WebhookTerms()
    if ask is not None:
        found = await ask(store.id, source.name)
    elif (tools := state.get("vendor_tools")) is not None:
        async with state.database.pool.acquire() as connection:
            found = await webhook_terms(tools, connection, store.id, source.name)
    return WebhookTerms(tuple(dict.fromkeys((*own, *found.secrets))), found.oldest_seconds)


def _of_the_app(state: State, source: Source) -> tuple[str, ...]:
    """The sandbox's shops sign with a secret that no setting names."""
    tools = state.get("vendor_tools")
    return tools.shop_app.secrets if tools is not None and source.name == "shopify" else ()


async def refuse_unsigned(
    state: State, source: Source, headers: Mapping[str, str], store: Store | None, *, configured: bool
) -> None:
    """Counts it and raises RefuseError 401 that says what to change; 404 where even the store can't be told."""
    if store is None and source.secret_variables:
        raise unknown_store(source, None)
    if store is not None:
        await count_outcomes(state.database.pool, store.id, source.name, "bad_signature")
    log.warning("webhook refused", source=source.name, store=str(store.id) if store else None, configured=configured)
    names = source.signature_headers
    field = names[0] if names else "signature"
    if names and not any(name.lower() in headers for name in names):
        detail = f"The delivery is not signed: the header {' or '.join(names)} is missing."
    elif not configured:
        detail = f"No secret is set to check signatures of {source.name} with: set {_variables(source)}."
    else:
        detail = "The signature does not fit the body: check that both sides use the same secret."
    raise RefuseError(detail, status=401, type="bad-signature", fields={field: "is missing or wrong"})


def _variables(source: Source) -> str:
    if source.secret_variables:
        return f"{' or '.join(source.secret_variables)}, or the secret of the store's account"
    prefix = source.name.upper()
    by_hand = f"{prefix}_WEBHOOK_SECRET (the one shown beside webhooks made by hand)"
    return f"{prefix}_API_SECRET (the app's client secret) or {by_hand}"


async def refuse_old(state: State, source: Source, headers: Mapping[str, str], store: Store, oldest: float | None) -> None:
    """RefuseError 401 for what was signed longer ago than `oldest` seconds, or in the future: somebody may play it back."""
    if source.sent_at is None or oldest is None:
        return
    at = source.sent_at(headers)
    age = (datetime.now(UTC) - at).total_seconds() if at is not None else None
    if age is not None and -CLOCKS_DIFFER - oldest <= age <= oldest:
        return
    await count_outcomes(state.database.pool, store.id, source.name, "bad_signature")
    log.warning("old webhook refused", source=source.name, store=str(store.id), seconds=None if age is None else round(age))
    raise RefuseError(
        f"The delivery was signed more than {oldest:g} seconds ago.",
        status=401,
        type="bad-signature",
        fields={"timestamp": "is too long ago"},
    )


async def adopted(state: State, source: Source, shop_domain: str | None) -> Store:
    """The only store takes the domain of its first webhook; RefuseError 404 where there is none to take it."""
    wanted = getattr(state.settings, f"{source.name}_store_domain", "").strip().lower()
    if shop_domain and (not wanted or wanted == shop_domain):
        store = await adopt_domain(state.database, shop_domain)
        if store is not None:
            log.info("store took the domain of its first webhook", store=str(store.id), shop_domain=shop_domain)
            return store
    raise unknown_store(source, shop_domain)


def unknown_store(source: Source, shop_domain: str | None) -> RefuseError:
    if source.secret_variables:
        return RefuseError(
            f"Whose delivery this is can't be told: let it be sent to /webhooks/{source.name}/ followed by the store's id.",
            status=404,
            type="unknown-store",
            fields={"store_id": "names no store"},
        )
    return RefuseError(
        f"No store here has the shop domain {shop_domain or '(none was sent)'}: add the store, or correct its domain.",
        status=404,
        type="unknown-store",
        fields={"shop_domain": "belongs to no store"},
    )
