"""Where requests to a shop come in: which shop, which address, and who may."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shopwarden.errors import RefuseError
from shopwarden.sandbox import shop_graphql, shop_install, shop_tokens
from shopwarden.sandbox.shop_house import DOMAIN, house_of
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import Call
from shopwarden.sandbox.shop_state import Shop
from shopwarden.sandbox.shop_versions import answering
from shopwarden.sandbox.stand_in import Heard, Said

_CLOSED = {
    "frozen": Said.of({"errors": "Unavailable Shop"}, 402),
    "gone": Said.of({"errors": "Not Found"}, 404),
    "locked": Said.of({"errors": "This shop is unavailable"}, 423),
    "forbidden": Said.of({"errors": "[API] This action requires merchant approval"}, 403),
}
_NOBODY = "[API] Invalid API key or access token (unrecognized login or wrong password)"


async def admin(heard: Heard) -> Said:
    """Answers at `/{shop}/admin/...` or, with the shop as Host, at `/admin/...`."""
    host = heard.host.rpartition(":")[0] if ":" in heard.host else heard.host
    named, path, base = (host.lower(), heard.path, heard.base) if DOMAIN.fullmatch(host) else _split(heard)
    try:
        shop = house_of(heard).shop(named)
    except RefuseError:
        return Said.of({"errors": "Not Found"}, 404)
    match path.strip("/").split("/"):
        case ["admin", "oauth", "authorize"]:
            return shop_install.authorize(shop, heard)
        case ["admin", "oauth", "access_token"] if heard.method == "POST":
            given: Record = heard.json() if heard.is_json() else dict(heard.form())
            return _CLOSED["gone"] if shop.state == "gone" else shop_tokens.grant(shop, given)
        case ["admin", "api", version, "graphql.json"] if heard.method == "POST":
            return _graphql(shop, heard, version, base)
        case ["admin", "apps", client_id] if client_id in shop.apps and shop.apps[client_id].app_url:
            app = shop.apps[client_id]
            return Said(302, b"", {"location": shop_install.launch(shop, app, app.app_url)})
        case ["bulk", name]:
            return _file(shop, heard, name.removesuffix(".jsonl"))
    return Said.of({"errors": "Not Found"}, 404)


def _split(heard: Heard) -> tuple[str, str, str]:
    named, _, path = heard.path.lstrip("/").partition("/")
    return named.lower(), f"/{path}", f"{heard.base}/{named}"


def _graphql(shop: Shop, heard: Heard, asked: str, base: str) -> Said:
    if shop.state in _CLOSED:
        return _CLOSED[shop.state]
    version = answering(asked)
    if version is None:
        return Said.of({"errors": "Not Found"}, 404)
    token = shop_tokens.find(shop, heard.headers.get("x-shopify-access-token", ""))
    if token is None:
        return Said.of({"errors": _NOBODY}, 401)
    try:
        given: Record = msgspec.json.decode(heard.body, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if not heard.headers.get("content-type", "").startswith("application/graphql"):
            return Said.of({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        given = {"query": heard.body.decode("utf-8", "replace")}
    said = shop_graphql.answer(Call(shop, token.client_id, token.scopes, version, base), given)
    return Said(said.status, said.body, {**said.headers, "x-shopify-api-version": version}, note=said.note)


def _file(shop: Shop, heard: Heard, name: str) -> Said:
    """What a bulk operation wrote, whole or in part (`Range: bytes=from-to`); whoever has the ticket may have it."""
    bulk = shop.bulks.get(int(name)) if name.isdigit() else None
    if bulk is None or bulk.path is None or bulk.size is None or heard.asked("ticket") != bulk.ticket:
        return Said(403, b"<Error><Code>AccessDenied</Code></Error>", {"content-type": "application/xml"})
    headers = {"content-type": "application/jsonl", "accept-ranges": "bytes", "etag": f'"{bulk.ticket}"'}
    unit, _, span = heard.headers.get("range", "").partition("=")
    if unit.strip() != "bytes" or "," in span:
        return Said(200, Path(bulk.path).read_bytes(), headers)
    first, _, last = span.strip().partition("-")
    if not (first or last) or not (first + last).isdigit():
        return Said(200, Path(bulk.path).read_bytes(), headers)
    begin = int(first) if first else max(0, bulk.size - int(last))
    end = min(bulk.size, int(last) + 1) if first and last else bulk.size
    if begin >= end:
        return Said(416, b"", {**headers, "content-range": f"bytes */{bulk.size}"})
    with open(bulk.path, "rb") as file:
        file.seek(begin)
        part = file.read(end - begin)
    return Said(206, part, {**headers, "content-range": f"bytes {begin}-{end - 1}/{bulk.size}"})
