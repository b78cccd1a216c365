"""What an OpenID provider says about who signed in: its ID token, checked as OpenID Connect Core 1.0, 3.1.3.7 asks."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from shopwarden.errors import RefuseError

# Signatures only a provider's private key makes. With `none` or a shared secret, anybody's word would do.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
LEEWAY_SECONDS = 60
OLDEST_SECONDS = 600


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: a token of this issuer, for this client, carrying this nonce."""

    issuer: str
    client_id: str
    nonce: str


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is: `subject` never changes at its issuer, `email` may. `email` is None unless the provider vouches for it."""

    issuer: str
    subject: str
    email: str | None
    name: str | None


class _Claims(msgspec.Struct):
    iss: str
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str = ""
    azp: str | None = None
    email: str | None = None
    email_verified: bool | str | None = None
    name: str | None = None
    nbf: float | None = None


def read_id_token(token: str, keys: Sequence[Mapping[str, object]], expected: Expected, now: datetime) -> Identity:
    """RefuseError 401 that names what does not fit: signature, issuer, audience, nonce or time."""
    try:
        decoded = jwt.decode(token, _usable(keys), algorithms=list(ALGORITHMS))
        claims = msgspec.convert(decoded.claims, _Claims)
    except (JoseError, ValueError, TypeError, KeyError, UnicodeError):
        raise _refused("its signature or its contents can't be read") from None
    wrong = _fault_in(claims, expected, now.timestamp())
    if wrong is not None:
        raise _refused(wrong)
    vouched = claims.email_verified in (True, "true")
    return Identity(
        issuer=claims.iss,
        subject=claims.sub,
        email=claims.email.strip().lower() if claims.email and vouched else None,
        name=claims.name[:200] if claims.name else None,
    )


def _usable(keys: Sequence[Mapping[str, object]]) -> KeySet:
    """Public keys for signatures. One of a kind not known here is no reason to take none of the others."""
    known: list[Key] = []
    for key in keys:
        if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use") != "enc":
            with suppress(JoseError, ValueError, TypeError, KeyError):
                known.append(import_key({name: value for name, value in key.items() if isinstance(value, str | list)}))
    return KeySet(known)


def _fault_in(claims: _Claims, expected: Expected, now: float) -> str | None:
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if claims.iss != expected.issuer:
        return "it was issued by somebody else"
    if expected.client_id not in audience or (len(audience) > 1 and claims.azp is None):
        return "it was issued for somebody else"
    if claims.azp is not None and claims.azp != expected.client_id:
        return "it was issued for somebody else"
    if not expected.nonce or not hmac.compare_digest(claims.nonce.encode(), expected.nonce.encode()):
        return "it belongs to another sign-in"
    if not claims.exp > now - LEEWAY_SECONDS:
        return "it has run out"
    if not now - OLDEST_SECONDS <= claims.iat <= now + LEEWAY_SECONDS:
        return "it was not issued just now"
    if claims.nbf is not None and claims.nbf > now + LEEWAY_SECONDS:
        return "it does not hold yet"
    return None


def _refused(why: str) -> RefuseError:
    return RefuseError(f"The provider's answer is not taken: {why}.", status=401, type="sso-refused")
