"""The one shape of everything that goes wrong over HTTP: problem documents, RFC 9457."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec

PROBLEM_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One wrong field: its path (`data.3.email`, `limit`) and what is wrong with it."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document (RFC 9457). `type` is stable; `detail` says what to do; `request_id` finds it in the log."""

    type: Annotated[str, msgspec.Meta(examples=["urn:shopwarden:problem:bad-request"])]
    title: str
    status: int
    detail: str
    request_id: str = ""
    errors: tuple[FieldError, ...] = ()


def problem_body(
    status: int, detail: str, *, type: str = "", errors: tuple[FieldError, ...] = (), request_id: str = ""
) -> bytes:
    """The document as bytes, for answers made outside the framework as well."""
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    name = type or title.lower().replace(" ", "-")
    return msgspec.json.encode(
        Problem(
            type=f"urn:shopwarden:problem:{name}",
            title=title,
            status=status,
            detail=detail,
            request_id=request_id,
            errors=errors,
        )
    )
