"""Bodies that are CSV files: how they are documented, and what else is refused."""

from __future__ import annotations

from litestar import Request
from litestar.datastructures import State

from shopwarden.errors import RefuseError

CSV_TYPES = ("text/csv", "application/csv", "text/plain", "text/tab-separated-values")


def csv_body(example: str) -> dict[str, object]:
    """The request body for the OpenAPI document."""
    return {"required": True, "content": {"text/csv": {"schema": {"type": "string"}, "example": example}}}


def refuse_other_than_csv(request: Request[object, object, State]) -> None:
    """RefuseError 415 for a Content-Type that is no CSV."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CSV_TYPES:
        raise RefuseError(
            f"Send {CSV_TYPES[0]}.", status=415, type="unsupported-media-type",
            fields={"Content-Type": f"is {kind[:60] or 'missing'}"},
        )  # fmt: skip
