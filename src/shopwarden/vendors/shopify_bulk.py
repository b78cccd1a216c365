"""Shopify's bulk reads: begun, watched, and their result cut into whole records. Pure.

Contract: `bulkOperationRunQuery` collects in the background; the result is JSON lines, children behind their parent with
`__parentId` (groupObjects), good for seven days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from shopwarden.contracts.vendor import VendorFault
from shopwarden.vendors.shopify_records import (
    ADDRESS_FIELDS,
    CUSTOMER_ALONE,
    CUSTOMER_FIELDS,
    LINE_ITEM_FIELDS,
    ORDER_ALONE,
    ORDER_FIELDS,
)

Kind = Literal["customers", "orders"]
QUERIES: Mapping[Kind, str] = {
    "customers": (
        f"{{ customers {{ edges {{ node {{ {CUSTOMER_FIELDS} addressesV2 {{ edges {{ node {{ {ADDRESS_FIELDS} }} }} }}"
        " } } } }"
    ),
    "orders": (
        f"{{ orders {{ edges {{ node {{ {ORDER_FIELDS} lineItems {{ edges {{ node {{ {LINE_ITEM_FIELDS} }} }} }} }} }} }} }}"
    ),
}
IMPERSONAL: Mapping[Kind, str] = {
    "customers": f"{{ customers {{ edges {{ node {{ {CUSTOMER_ALONE} }} }} }} }}",
    "orders": (
        f"{{ orders {{ edges {{ node {{ {ORDER_ALONE} lineItems {{ edges {{ node {{ {LINE_ITEM_FIELDS} }} }} }} }} }} }} }}"
    ),
}
"""For shops that do not let the app see who their customers are: there the full questions are refused as a whole."""
RUN = """mutation Collect($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) { bulkOperation { id status } userErrors { field message } }
}"""
WATCH = """query Watch($id: ID!) {
  node(id: $id) { ... on BulkOperation { id status errorCode objectCount rootObjectCount fileSize url partialDataUrl } }
}"""
LONGEST_LINE = 4 * 1024 * 1024


class Operation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`object_count` grows while the shop collects; `url` is there in the end, unless nothing was found."""

    id: str
    status: str
    error_code: str | None = None
    object_count: str | int | None = None
    root_object_count: str | int | None = None
    url: str | None = None

    @property
    def is_running(self) -> bool:
        return self.status in ("CREATED", "RUNNING", "CANCELING")

    @property
    def is_done(self) -> bool:
        return self.status == "COMPLETED"

    @property
    def is_passing(self) -> bool:
        """Whether asking again may help where it failed."""
        return self.status in ("FAILED", "EXPIRED") and not self.is_denied

    @property
    def is_denied(self) -> bool:
        """Something that was asked for may not be seen."""
        return self.error_code == "ACCESS_DENIED"

    @property
    def objects(self) -> int:
        return int(self.object_count or 0)

    @property
    def roots(self) -> int:
        return int(self.root_object_count or 0)

    @property
    def is_expired(self) -> bool:
        """Results are kept for seven days; of an operation that found nothing there never is one."""
        return self.is_done and self.url is None and self.roots > 0


def read_operation(data: object) -> Operation:
    """VendorFault where the shop knows no such operation any more, or tells of it in an unknown form."""
    if data is None:
        raise VendorFault("invalid_input", "the shop knows nothing of this bulk read any more")
    try:
        return msgspec.convert(data, Operation)
    except msgspec.ValidationError:
        raise VendorFault("contract_changed", "Shopify tells of a bulk read in an unknown form") from None


def is_busy(fault: VendorFault) -> bool:
    """Whether the shop runs as many bulk reads of this app as it allows."""
    return fault.kind == "invalid_input" and "already in progress" in str(fault)


class Record(msgspec.Struct, frozen=True):
    """One customer or order with what belongs to it; `end` is the place in the file right behind it."""

    node: dict[str, object]
    children: list[dict[str, object]]
    end: int


class Cutter:
    """Cuts the bytes of a result into records. `offset`: where in the file the first byte lies. `unreadable` counts lines
    that are no JSON objects: they cost no other line."""

    def __init__(self, offset: int = 0) -> None:
        self.unreadable = 0
        self._rest = bytearray()
        self._at = offset
        self._open: dict[str, object] | None = None
        self._children: list[dict[str, object]] = []

    def feed(self, chunk: bytes) -> Iterator[Record]:
        """Records that are whole now: all but the last, whose children may still come. VendorFault: no JSON lines."""
        self._rest += chunk
        while (end := self._rest.find(b"\n")) >= 0:
            line = bytes(self._rest[:end])
            del self._rest[: end + 1]
            begin, self._at = self._at, self._at + end + 1
            yield from self._line(line, begin)
        if len(self._rest) > LONGEST_LINE:
            raise VendorFault("contract_changed", "a line of the bulk read has no end")

    def end(self) -> Iterator[Record]:
        """What is left when the file has ended."""
        begin, line = self._at, bytes(self._rest)
        self._rest.clear()
        self._at += len(line)
        if line.strip():
            yield from self._line(line, begin)
        yield from self._close(self._at)

    def _line(self, line: bytes, begin: int) -> Iterator[Record]:
        if not line.strip():
            return
        try:
            node = msgspec.json.decode(line, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.unreadable += 1
            return
        if "__parentId" in node:
            if self._open is not None and node["__parentId"] == self._open.get("id"):
                self._children.append(node)
            return
        yield from self._close(begin)
        self._open = node

    def _close(self, end: int) -> Iterator[Record]:
        if self._open is not None:
            yield Record(self._open, self._children, end)
        self._open, self._children = None, []
