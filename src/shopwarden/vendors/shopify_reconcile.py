"""Comparing a shop with what is known of it: which changes to ask for, what is missing, where to look closer. Pure.

Contract: searches compare times by `created_at` and `updated_at`; 250 objects a page, 25,000 by pages at all; counts may
stop short of large numbers and then say so. Without `read_all_orders` only orders of the last 60 days are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from shopwarden.contracts.vendor import VendorFault
from shopwarden.vendors.shopify_bulk import Kind
from shopwarden.vendors.shopify_records import ADDRESS_FIELDS, CUSTOMER_FIELDS, LINE_ITEM_FIELDS, ORDER_FIELDS

Node = Mapping[str, object]
_T = TypeVar("_T")

PAGE = 250
ITEMS = 20
AT_ONCE: Mapping[Kind, int] = {"customers": 20, "orders": 4}
"""Whole objects in one query: what a query may cost allows no more."""
MOST_ID = 2**53
HIDDEN_AFTER = timedelta(days=59)
"""Orders older than 60 days need a right of their own; a day is left for whose clock it is."""
ALL_ORDERS = "read_all_orders"
BEGINNING = datetime(2004, 1, 1, tzinfo=UTC)
"""Before any shop there is."""

_INFO = "pageInfo { hasNextPage endCursor }"
LIST: Mapping[Kind, str] = {
    kind: (
        f"query List($search: String!, $after: String) {{ {kind}(first: {PAGE}, after: $after, sortKey: UPDATED_AT,"
        f" query: $search) {{ nodes {{ id updatedAt }} {_INFO} }} }}"
    )
    for kind in ("customers", "orders")
}
COUNT: Mapping[Kind, str] = {
    kind: f"query Count($search: String) {{ {kind}Count(query: $search, limit: null) {{ count precision }} }}"
    for kind in ("customers", "orders")
}
_ITEMS_OF = f"(first: {ITEMS}, after: $after) {{ nodes {{ {LINE_ITEM_FIELDS} }} {_INFO} }}"
FETCH: Mapping[Kind, str] = {
    "customers": (
        f"query Fetch($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Customer {{ {CUSTOMER_FIELDS}"
        f" addressesV2(first: {ITEMS}) {{ nodes {{ {ADDRESS_FIELDS} }} }} }} }} }}"
    ),
    "orders": (
        f"query Fetch($ids: [ID!]!, $after: String) {{ nodes(ids: $ids) {{ ... on Order {{ {ORDER_FIELDS}"
        f" lineItems{_ITEMS_OF} }} }} }}"
    ),
}
MORE_ITEMS = f"query Items($id: ID!, $after: String) {{ order(id: $id) {{ lineItems{_ITEMS_OF} }} }}"
CHILDREN: Mapping[Kind, str] = {"customers": "addressesV2", "orders": "lineItems"}
_TYPE: Mapping[Kind, str] = {"customers": "Customer", "orders": "Order"}


class PageInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """`id` is global; `number` is the shop's own."""

    id: str
    updated_at: datetime

    @property
    def number(self) -> str:
        return self.id.rpartition("/")[2]


class Page(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[Changed]
    page_info: PageInfo


class Children(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[dict[str, object]] = []
    page_info: PageInfo = PageInfo()


class Count(msgspec.Struct, frozen=True):
    count: int
    precision: str = "EXACT"

    @property
    def is_exact(self) -> bool:
        return self.precision == "EXACT"


class Range(msgspec.Struct, frozen=True):
    """Ids from `first` on and before `end`, of what came from `since` on. Ids never change, as times may."""

    first: int
    end: int
    since: datetime

    @property
    def search(self) -> str:
        ids = f"id:>={self.first} AND id:<{self.end}"
        return ids if self.since <= BEGINNING else f"{ids} AND created_at:>='{_iso(self.since)}'"

    @property
    def is_short(self) -> bool:
        return self.end - self.first <= PAGE

    def halves(self) -> tuple[Range, Range]:
        middle = (self.first + self.end) // 2
        return Range(self.first, middle, self.since), Range(middle, self.end, self.since)


def changed_since(since: datetime) -> str:
    """The search for what was changed from then on."""
    return f"updated_at:>='{_iso(since)}'"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seen_since(kind: Kind, scopes: list[str], now: datetime) -> datetime:
    """From when on the app sees everything."""
    hidden = kind == "orders" and ALL_ORDERS not in scopes
    return (now - HIDDEN_AFTER).replace(microsecond=0) if hidden else BEGINNING


def ranges(known: tuple[int, int] | None, since: datetime) -> list[Range]:
    """All ids there can be, cut at the least and the greatest that is known."""
    if known is None:
        return [Range(0, MOST_ID, since)]
    least, greatest = known
    return [Range(0, least, since), Range(least, greatest + 1, since), Range(greatest + 1, MOST_ID, since)]


def lost(changed: list[Changed], known: Mapping[str, datetime]) -> list[str]:
    """Numbers of those that are not known, or only as they were before."""
    return [one.number for one in changed if one.number not in known or known[one.number] < one.updated_at]


def gid(kind: Kind, number: str) -> str:
    return f"gid://shopify/{_TYPE[kind]}/{number}"


def read_page(data: Node, kind: Kind) -> Page:
    return _read(data.get(kind), Page)


def read_count(data: Node, kind: Kind) -> Count:
    return _read(data.get(f"{kind}Count"), Count)


def read_children(part: object) -> Children:
    return _read(part or {}, Children)


def _read(part: object, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(part, kind)
    except msgspec.ValidationError:
        raise VendorFault("contract_changed", "Shopify's answer is not what was asked for") from None
