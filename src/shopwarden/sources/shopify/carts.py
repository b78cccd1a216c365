"""Cart topics: what lies in a cart; whose it is they do not tell."""

from __future__ import annotations

from shopwarden.domain.events import CartSeen, DomainEvent
from shopwarden.errors import SkipError
from shopwarden.sources.shopify.body import EPOCH, Body, currency, text
from shopwarden.sources.shopify.items import count_items, line_items, value_of_items


def seen(body: Body) -> tuple[DomainEvent, ...]:
    token = text(body.data, "token", "id")
    if token is None:
        raise SkipError("the cart has no token")
    changed_at = body.moment("updated_at")
    at = changed_at or body.triggered_at or body.moment("created_at") or EPOCH
    cart = CartSeen(
        version=body.version(changed_at),
        at=at,
        token=token,
        created_at=body.moment("created_at"),
        updated_at=at,
        item_count=count_items(body.data) or 0,
        line_items=line_items(body.data),
        total=value_of_items(body.data),
        currency=currency(body.data.get("currency")),
        note=text(body.data, "note", longest=5000),
    )
    return (cart,)


TOPICS = {"carts/create": seen, "carts/update": seen}
