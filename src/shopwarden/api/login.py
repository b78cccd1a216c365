"""Sign-in for programs: an e-mail and a password against a bearer token that lasts a working day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from shopwarden.api.auth import AnyConnection, address_of
from shopwarden.api.limits import Limiter, refuse_beyond
from shopwarden.api.options import ApiOptions
from shopwarden.domain.masking import mask_ip
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.api_keys import create_key
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection, Database
from shopwarden.store.sign_in import SignedIn, Tried, sign_in, user_to_open
from shopwarden.store.users import User

LASTS = timedelta(hours=12)
TRIES_PER_ADDRESS, TRIES_SECONDS = 60, 300.0

Code = Annotated[str, Meta(max_length=40, description="Of the authenticator app, or a recovery code; where one is set up.")]


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(min_length=1, max_length=254, examples=["owner@example.com"])]
    password: Annotated[str, Meta(min_length=1, max_length=1000, examples=["correct horse battery staple"])]
    code: Code = ""


class TokenGiven(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is sent as `Authorization: Bearer`; it may do what the role may."""

    token: str
    expires_at: datetime
    role: str
    scopes: list[str]


async def slow_address(connection: AnyConnection) -> None:
    """RefuseError 429 for an address that asks too often: checking a password takes time, whoever asks."""
    limiter: Limiter = connection.app.state.limiter
    options: ApiOptions = connection.app.state.options
    name = f"login-address:{address_of(connection, options)}"
    allowance = await limiter.take(name, TRIES_PER_ADDRESS, TRIES_SECONDS)
    connection.scope["state"]["rate"] = allowance
    refuse_beyond(allowance)


async def check_credentials(connection: AnyConnection, database: Database, data: Credentials) -> SignedIn:
    """Who they belong to; refuses as `store.sign_in` does."""
    await slow_address(connection)
    tools: VendorTools = connection.app.state.vendor_tools
    address = address_of(connection, connection.app.state.options)
    tried = Tried(email=data.email, password=data.password, code=data.code, address=address)
    return await sign_in(database, tools.sealer, tried)


def shown_address(connection: AnyConnection) -> str | None:
    """The caller's address as it may be kept: masked."""
    return mask_ip(address_of(connection, connection.app.state.options)) or None


async def note_opened(connection: Connection, user: User, way: str, address: str | None) -> None:
    change = Change(
        actor=f"user:{user.id}",
        action="user.signed_in",
        subject="user",
        subject_id=str(user.id),
        after={"way": way},
        address=address,
    )
    await note(connection, user.store_id, change)


@post(
    "/api/auth/login",
    status_code=200,
    tags=["accounts"],
    summary="Sign in for a bearer token",
    operation_id="login",
    opt={"refuses": ("401", "429")},
)
async def login(
    request: Request[object, object, State], database: NamedDependency[Database], data: JSONBody[Credentials]
) -> TokenGiven:
    """For programs; browsers use `POST /api/auth/session`. The same answer for an unknown address and a wrong password;
    who gets it wrong again and again has to wait."""
    done = await check_credentials(request, database, data)
    expires_at = datetime.now(UTC) + LASTS
    async with database.transaction() as connection:
        user = await user_to_open(connection, done)
        made = await create_key(connection, name="sign-in", scopes=user.scopes, store_id=user.store_id, user_id=user.id,
                                expires_at=expires_at)  # fmt: skip
        await note_opened(connection, user, "token", shown_address(request))
    return TokenGiven(token=made.secret, expires_at=expires_at, role=user.role, scopes=sorted(user.scopes))


HANDLERS = [login]
