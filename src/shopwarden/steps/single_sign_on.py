"""Single sign-on with an OpenID provider: the authorization code flow with PKCE, its answer tied to the browser that asked.

OpenID Connect Core 1.0, Discovery 1.0, RFC 7636 (PKCE) and RFC 9207 (issuer in the answer, against mixed-up providers).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.domain.id_token import Expected, Identity, read_id_token
from shopwarden.errors import RefuseError, RetryError, StopError
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.sso import Provider, State, find_provider, keep_state, take_state

Shape = TypeVar("Shape")
_LIMITS = Limits(connect=3.0, total=8.0, tries=2)
SCOPES = "openid email profile"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes, and what it keeps in a cookie until it comes back."""

    url: str
    browser_secret: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider sends the browser back with."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    provider: Provider
    identity: Identity
    back_to: str


class _Places(msgspec.Struct):
    """The provider's own description, as far as it is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct):
    id_token: str


class _KeySet(msgspec.Struct):
    keys: list[dict[str, object]]


def secret_context(provider: Provider) -> str:
    """The secret opens for this provider at this issuer only: moved elsewhere it is never sent there."""
    return f"single sign-on:{provider.id}:{provider.issuer}"


async def begin(tools: VendorTools, provider: Provider, callback: str, back_to: str) -> Begun:
    places = await _places(tools, provider)
    sent_along, browser_secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    state = State(provider_id=provider.id, nonce=nonce, verifier=verifier, back_to=back_to)
    async with tools.database.pool.acquire() as connection:
        await keep_state(connection, _digest(browser_secret, sent_along), state)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode({
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": callback, "scope": SCOPES,
        "state": sent_along, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
    })  # fmt: skip
    joint = "&" if urlsplit(places.authorization_endpoint).query else "?"
    return Begun(url=f"{places.authorization_endpoint}{joint}{query}", browser_secret=browser_secret)


async def finish(tools: VendorTools, answer: Answer, browser_secret: str, callback: str) -> Done:
    """Whose sign-in it was. RefuseError 400, 401 or 403; RetryError while the provider can't be reached."""
    state = None
    if answer.state and browser_secret:
        state = await take_state(tools.database, _digest(browser_secret, answer.state))
    async with tools.database.pool.acquire() as connection:
        provider = await find_provider(connection, state.provider_id) if state is not None else None
    if state is None or provider is None or not provider.enabled:
        raise RefuseError(
            "This sign-in was ended already, took too long, or was begun in another browser. Begin again.",
            status=400,
            type="sso-unknown",
        )
    places = await _places(tools, provider)
    _check_issuer(places, answer)
    if answer.error or not answer.code:
        raise RefuseError("The provider did not sign you in.", status=403, type="sso-declined")
    token = await _redeem(tools, provider, places, (answer.code, state.verifier, callback))
    keys = await _keys(tools, places)
    expected = Expected(issuer=provider.issuer, client_id=provider.client_id, nonce=state.nonce)
    identity = read_id_token(token, keys, expected, datetime.now(UTC))
    return Done(provider=provider, identity=identity, back_to=state.back_to or "/")


def _check_issuer(places: _Places, answer: Answer) -> None:
    """Another provider's answer must not be redeemed here, nor this one's code be carried there."""
    is_needed = places.authorization_response_iss_parameter_supported
    if (answer.issuer or is_needed) and not hmac.compare_digest(answer.issuer.encode(), places.issuer.encode()):
        raise RefuseError("The answer comes from another provider.", status=401, type="sso-refused")


async def _places(tools: VendorTools, provider: Provider) -> _Places:
    url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    reply = await _ask(tools, Ask(name="single sign-on: description", url=url))
    places = _read(reply, _Places, "description")
    if places.issuer != provider.issuer:
        raise _misset(f"it calls itself {places.issuer[:200]!r}")
    for address in (places.authorization_endpoint, places.token_endpoint, places.jwks_uri):
        # The code and the secret go there: only as safely as the issuer itself is reached.
        if provider.issuer.startswith("https://") and not address.startswith("https://"):
            raise _misset("it names an address without https")
    return places


async def _redeem(tools: VendorTools, provider: Provider, places: _Places, proof: tuple[str, str, str]) -> str:
    code, verifier, callback = proof
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    secret = _secret(tools, provider)
    if secret is None:
        form["client_id"] = provider.client_id
    elif "client_secret_basic" in places.token_endpoint_auth_methods_supported:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    ask = Ask("single sign-on: token", places.token_endpoint, "POST", headers, urlencode(form).encode())
    # A code is good once: asked a second time a provider ends everything it gave for it.
    reply = await _ask(tools, ask, repeatable=False)
    if reply.status in (400, 401, 403):
        raise RefuseError("The provider does not take the code, or not our secret.", status=401, type="sso-refused")
    return _read(reply, _Tokens, "answer to the code").id_token


async def _keys(tools: VendorTools, places: _Places) -> Sequence[Mapping[str, object]]:
    reply = await _ask(tools, Ask(name="single sign-on: keys", url=places.jwks_uri))
    return _read(reply, _KeySet, "keys").keys


def _secret(tools: VendorTools, provider: Provider) -> str | None:
    if provider.sealed_secret is None:
        return None
    try:
        return tools.sealer.open(provider.sealed_secret, secret_context(provider)).decode()
    except StopError:
        raise _misset("its secret does not open under ENCRYPTION_KEYS; set it again") from None


async def _ask(tools: VendorTools, ask: Ask, *, repeatable: bool = True) -> Reply:
    host = (urlsplit(ask.url).hostname or "").lower()
    try:
        return await tools.outbound.ask(ask, limits=_LIMITS, hosts=(host,), lane=f"sso:{host}", repeatable=repeatable)
    except VendorFault as fault:
        raise RetryError("the provider can't be reached", fault.after) from None
    except (StopError, ValueError) as error:
        raise _misset(str(error)) from None


def _read(reply: Reply, kind: type[Shape], what: str) -> Shape:
    if reply.status != 200:
        raise RetryError(f"the provider's {what} has status {reply.status}")
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _misset(f"its {what} can't be read") from None


def _misset(why: str) -> RefuseError:
    return RefuseError(f"Single sign-on is not set up rightly: {why}.", status=409, type="sso-misset")


def _digest(browser_secret: str, sent_along: str) -> bytes:
    """Only the browser that began can end: what it keeps and what comes back must come together."""
    return hashlib.sha256(f"{browser_secret}.{sent_along}".encode("utf-8", "surrogatepass")).digest()
