"""What the OpenAPI document says of an import: its two kinds of body, and its answer."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.import_row import ImportRow
from shopwarden.steps.import_customers import RowResult


class ImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`results` has one entry per row, in their order; it is empty when an import is only told again (`replayed`)."""

    task_id: UUID
    source: Literal["shopify", "klaviyo", "manual"]
    received: int
    created: int
    updated: int
    rejected: int
    replayed: bool
    results: list[RowResult]


def _inlined() -> dict[str, object]:
    (_,), schemas = msgspec.json.schema_components(
        (ImportRow,), schema_hook=lambda _: {"description": "Any JSON value"}, ref_template="#/components/schemas/{name}"
    )
    row: dict[str, object] = schemas["ImportRow"]
    properties = row["properties"]
    assert isinstance(properties, dict)
    properties["addresses"] = {"type": "array", "items": schemas["ImportAddress"], "maxItems": 50}
    return row


_ROW = _inlined()
_EXAMPLES = (
    {"id": "7001", "email": "jane@example.com", "first_name": "Jane", "orders_count": 3, "total_spent": "129.70"},
    {"email": "tom@example.org", "phone": "+4930123456", "tags": ["newsletter"]},
)
IMPORT_BODY: dict[str, object] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["data"],
                "properties": {
                    "source": {"type": "string", "enum": ["shopify", "klaviyo", "manual"]},
                    "data": {"type": "array", "items": _ROW},
                },
            },
            "example": {"source": "manual", "data": list(_EXAMPLES)},
        },
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "One JSON object per line."},
            "example": "\n".join(msgspec.json.encode(row).decode() for row in _EXAMPLES),
        },
    },
}
