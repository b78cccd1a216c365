"""Webhook topics by both of their names."""

from __future__ import annotations

_ROOMS = (
    "app", "bulk_operations", "carts", "checkouts", "customers", "customer", "disputes", "fulfillments", "orders",
    "order_transactions", "refunds", "shop",
)  # fmt: skip
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")


def written(topic: str) -> str:
    """ORDERS_CREATE is orders/create on the wire, CUSTOMER_TAGS_ADDED customer.tags_added."""
    low = topic.lower()
    room = next(room for room in sorted(_ROOMS, key=len, reverse=True) if low.startswith(room + "_"))
    return f"{room}{'.' if room == 'customer' else '/'}{low[len(room) + 1 :]}"


def listed(topic: str) -> str:
    """orders/create is ORDERS_CREATE in GraphQL."""
    return topic.upper().replace("/", "_").replace(".", "_")
