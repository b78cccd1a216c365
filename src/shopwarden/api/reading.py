"""Reads requests strictly: clean JSON bodies, and only the query parameters an endpoint declares."""

from __future__ import annotations

import re

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from shopwarden.errors import RefuseError

# An escaped NUL: \u0000 behind an even number of backslashes. PostgreSQL keeps no NUL in text.
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class CheckedRequest(Request[object, object, State]):
    """Refuses JSON bodies of the API that no database could keep. Webhook bodies pass untouched: they are signed."""

    async def body(self) -> bytes:
        raw = await super().body()
        if self.scope["path"].startswith("/api/"):
            if b"\x00" in raw or _ESCAPED_NUL.search(raw):
                raise RefuseError("The body contains a NUL character.", fields={"body": "contains a NUL character"})
            try:
                raw.decode()
            except UnicodeDecodeError as error:
                raise RefuseError(
                    f"The body is not valid UTF-8 at byte {error.start}.", fields={"body": "is not valid UTF-8"}
                ) from None
        return raw


async def known_parameters_only(
    connection: ASGIConnection[BaseRouteHandler, object, object, State], handler: BaseRouteHandler
) -> None:
    """Guard: 400 naming the allowed query parameters if the call has another one, or the same one twice.

    An endpoint with the option `more_parameters` is called by others' servers, which may add their own.
    """
    if handler.opt.get("more_parameters"):
        return
    template = connection.scope.get("path_template", "")
    method = str(connection.scope.get("method", ""))
    allowed = connection.app.state.query_parameters.get((method, template))
    if allowed is None:
        return
    seen: set[str] = set()
    for name, _value in connection.query_params.multi_items():
        if name not in allowed:
            listed = ", ".join(sorted(allowed)) or "none"
            raise RefuseError(
                f"There is no parameter {name[:60]!r} here. Allowed: {listed}.",
                type="unknown-parameter",
                fields={name[:60]: f"is not a parameter here; allowed: {listed}"},
            )
        if name in seen:
            raise RefuseError(f"{name} is given twice.", fields={name: "is given twice"})
        seen.add(name)
