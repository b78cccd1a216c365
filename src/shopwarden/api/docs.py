"""The OpenAPI document and a page that shows it, without any asset from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from litestar import Response, get
from litestar.datastructures import State

# The framework adds the charset to every text.
_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_CACHED = {"Cache-Control": "no-cache"}


@cache
def _page(name: str) -> bytes:
    return files("shopwarden.api").joinpath("pages", name).read_bytes()


def _asset(name: str) -> Response[bytes]:
    return Response(_page(name), media_type=_KINDS[name.rpartition(".")[2]], headers=_CACHED)


@get(["/api/docs", "/api/docs/"], include_in_schema=False)
async def page() -> Response[bytes]:
    return _asset("docs.html")


@get("/api/docs/docs.css", include_in_schema=False)
async def style() -> Response[bytes]:
    return _asset("docs.css")


@get("/api/docs/docs.js", include_in_schema=False)
async def script() -> Response[bytes]:
    return _asset("docs.js")


@get("/api/docs/sample.js", include_in_schema=False)
async def sample() -> Response[bytes]:
    return _asset("sample.js")


@get("/api/openapi.json", include_in_schema=False)
async def document(state: State) -> Response[dict[str, object]]:
    return Response(state.document, media_type="application/json", headers=_CACHED)


HANDLERS = [page, style, script, sample, document]
