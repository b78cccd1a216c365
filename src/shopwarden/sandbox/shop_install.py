"""The page on which a merchant lets an app in, and the signed ways back to the app."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from shopwarden.sandbox.shop_state import App, Shop
from shopwarden.sandbox.stand_in import Heard, Said

_CODE_LIFE = 60
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Install {name}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color:#222}}
form{{display:flex;gap:1rem}}button{{font:inherit;padding:.6rem 1.4rem;border-radius:.5rem;border:1px solid #888;
background:#fff}}button[value=install]{{background:#1a1a1a;color:#fff}}small{{color:#666}}</style></head>
<body><h1>Install {name}</h1><p>on <strong>{shop}</strong></p><p>This app will be able to:</p><ul>{scopes}</ul>
<form method="post">{fields}<button name="answer" value="install">Install</button>
<button name="answer" value="cancel">Cancel</button></form><p><small>Sandbox: this shop is made up.</small></p>
</body></html>"""


def sign(app: App, values: Mapping[str, str]) -> dict[str, str]:
    """The values with `hmac` over them, sorted, as the platform signs whatever it sends through a browser."""
    message = "&".join(f"{name}={values[name]}" for name in sorted(values))
    return {**values, "hmac": hmac.new(app.secret.encode(), message.encode(), hashlib.sha256).hexdigest()}


def host(shop: Shop) -> str:
    name = f"admin.shopify.com/store/{shop.domain.removesuffix('.myshopify.com')}"
    return base64.b64encode(name.encode()).rstrip(b"=").decode()


def launch(shop: Shop, app: App, app_url: str) -> str:
    """The app's address as the shop's admin opens it."""
    values = {"shop": shop.domain, "host": host(shop), "timestamp": str(int(time.time()))}
    return _joined(app_url, sign(app, values))


def authorize(shop: Shop, heard: Heard) -> Said:
    """The page on GET; on POST, from its form, the way back."""
    asked = [*heard.query, *heard.form().items()] if heard.method == "POST" else list(heard.query)
    values = dict(asked)
    app = shop.apps.get(values.get("client_id", ""))
    if app is None:
        return _problem("Could not find the app: its client_id is unknown.")
    back = values.get("redirect_uri") or (app.redirect_uris[0] if app.redirect_uris else "")
    if urlsplit(back).scheme not in {"http", "https"} or (app.redirect_uris and back not in app.redirect_uris):
        return _problem("The redirect_uri is not whitelisted.")
    if heard.method != "POST":
        return _page(shop, app, asked)
    state = values.get("state", "")
    if values.get("answer") != "install":
        sent = {"error": "access_denied", "shop": shop.domain, "state": state}
        return _away(back, sign(app, {**sent, "timestamp": str(int(time.time()))}))
    kind = "online" if ("grant_options[]", "per-user") in asked else "offline"
    code = secrets.token_hex(16)
    shop.codes[code] = (app.client_id, _scopes(app, values), kind, time.time() + _CODE_LIFE)
    sent = {"code": code, "host": host(shop), "shop": shop.domain, "state": state, "timestamp": str(int(time.time()))}
    return _away(back, sign(app, sent))


def _scopes(app: App, values: Mapping[str, str]) -> tuple[str, ...]:
    """Those asked for, each once; to write implies to read and is not said twice."""
    asked = [scope.strip() for scope in values.get("scope", "").split(",") if scope.strip()] or list(app.scopes)
    writing = {scope.replace("write_", "read_", 1) for scope in asked if scope.startswith("write_")}
    return tuple(dict.fromkeys(scope for scope in asked if scope not in writing))


def _page(shop: Shop, app: App, asked: list[tuple[str, str]]) -> Said:
    scopes = _scopes(app, dict(asked))
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in asked
    )
    page = _PAGE.format(
        name=html.escape(app.name),
        shop=html.escape(shop.domain),
        scopes="".join(f"<li>{html.escape(scope.replace('_', ' '))}</li>" for scope in scopes),
        fields=fields,
    )
    return Said(200, page.encode(), {"content-type": "text/html; charset=utf-8"}, note="install page")


def _problem(text: str) -> Said:
    page = f"<!doctype html><title>Oauth error</title><h1>Oauth error</h1><p>{html.escape(text)}</p>"
    return Said(400, page.encode(), {"content-type": "text/html; charset=utf-8"})


def _away(back: str, values: Mapping[str, str]) -> Said:
    return Said(302, b"", {"location": _joined(back, values)})


def _joined(address: str, values: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(values)) if part)
    return urlunsplit(parts._replace(query=query))
