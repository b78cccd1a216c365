"""The cookies of a browser that signed in: the session, unreadable for scripts, and its token against forged requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State

from shopwarden.errors import RefuseError
from shopwarden.store.user_sessions import NewSession

CSRF_HEADER = "X-CSRF-Token"
_SESSION, _CSRF, _SIGN_ON = "shopwarden_session", "shopwarden_csrf", "shopwarden_sso"
# Browsers take a cookie of this name over https only, from this host only: a neighbouring host can't plant one.
_HOST = "__Host-"
AnyConnection = ASGIConnection[Any, Any, Any, State]


def here(connection: AnyConnection) -> str:
    """Where this installation is reached from outside, without a slash at its end."""
    return (str(connection.app.state.settings.public_url) or str(connection.base_url)).rstrip("/")


def is_https(connection: AnyConnection) -> bool:
    named = str(connection.app.state.settings.public_url)
    return named.startswith("https://") if named else connection.scope.get("scheme") == "https"


def session_token(connection: AnyConnection) -> str:
    """The token of the browser's session; empty where it has none."""
    return connection.cookies.get(_name(connection, _SESSION), "")


def csrf_cookie(connection: AnyConnection) -> str:
    """Its name."""
    return _name(connection, _CSRF)


def session_cookies(connection: AnyConnection, new: NewSession) -> list[Cookie]:
    age = max(1, int((new.expires_at - datetime.now(UTC)).total_seconds()))
    return [_cookie(connection, _SESSION, new.token, age), _cookie(connection, _CSRF, new.csrf_token, age)]


def no_session_cookies(connection: AnyConnection) -> list[Cookie]:
    return [_cookie(connection, _SESSION, "", 0), _cookie(connection, _CSRF, "", 0)]


def sign_on_cookie(connection: AnyConnection, value: str, seconds: int) -> Cookie:
    """Ties a single sign-on to the browser that began it."""
    return _cookie(connection, _SIGN_ON, value, seconds)


def sign_on_secret(connection: AnyConnection) -> str:
    return connection.cookies.get(_name(connection, _SIGN_ON), "")


def _name(connection: AnyConnection, name: str) -> str:
    return _HOST + name if is_https(connection) else name


def _cookie(connection: AnyConnection, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=_name(connection, name),
        value=value,
        path="/",
        max_age=seconds,
        secure=is_https(connection),
        httponly=name != _CSRF,  # the page has to send that one back in a header
        samesite="lax",
    )


def refuse_other_sites(connection: AnyConnection) -> None:
    """RefuseError 403 for a sign-in that another site's page makes a browser send: it would sign its visitor in as somebody
    else. Programs that are no browsers say nothing of a site and pass."""
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        hosts = {connection.headers.get("host", ""), urlsplit(str(connection.app.state.settings.public_url)).netloc} - {""}
        foreign = origin is not None and origin.partition("://")[2] not in hosts
    if foreign:
        raise RefuseError("Sign in on this server's own pages.", status=403, type="other-site")
