"""Shopify's installation by OAuth: signed addresses, where to send the merchant, asking for tokens and reading them. Pure.

Contract: the authorization-code flow of Shopify's Admin API with offline tokens, expiring (access token of an hour, refresh
token that changes with every use) or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.signing import fits, hmac_hex
from shopwarden.vendors.shopify_app import ShopApp, read_scopes

Parameters = Iterable[tuple[str, str]]
Grant = Literal["code", "client_credentials"]

TOLERANCE_SECONDS = 300
LONGEST_LIFE = timedelta(days=3660)
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - the name of a kind
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Rights in one shop. `expires_at` None: never. `refresh_token` None: there is nothing to renew with."""

    access_token: str
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    refresh_token: str | None = None
    refresh_expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Tokens(scopes={self.scopes!r}, expires_at={self.expires_at!r})"


class _Told(msgspec.Struct, frozen=True):
    access_token: str
    scope: str = ""
    expires_in: float | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: float | None = None


class _Refused(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


class GrantRefused(VendorFault):
    """Shopify does not give the token; `error` is its word for why (invalid_grant, invalid_request, ...)."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__("auth", message)
        self.error = error


def oauth_message(parameters: Parameters) -> str:
    """What the `hmac` of an address is over: everything else, sorted, `k=v` joined with `&`."""
    lists: dict[str, list[str]] = {}
    for key, value in parameters:
        lists.setdefault(key, []).append(value)
    pairs = []
    for key, values in lists.items():
        if key in ("hmac", "signature"):
            continue
        if key.endswith("[]"):
            key, value = key[:-2], "[" + ", ".join(f'"{each}"' for each in values) + "]"
        else:
            value = values[-1]
        pairs.append(f"{_escape(key).replace('=', '%3D')}={_escape(value)}")
    return "&".join(sorted(pairs))


def proxy_message(parameters: Parameters) -> str:
    """What the `signature` of an app proxy's address is over: sorted, joined with nothing, values of a list with commas."""
    lists: dict[str, list[str]] = {}
    for key, value in parameters:
        if key != "signature":
            lists.setdefault(key, []).append(value)
    return "".join(sorted(f"{key}={','.join(values)}" for key, values in lists.items()))


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")


def is_signed(parameters: Parameters, secrets: tuple[str, ...]) -> bool:
    """Whether the address comes from Shopify unchanged: its `hmac` fits one of the secrets. Constant time."""
    pairs = list(parameters)
    given = [value for key, value in pairs if key == "hmac"]
    return len(given) == 1 and _fits(given[0], oauth_message(pairs), secrets)


def is_proxied(parameters: Parameters, secrets: tuple[str, ...]) -> bool:
    """The same for a request that came through the shop's app proxy."""
    pairs = list(parameters)
    given = [value for key, value in pairs if key == "signature"]
    return len(given) == 1 and _fits(given[0], proxy_message(pairs), secrets)


def _fits(given: str, message: str, secrets: tuple[str, ...]) -> bool:
    body = message.encode("utf-8", "surrogatepass")
    return fits(given, [hmac_hex(secret, body) for secret in secrets if secret])


def is_timely(timestamp: str, now: datetime) -> bool:
    """Whether the address was made within the last minutes, allowing for clocks that differ."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS


def authorize_url(app: ShopApp, shop: str, redirect_uri: str, state: str) -> str:
    """Where the merchant agrees; for a token of the app, not of the person."""
    asked = {"client_id": app.client_id, "scope": ",".join(app.scopes), "redirect_uri": redirect_uri, "state": state}
    return f"{app.admin(shop)}/oauth/authorize?{urlencode(asked)}"


def ask_by_code(app: ShopApp, shop: str, code: str) -> Ask:
    return _ask(app, shop, {"code": code, **_expiring(app)})


def ask_by_refresh(app: ShopApp, shop: str, refresh_token: str) -> Ask:
    """Gives a new pair; the one before goes on working until the new one was used."""
    return _ask(app, shop, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def ask_by_session(app: ShopApp, shop: str, session_token: str) -> Ask:
    """For embedded apps: a session token for one of the app."""
    asked = {"subject_token": session_token, "subject_token_type": _ID_TOKEN, "requested_token_type": _OFFLINE}
    return _ask(app, shop, {"grant_type": _EXCHANGE, **asked, **_expiring(app)})


def ask_by_permanent(app: ShopApp, shop: str, access_token: str) -> Ask:
    """A token without end for an expiring pair; the old one is dead afterwards."""
    asked = {"subject_token": access_token, "subject_token_type": _OFFLINE, "requested_token_type": _OFFLINE}
    return _ask(app, shop, {"grant_type": _EXCHANGE, **asked, "expiring": "1"})


def ask_by_credentials(app: ShopApp, shop: str) -> Ask:
    """For an app on a shop of its maker's own organisation."""
    return _ask(app, shop, {"grant_type": "client_credentials"})


def _expiring(app: ShopApp) -> Mapping[str, str]:
    return {"expiring": "1"} if app.expiring else {}


def _ask(app: ShopApp, shop: str, body: Mapping[str, str]) -> Ask:
    whole = {"client_id": app.client_id, "client_secret": app.secrets[0], **body}
    return Ask(
        name="shopify token",
        url=f"{app.admin(shop)}/oauth/access_token",
        method="POST",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=msgspec.json.encode(whole),
    )


def read_tokens(reply: Reply, now: datetime) -> Tokens:
    """The tokens given. GrantRefused where Shopify says no, VendorFault where it could not or the answer is none."""
    if reply.status in (400, 401, 403, 404):
        raise _refusal(reply)
    if reply.status != 200:
        kind: Literal["rate_limited", "unavailable"] = "rate_limited" if reply.status == 429 else "unavailable"
        raise VendorFault(kind, f"Shopify answered {reply.status} when asked for a token")
    try:
        told = msgspec.json.decode(reply.body, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise VendorFault("contract_changed", "Shopify's answer with a token can't be read") from None
    if not told.access_token or not told.access_token.isascii():
        raise VendorFault("contract_changed", "Shopify's answer holds no token")
    return Tokens(
        access_token=told.access_token,
        scopes=read_scopes(told.scope),
        expires_at=_after(now, told.expires_in),
        refresh_token=told.refresh_token or None,
        refresh_expires_at=_after(now, told.refresh_token_expires_in),
    )


def _after(now: datetime, seconds: float | None) -> datetime | None:
    if seconds is None or not seconds >= 0:
        return None
    return now.astimezone(UTC) + timedelta(seconds=min(seconds, LONGEST_LIFE.total_seconds()))


def _refusal(reply: Reply) -> GrantRefused:
    try:
        told = msgspec.json.decode(reply.body, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = _Refused()
    # Only its word for the reason is passed on: a description may quote what was sent.
    word = told.error if told.error.isascii() and told.error.replace("_", "").isalnum() else ""
    return GrantRefused(word[:60] or "refused", f"Shopify gives no token: {word[:60] or f'status {reply.status}'}")
