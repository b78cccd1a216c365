"""Access tokens: every grant of the platform's token address, tokens that end, refresh tokens that rotate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
import uuid

import msgspec

from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_state import App, Shop, Token
from shopwarden.sandbox.stand_in import Said

LIFE, REFRESH_LIFE, ONLINE_LIFE = 3600, 90 * 86_400, 86_400
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
OFFLINE, ONLINE = (f"urn:shopify:params:oauth:token-type:{kind}-access-token" for kind in ("offline", "online"))
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105


def refused(error: str, why: str) -> Said:
    return Said.of({"error": error, "error_description": why}, 400)


def grant(shop: Shop, given: Record) -> Said:
    """Answers a request to the token address. 400 with an OAuth error for whatever is not in order."""
    app = shop.apps.get(str(given.get("client_id") or ""))
    if app is None:
        return refused("application_cannot_be_found", "No app has this client_id")
    if not hmac.compare_digest(app.secret.encode(), str(given.get("client_secret") or "").encode()):
        return refused("invalid_client", "The client secret is wrong")
    kind = given.get("grant_type")
    if kind == "refresh_token":
        return _refresh(shop, app, str(given.get("refresh_token") or ""))
    if kind == EXCHANGE:
        return _exchange(shop, app, given)
    if kind == "client_credentials":
        return Said.of(_shown(_make(shop, app, "offline", app.scopes, ONLINE_LIFE), ONLINE_LIFE))
    if kind in {None, "authorization_code"} and given.get("code"):
        return _by_code(shop, app, given)
    return refused("invalid_request", "The grant is unknown or the code is missing")


def _by_code(shop: Shop, app: App, given: Record) -> Said:
    client_id, scopes, kind, until = shop.codes.pop(str(given["code"]), ("", (), "", 0.0))
    if client_id != app.client_id or until < time.time():
        return refused("invalid_request", "The authorization code was not found or was already used")
    if kind == "online":
        return Said.of(_online(_make(shop, app, "online", scopes, ONLINE_LIFE)))
    return Said.of(_offline(shop, app, scopes, _is_true(given.get("expiring"))))


def _exchange(shop: Shop, app: App, given: Record) -> Said:
    wanted, subject = str(given.get("requested_token_type")), str(given.get("subject_token") or "")
    if wanted not in {OFFLINE, ONLINE}:
        return refused("invalid_request", "requested_token_type is unknown")
    if given.get("subject_token_type") == OFFLINE:
        old = shop.tokens.get(subject)
        if old is None or old.client_id != app.client_id or old.until is not None:
            return refused("invalid_subject_token", "The token is not a lasting one of this app")
        del shop.tokens[subject]
        return Said.of(_offline(shop, app, old.scopes, True))
    if given.get("subject_token_type") != ID_TOKEN or not _is_session(shop, app, subject):
        return refused("invalid_subject_token", "The session token is wrong or over")
    if wanted == ONLINE:
        return Said.of(_online(_make(shop, app, "online", app.scopes, ONLINE_LIFE)))
    return Said.of(_offline(shop, app, app.scopes, _is_true(given.get("expiring"))))


def _refresh(shop: Shop, app: App, refresh: str) -> Said:
    """The pair that made this one ends when this one is first used, not before: so a lost answer can be asked again."""
    old = next((one for one in shop.tokens.values() if one.refresh == refresh and one.client_id == app.client_id), None)
    if not refresh or old is None or (old.refresh_until or 0) < time.time():
        return refused("invalid_grant", "The refresh token is wrong, used up or over")
    use(shop, old)
    for other in [one for one in shop.tokens.values() if one.before == old.secret]:
        del shop.tokens[other.secret]
    new = _make(shop, app, "offline", old.scopes, LIFE)
    new.refresh, new.refresh_until, new.before = _secret("shprt_"), old.refresh_until, old.secret
    return Said.of(_shown(new, LIFE))


def use(shop: Shop, token: Token) -> None:
    """Marks a token as used; the one it took the place of is dead from now on."""
    token.used = True
    if token.before is not None:
        shop.tokens.pop(token.before, None)
        token.before = None


def find(shop: Shop, secret: str) -> Token | None:
    """The token, unless it is over."""
    token = shop.tokens.get(secret)
    if token is None or (token.until is not None and token.until < time.time()):
        return None
    use(shop, token)
    return token


def session_token(shop: Shop, app: App, user: str) -> str:
    """What App Bridge would hand to an embedded page: a JWT good for a minute."""
    moment = int(time.time())
    claims = {
        "iss": f"https://{shop.domain}/admin",
        "dest": f"https://{shop.domain}",
        "aud": app.client_id,
        "sub": user,
        "exp": moment + 60,
        "nbf": moment,
        "iat": moment,
        "jti": str(uuid.uuid4()),
        "sid": str(uuid.uuid4()),
    }
    body = ".".join(_coded(msgspec.json.encode(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{body}.{_coded(_signed(app, body))}"


def _is_session(shop: Shop, app: App, token: str) -> bool:
    body, _, signature = token.rpartition(".")
    try:
        claims = msgspec.json.decode(_plain(body.partition(".")[2]), type=dict[str, object])
        fits = hmac.compare_digest(_plain(signature), _signed(app, body))
    except (ValueError, msgspec.MsgspecError):
        return False
    until = claims.get("exp")
    own = claims.get("aud") == app.client_id and claims.get("dest") == f"https://{shop.domain}"
    return fits and own and isinstance(until, int) and until >= time.time()


def _make(shop: Shop, app: App, kind: str, scopes: tuple[str, ...], life: int | None) -> Token:
    until = None if life is None else time.time() + life
    token = Token(_secret("shpat_" if kind == "offline" else "shpua_"), app.client_id, kind, scopes, until)
    shop.tokens[token.secret] = token
    return token


def make(shop: Shop, app: App, scopes: tuple[str, ...], life: int | None) -> Token:
    """A token without an install."""
    return _make(shop, app, "offline", scopes, life)


def _offline(shop: Shop, app: App, scopes: tuple[str, ...], expiring: bool) -> Record:
    token = _make(shop, app, "offline", scopes, LIFE if expiring else None)
    if not expiring:
        return _shown(token, None)
    token.refresh, token.refresh_until = _secret("shprt_"), time.time() + REFRESH_LIFE
    return _shown(token, LIFE)


def _shown(token: Token, life: int | None) -> Record:
    shown: Record = {"access_token": token.secret, "scope": ",".join(token.scopes)}
    if life is not None:
        shown["expires_in"] = life
    if token.refresh is not None and token.refresh_until is not None:
        shown |= {"refresh_token": token.refresh, "refresh_token_expires_in": int(token.refresh_until - time.time())}
    return shown


def _online(token: Token) -> Record:
    user = {"id": 902541635, "first_name": "Sam", "last_name": "Shopkeeper", "email": "sam@example.com",
            "email_verified": True, "account_owner": True, "locale": "en", "collaborator": False}  # fmt: skip
    return {**_shown(token, ONLINE_LIFE), "associated_user_scope": ",".join(token.scopes), "associated_user": user}


def _is_true(value: object) -> bool:
    return str(value).lower() in {"1", "true"}


def _secret(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def _signed(app: App, body: str) -> bytes:
    return hmac.new(app.secret.encode(), body.encode(), hashlib.sha256).digest()


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
