"""What browsers load: script, fingerprint part, widget, and the web pixel to copy, as `make browser` has built them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec
from litestar import Request, Response, route
from litestar.datastructures import State

from shopwarden.errors import RefuseError

FOLDER = Path(str(files("shopwarden").joinpath("browser")))
NAMES = ("t.js", "fp.js", "live.js", "pixel.js")
_HOUR, _DAY = 3_600, 86_400
# An hour, so that a new version is everywhere soon; old ones go on working meanwhile, also while the server is away.
_LIFETIME = f"public, max-age={_HOUR}, stale-while-revalidate={_DAY}, stale-if-error={_DAY}"


class Built(msgspec.Struct, frozen=True):
    """One file in both forms, each with its own strong tag."""

    plain: bytes
    packed: bytes
    tag: str


@lru_cache(maxsize=16)
def _read(path: Path, _changed_ns: int) -> Built:
    plain = path.read_bytes()
    return Built(plain, path.with_name(f"{path.name}.gz").read_bytes(), hashlib.sha256(plain).hexdigest()[:20])


def built(name: str, folder: Path) -> Built:
    """The file as it is now; RefuseError 404 where it has not been built."""
    path = folder / name
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        detail = f"{name} has not been built here: run `make browser`."
        raise RefuseError(detail, status=404, type="not-built", headers={"Access-Control-Allow-Origin": "*"}) from None


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip; `q=0` refuses it."""
    for part in header.lower().split(","):
        coding, _, rest = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return rest.strip().removeprefix("q=").strip("0.") != "" if rest.strip() else True
    return False


def has_it(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names this tag, as weak comparison has it (RFC 9110, 13.1.2)."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in header.split(","))


@route([f"/{name}" for name in NAMES], http_method=["GET", "HEAD"], include_in_schema=False)
async def browser_file(request: Request[object, object, State]) -> Response[bytes]:
    """The newest build, gzipped where the browser takes that; 304 where it has it already."""
    file = built(request.url.path.rpartition("/")[2], FOLDER)
    gzip = accepts_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{file.tag}-gz"' if gzip else f'"{file.tag}"'
    headers = {"Cache-Control": _LIFETIME, "ETag": tag, "Vary": "Accept-Encoding", "Access-Control-Allow-Origin": "*"}
    if has_it(request.headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=304, headers=headers, media_type="text/javascript")
    if gzip:
        headers["Content-Encoding"] = "gzip"
    body = file.packed if gzip else file.plain
    return Response(body, headers=headers, media_type="text/javascript")


HANDLERS = [browser_file]
