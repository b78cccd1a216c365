"""Topics about the app itself: taken out of the shop, given other rights, done with a bulk read."""

from __future__ import annotations

from shopwarden.domain.events import AppUninstalled, DomainEvent
from shopwarden.sources.shopify.body import EPOCH, Body


def uninstalled(body: Body) -> tuple[DomainEvent, ...]:
    at = body.triggered_at or body.moment("updated_at") or EPOCH
    return (AppUninstalled(version=body.version(at), at=at),)


def nothing_follows(_: Body) -> tuple[DomainEvent, ...]:
    """Kept as it came; nothing here depends on it yet."""
    return ()


TOPICS = {
    "app/uninstalled": uninstalled,
    "app/scopes_update": nothing_follows,
    "bulk_operations/finish": nothing_follows,
}
