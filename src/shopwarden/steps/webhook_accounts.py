"""What a store's account with a vendor says about the vendor's webhooks: the secrets, and how old one may be."""

from __future__ import annotations

from typing import NamedTuple

from shopwarden.domain.ids import StoreId
from shopwarden.steps.accounts import Terms, account_of, webhook_secrets
from shopwarden.store.database import Connection
from shopwarden.store.vendor_accounts import read_accounts
from shopwarden.vendors import find_vendors

USUAL_SECONDS = 300.0


class WebhookTerms(NamedTuple):
    """`oldest_seconds`: how long ago a delivery may have been signed, where its sender says when; None: however long."""

    secrets: tuple[str, ...] = ()
    oldest_seconds: float | None = USUAL_SECONDS


async def webhook_terms(terms: Terms, connection: Connection, store_id: StoreId, source: str) -> WebhookTerms:
    """No secrets where the store has no account with this vendor."""
    secrets = await webhook_secrets(terms, connection, store_id, source)
    if not secrets:
        return WebhookTerms()
    kept = await read_accounts(connection, store_id)
    account = account_of(terms, store_id, find_vendors()[source], kept.rows.get(source), kept.is_only_store)
    stated = account.value("webhook_max_age") if account is not None else ""
    seconds = float(stated[:9]) if stated.isascii() and stated.isdecimal() else USUAL_SECONDS
    return WebhookTerms(secrets, seconds or None)
