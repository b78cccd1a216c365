"""Errors as RFC 9457 problem documents: one shape for everything that goes wrong, and the handlers that make it."""

from __future__ import annotations

import re
import traceback
from http import HTTPStatus

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from shopwarden.api.choices import told_choices
from shopwarden.contracts.problem import PROBLEM_TYPE, FieldError, problem_body
from shopwarden.errors import RefuseError, RetryError, SkipError

_INNER = re.compile(r"Object (missing required|contains unknown) field `([^`]*)`")
_log = structlog.get_logger(__name__)

AnyRequest = Request[object, object, State]


def request_id_of(request: AnyRequest) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def _answer(
    request: AnyRequest,
    status: int,
    detail: str,
    *,
    type: str = "",
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    body = problem_body(status, detail, type=type, errors=errors, request_id=request_id_of(request))
    return Response(body, status_code=status, media_type=PROBLEM_TYPE, headers=headers)


def refused(request: AnyRequest, error: RefuseError) -> Response[bytes]:
    errors = tuple(FieldError(field=field, message=message) for field, message in error.fields.items())
    return _answer(request, error.status, error.detail, type=error.type, errors=errors, headers=error.headers)


def framework_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500 and not _is_disconnect(error):
        return unexpected(request, error)
    errors = _field_errors(error.extra, _body_type(request))
    headers = {k: str(v) for k, v in (error.headers or {}).items()}
    if error.status_code == 404:
        return _answer(request, 404, f"Nothing is at {request.url.path}.", headers=headers)
    if error.status_code == 405:
        return _answer(request, 405, f"{request.method} is not possible here.", headers=headers)
    if error.status_code == 413:
        return _answer(request, 413, "The body is larger than this endpoint takes; send it in parts.", headers=headers)
    if errors:
        named = "; ".join(f"{e.field}: {e.message}" for e in errors[:5])
        return _answer(request, 400, f"Not understood: {named}.", type="invalid-input", errors=errors, headers=headers)
    detail = error.detail or HTTPStatus(error.status_code).phrase
    return _answer(request, error.status_code, detail, headers=headers)


def _is_disconnect(error: HTTPException) -> bool:
    return "disconnected" in (error.detail or "")


def _body_type(request: AnyRequest) -> object:
    """What the endpoint reads its body as; None where it reads none."""
    signature = getattr(request.scope.get("route_handler"), "parsed_fn_signature", None)
    body = signature.parameters.get("data") if signature is not None else None
    return None if body is None else body.annotation


def _field_errors(extra: object, body: object) -> tuple[FieldError, ...]:
    if not isinstance(extra, list):
        return ()
    return tuple(
        field_error(str(item.get("key") or item.get("source") or ""), str(item.get("message", "is not valid")), body)
        for item in extra
        if isinstance(item, dict)
    )


def field_error(path: str, message: str, body: object = None) -> FieldError:
    """The wrong field by its own path: a missing or unknown field is named itself, not the object around it; one that takes
    few values with these, where the type of the `body` tells them."""
    path = path.removeprefix("data").lstrip(".")
    if inner := _INNER.search(message):
        what = "is missing" if inner[1] == "missing required" else "is not known here"
        return FieldError(field=f"{path}.{inner[2]}" if path else inner[2], message=what)
    message = told_choices(body, path, message)
    return FieldError(field=path or "body", message=message[:1].lower() + message[1:])


def invalid(request: AnyRequest, error: msgspec.ValidationError) -> Response[bytes]:
    message, _, path = str(error).partition(" - at `$")
    wrong = field_error(path.rstrip("`").lstrip("."), message)
    detail = f"Not understood: {wrong.field}: {wrong.message}."
    return _answer(request, 400, detail, type="invalid-input", errors=(wrong,))


def later(request: AnyRequest, error: RetryError) -> Response[bytes]:
    wait = max(1, round(error.after or 2))
    return _answer(request, 503, "This is not possible right now; try again.", headers={"Retry-After": str(wait)})


def skipped(request: AnyRequest, error: SkipError) -> Response[bytes]:
    return _answer(request, 422, str(error), type="unusable")


def too_deep(request: AnyRequest, error: RecursionError) -> Response[bytes]:
    wrong = FieldError(field="body", message="is nested too deeply")
    return _answer(request, 400, "The body is nested too deeply.", type="invalid-input", errors=(wrong,))


def unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    if isinstance(error, ConnectionError | TimeoutError) or getattr(error, "sqlstate", "").startswith(("08", "57P")):
        _log.error("dependency_unreachable", error=type(error).__name__, route=str(request.scope.get("path_template", "")))
        return later(request, RetryError("unreachable", after=2))
    # The way to the error, not its message nor any values: both may hold personal data or keys.
    way = "".join(traceback.format_tb(error.__traceback__))
    _log.error("unexpected_error", request_id=request_id_of(request), error=type(error).__name__, traceback=way)
    return _answer(request, 500, "This is our fault, not yours. Tell the operator the request id.", type="unexpected")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    RefuseError: refused,
    RetryError: later,
    SkipError: skipped,
    msgspec.ValidationError: invalid,
    HTTPException: framework_error,
    RecursionError: too_deep,
    Exception: unexpected,
}
