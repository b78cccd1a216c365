"""Lists cut into pages: cursors, both directions, and the order of a shop's records by time or number."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec
from graphql import GraphQLError

from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_search import Search, bounds, finds, first_at
from shopwarden.sandbox.shop_state import Shop
from shopwarden.sandbox.shop_world import seconds

MOST = 250
REACHABLE = 25_000
_SORTED_BY_TIME = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "PROCESSED_AT": "processedAt"}


@dataclass(frozen=True, slots=True)
class Page:
    """What a connection was asked for. `backwards`: from the end, by `last` and `before`."""

    count: int
    cursor: tuple[int, int, int] | None
    backwards: bool

    @classmethod
    def of(cls, asked: Record) -> Page:
        """GraphQLError as the platform words it."""
        first, last = asked.get("first"), asked.get("last")
        if first is None and last is None:
            raise bad("you must provide one of first or last")
        if first is not None and last is not None:
            raise bad("providing both first and last is not supported")
        count = first if isinstance(first, int) else last
        if not isinstance(count, int) or not 1 <= count <= MOST:
            raise bad(f"Argument must be between 1 and {MOST}, {count} given")
        backwards = first is None
        mark = asked.get("before") if backwards else asked.get("after")
        return cls(count, None if mark is None else _read(str(mark)), backwards)


def bad(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def cut(values: list[Record], asked: Record) -> Record:
    """A connection over a short list."""
    page = Page.of(asked)
    listed = list(enumerate(values))
    if asked.get("reverse"):
        listed.reverse()
    keyed = [((place, 0), value) for place, (_, value) in enumerate(listed)]
    if page.backwards:
        keyed.reverse()
    if page.cursor is not None:
        edge = page.cursor[0]
        keyed = [one for one in keyed if (one[0][0] < edge if page.backwards else one[0][0] > edge)]
    return connection(iter(keyed), page)


def connection(found: Iterator[tuple[tuple[int, int], Record]], page: Page) -> Record:
    """`found`: ((place in the order, number), record) from the cursor on, in the direction of the page."""
    done = page.cursor[2] if page.cursor else 0
    taken = list(islice(found, page.count + 1))
    more, taken = len(taken) > page.count, taken[: page.count]
    if done + len(taken) > REACHABLE:
        raise bad(f"Only the first {REACHABLE} objects can be reached by pages; narrow the query")
    edges = [
        {"cursor": _write(key[0], key[1], done + place + 1), "node": record} for place, (key, record) in enumerate(taken)
    ]
    if page.backwards:
        edges.reverse()
    behind = page.cursor is not None
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": behind if page.backwards else more,
            "hasPreviousPage": more if page.backwards else behind,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def listed(shop: Shop, kind: str, search: Search, asked: Record) -> Record:
    """The connection of a shop's customers or orders."""
    page = Page.of(asked)
    sort = _SORTED_BY_TIME.get(str(asked.get("sortKey")))
    down = bool(asked.get("reverse")) != page.backwards
    found = walk(shop, kind, search, (sort, down), page.cursor[:2] if page.cursor else None)
    return connection(found, page)


def count(shop: Shop, kind: str, search: Search, limit: int | None) -> Record:
    """Counts stop at `limit`."""
    if not any(search):
        held = shop.customers if kind == "customer" else shop.orders
        made = sum(1 for number in held.changed if number >= held.first + held.count)
        total = held.count - sum(1 for number in held.gone if number < held.first + held.count) + made
    else:
        most = limit if limit is not None else 10**9
        total = sum(1 for _ in islice(walk(shop, kind, search), most + 1))
    over = limit is not None and total > limit
    return {"count": limit if over else total, "precision": "AT_LEAST" if over else "EXACT"}


def walk(
    shop: Shop,
    kind: str,
    search: Search = ((),),
    order: tuple[str | None, bool] = (None, False),
    edge: tuple[int, int] | None = None,
) -> Iterator[tuple[tuple[int, int], Record]]:
    """All that is found, by number, or by the time in the member `order` names and then by number; from `edge` on, which
    is left out. The second of `order`: downwards."""
    held, get = (shop.customers, shop.customer) if kind == "customer" else (shop.orders, shop.order)
    sort, down = order

    def key(number: int, record: Record) -> tuple[int, int]:
        return (seconds(str(record[sort])), number) if sort else (number, number)

    low, high = bounds(search, shop.world, kind)
    if edge is not None:
        low, high = _beyond(shop, kind, (low, high), (sort, down), edge)
    keyed = [(key(number, one), one) for number, one in list(held.changed.items())]
    changed = sorted(keyed, key=lambda one: one[0], reverse=down)
    begun = _begun(range(low, high), held.first, get, held.changed.keys() | held.gone, down)
    merged = heapq.merge(((key(number, one), one) for number, one in begun), changed, key=lambda one: one[0], reverse=down)
    for at, record in merged:
        if (edge is None or (at < edge if down else at > edge)) and finds(search, record):
            yield at, record


def _beyond(
    shop: Shop, kind: str, places: tuple[int, int], order: tuple[str | None, bool], edge: tuple[int, int]
) -> tuple[int, int]:
    """Narrows the places to those that can lie beyond the edge: numbers and times both grow with the place."""
    (low, high), (sort, down) = places, order
    held = shop.customers if kind == "customer" else shop.orders
    if sort is None:
        place = min(max(edge[1] - held.first, low), high)
        return (low, min(high, place + 1)) if down else (max(low, place), high)
    at = shop.world.customer_time if kind == "customer" else shop.world.order_time
    if down:
        return low, max(low, min(high, first_at(at, held.count, edge[0] + 1)))
    return min(high, max(low, first_at(at, held.count, edge[0] - 60))), high


def _begun(
    places: range, first: int, get: Callable[[int], Record | None], left_out: set[int], down: bool
) -> Iterator[tuple[int, Record]]:
    for place in reversed(places) if down else places:
        number = first + place
        if number not in left_out and (record := get(number)) is not None:
            yield number, record


def _write(key: int, number: int, done: int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([key, number, done])).decode()


def _read(cursor: str) -> tuple[int, int, int]:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[int, int, int])
    except (ValueError, msgspec.MsgspecError):
        raise bad("Invalid cursor for current pagination sort.") from None
