"""Fetches single customers and orders of a shop, with all that belongs to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from shopwarden.steps.shop_client import ShopClient
from shopwarden.vendors.shopify_bulk import Kind
from shopwarden.vendors.shopify_reconcile import (
    AT_ONCE,
    CHILDREN,
    COUNT,
    FETCH,
    LIST,
    MORE_ITEMS,
    Changed,
    Count,
    gid,
    read_children,
    read_count,
    read_page,
)

Whole = tuple[Mapping[str, object], Sequence[Mapping[str, object]]]
"""(customer, addresses) or (order, items)."""
MOST_ITEMS = 200


async def listed(shop: ShopClient, kind: Kind, search: str) -> AsyncIterator[list[Changed]]:
    """Page by page, those the search finds."""
    after: str | None = None
    while True:
        page = read_page(await shop.run(LIST[kind], {"search": search, "after": after}), kind)
        yield page.nodes
        if not page.page_info.has_next_page or page.page_info.end_cursor is None:
            return
        after = page.page_info.end_cursor


async def counted(shop: ShopClient, kind: Kind, search: str) -> Count:
    return read_count(await shop.run(COUNT[kind], {"search": search}), kind)


async def fetched(shop: ShopClient, kind: Kind, numbers: Sequence[str]) -> AsyncIterator[tuple[list[Whole], list[str]]]:
    """A few at a time: those that are there, and the numbers of those the shop has not any more."""
    for place in range(0, len(numbers), AT_ONCE[kind]):
        asked = numbers[place : place + AT_ONCE[kind]]
        data = await shop.run(FETCH[kind], {"ids": [gid(kind, number) for number in asked]})
        nodes = data.get("nodes")
        found = nodes if isinstance(nodes, list) else []
        there = [node for node in found if isinstance(node, dict) and node.get("id")]
        gone = [number for number, node in zip(asked, found, strict=False) if node is None]
        yield [(node, await _children(shop, kind, node)) for node in there], gone


async def _children(shop: ShopClient, kind: Kind, node: Mapping[str, object]) -> list[dict[str, object]]:
    part = read_children(node.get(CHILDREN[kind]))
    found = list(part.nodes)
    while kind == "orders" and part.page_info.has_next_page and len(found) < MOST_ITEMS:
        data = await shop.run(MORE_ITEMS, {"id": node["id"], "after": part.page_info.end_cursor})
        order = data.get("order")
        part = read_children(order.get("lineItems") if isinstance(order, dict) else None)
        found += part.nodes
    return found
