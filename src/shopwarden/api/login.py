"""Sign-in of people: an e-mail and a password against a key that lasts a working day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from shopwarden.api.auth import KeyCache, address_of, bearer_of, identify
from shopwarden.api.limits import Limiter, refuse_beyond, tightest
from shopwarden.api.options import ApiOptions
from shopwarden.errors import RefuseError
from shopwarden.store.api_keys import create_key, revoke_key
from shopwarden.store.database import Database
from shopwarden.store.users import sign_in

LASTS = timedelta(hours=12)
TRIES_PER_ADDRESS, TRIES_PER_USER, TRIES_SECONDS = 20, 10, 300.0


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(min_length=1, max_length=254, examples=["owner@example.com"])]
    password: Annotated[str, Meta(min_length=1, max_length=1000, examples=["correct horse battery staple"])]


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is sent as `Authorization: Bearer`; it may do what the role may."""

    token: str
    expires_at: datetime
    role: str
    scopes: list[str]


@post(
    "/api/auth/login",
    status_code=200,
    tags=["keys"],
    summary="Sign in",
    operation_id="login",
    opt={"refuses": ("401", "429")},
)
async def login(
    request: Request[object, object, State], state: State, database: NamedDependency[Database], data: JSONBody[Credentials]
) -> SignedIn:
    """The same answer for an unknown address and a wrong password; tries are limited by address and by user."""
    limiter: Limiter = state.limiter
    options: ApiOptions = state.options
    user_name = sha256(data.email.strip().lower().encode()).hexdigest()[:32]
    allowance = tightest(
        (
            await limiter.take(f"login-address:{address_of(request, options)}", TRIES_PER_ADDRESS, TRIES_SECONDS),
            await limiter.take(f"login-user:{user_name}", TRIES_PER_USER, TRIES_SECONDS),
        )
    )
    request.scope["state"]["rate"] = allowance
    refuse_beyond(allowance)
    user = await sign_in(database, data.email, data.password)
    if user is None:
        raise RefuseError("This e-mail and password do not belong together.", status=401, type="wrong-credentials")
    expires_at = datetime.now(UTC) + LASTS
    made = await create_key(database, name="sign-in", scopes=user.scopes, user_id=user.id, expires_at=expires_at)
    return SignedIn(token=made.secret, expires_at=expires_at, role=user.role, scopes=sorted(user.scopes))


@post(
    "/api/auth/logout",
    status_code=204,
    tags=["keys"],
    summary="Sign out",
    operation_id="logout",
    opt={"refuses": ("401", "429"), "needs_key": True},
)
async def logout(request: Request[object, object, State], state: State, database: NamedDependency[Database]) -> None:
    """Ends the token it is called with; keys that nobody signed in for stay."""
    caller = await identify(request)
    if caller.user_id is not None and bearer_of(request):
        await revoke_key(database, caller.key_id)
        cache: KeyCache = state.key_cache
        cache.forget(caller.key_id)


HANDLERS = [login, logout]
