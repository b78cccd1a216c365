"""Session tokens of embedded apps: a JWT of a minute's life, signed by Shopify with the app's secret. Pure.

Contract: RFC 7519 and RFC 7515 with HS256 alone; claims iss, dest, aud, sub, exp, nbf, iat, jti, sid.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from shopwarden.errors import RefuseError
from shopwarden.vendors.shopify_app import ShopApp, shop_name

LEEWAY_SECONDS = 10
LONGEST_TOKEN = 4096


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at the app, in which shop."""

    shop: str
    user: str
    session: str


class _Header(msgspec.Struct, frozen=True):
    alg: Literal["HS256"]


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    dest: str
    aud: str
    sub: str
    exp: float
    jti: str
    sid: str
    nbf: float = 0
    iat: float = 0


def read_session(token: str, app: ShopApp, now: datetime) -> Session:
    """The session a token proves. RefuseError 401 that says what is wrong with it."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3 or not token.isascii():
        raise _refused("is not a JWT")
    try:
        msgspec.json.decode(_decoded(parts[0]), type=_Header)
    except (ValueError, msgspec.DecodeError):
        raise _refused("is not signed with HS256") from None
    if not _is_signed(parts, app.secrets):
        raise _refused("has a wrong signature")
    try:
        claims = msgspec.json.decode(_decoded(parts[1]), type=_Claims)
    except (ValueError, msgspec.DecodeError):
        raise _refused("lacks a claim it must have") from None
    return _checked(claims, app, now.timestamp())


def _checked(claims: _Claims, app: ShopApp, now: float) -> Session:
    if claims.aud != app.client_id:
        raise _refused("is for another app")
    if claims.exp + LEEWAY_SECONDS < now:
        raise _refused("has expired")
    if max(claims.nbf, claims.iat) - LEEWAY_SECONDS > now:
        raise _refused("is not valid yet")
    issuer, shop = _host(claims.iss), _host(claims.dest)
    if shop is None or issuer != shop:
        raise _refused("names no shop, or two")
    return Session(shop=shop, user=claims.sub, session=claims.sid)


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address if "//" in address else f"https://{address}")
        return shop_name(parts.hostname or "") if parts.scheme == "https" else None
    except ValueError:
        return None


def _is_signed(parts: list[str], secrets: tuple[str, ...]) -> bool:
    try:
        given = _decoded(parts[2])
    except ValueError:
        return False
    fits = False
    for secret in secrets:
        made = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), "sha256").digest()
        fits |= bool(secret) and hmac.compare_digest(made, given)
    return fits


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise ValueError("not base64") from None


def _refused(what: str) -> RefuseError:
    return RefuseError(
        f"The session token {what}.", status=401, type="session-token", headers={"WWW-Authenticate": "Bearer"}
    )
