"""Single sign-on: the providers that are trusted, sign-ins begun with them, and the user an identity belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.id_token import Identity
from shopwarden.domain.scopes import Role
from shopwarden.errors import RefuseError
from shopwarden.store.database import Connection, Database
from shopwarden.store.users import NewUser, User, add_user, find_by_email, find_user

STATE_LASTS = timedelta(minutes=10)
_COLUMNS = "id, name, issuer, client_id, sealed_secret, domains, default_role, enabled, created_at, updated_at"


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """`domains`: of the e-mail addresses it is believed about. `default_role` None: only users there are already come in."""

    id: UUID
    name: str
    issuer: str
    client_id: str
    sealed_secret: bytes | None = None
    domains: tuple[str, ...] = ()
    default_role: Role | None = None
    enabled: bool = True
    created_at: datetime
    updated_at: datetime


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in begun: what its answer has to carry, and where its browser wants to go then."""

    provider_id: UUID
    nonce: str
    verifier: str
    back_to: str | None


def _provider(row: asyncpg.Record) -> Provider:
    return Provider(**{**dict(row), "domains": tuple(row["domains"])})


async def list_providers(connection: Connection, *, enabled_only: bool = False) -> Sequence[Provider]:
    statement = f"SELECT {_COLUMNS} FROM sso_providers WHERE enabled OR NOT $1 ORDER BY name"  # noqa: S608
    return [_provider(row) for row in await connection.fetch(statement, enabled_only)]


async def find_provider(connection: Connection, provider_id: UUID, *, lock: bool = False) -> Provider | None:
    ending = " FOR UPDATE" if lock else ""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM sso_providers WHERE id = $1{ending}", provider_id)  # noqa: S608
    return _provider(row) if row else None


async def save_provider(connection: Connection, provider: Provider) -> None:
    """Made or changed. RefuseError 409 where another provider has this name."""
    taken = "SELECT EXISTS (SELECT FROM sso_providers WHERE name = $1 AND id <> $2)"
    await connection.execute("LOCK TABLE sso_providers IN SHARE ROW EXCLUSIVE MODE")
    if await connection.fetchval(taken, provider.name, provider.id):
        raise RefuseError("Another provider has this name.", status=409, type="name-taken", fields={"name": "is taken"})
    await connection.execute(
        f"INSERT INTO sso_providers ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"  # noqa: S608
        " ON CONFLICT (id) DO UPDATE SET name = $2, issuer = $3, client_id = $4, sealed_secret = $5, domains = $6,"
        " default_role = $7, enabled = $8, updated_at = $10",
        provider.id, provider.name, provider.issuer, provider.client_id, provider.sealed_secret, list(provider.domains),
        provider.default_role, provider.enabled, provider.created_at, provider.updated_at,
    )  # fmt: skip


async def remove_provider(connection: Connection, provider_id: UUID) -> None:
    await connection.execute("DELETE FROM sso_states WHERE provider_id = $1", provider_id)
    await connection.execute("DELETE FROM sso_providers WHERE id = $1", provider_id)


async def keep_state(connection: Connection, digest: bytes, state: State) -> None:
    """Remembers a sign-in for some minutes; those that have run out go."""
    now = datetime.now(UTC)
    await connection.execute("DELETE FROM sso_states WHERE expires_at < $1", now)
    await connection.execute(
        "INSERT INTO sso_states (state_hash, provider_id, nonce, verifier, back_to, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        digest, state.provider_id, state.nonce, state.verifier, state.back_to, now, now + STATE_LASTS,
    )  # fmt: skip


async def take_state(database: Database, digest: bytes) -> State | None:
    """The sign-in begun with this; there once only."""
    row = await database.pool.fetchrow(
        "DELETE FROM sso_states WHERE state_hash = $1 RETURNING provider_id, nonce, verifier, back_to, expires_at", digest
    )
    if row is None or row["expires_at"] <= datetime.now(UTC):
        return None
    return State(provider_id=row["provider_id"], nonce=row["nonce"], verifier=row["verifier"], back_to=row["back_to"])


async def user_of_identity(connection: Connection, provider: Provider, identity: Identity) -> tuple[User, bool]:
    """The user, and whether this sign-in tied or made them. By issuer and subject; the first time by e-mail address.

    RefuseError 403 for whom the provider is not believed about, and for whom nobody invited.
    """
    known = await connection.fetchval(
        "SELECT id FROM users WHERE sso_issuer = $1 AND sso_subject = $2", identity.issuer, identity.subject
    )
    user = await find_user(connection, known, lock=True) if known is not None else None
    is_new = user is None
    if user is None:
        user = await _by_address(connection, provider, identity)
        await connection.execute(
            "UPDATE users SET sso_issuer = $2, sso_subject = $3, name = coalesce(name, $4) WHERE id = $1",
            user.id, identity.issuer, identity.subject, identity.name,
        )  # fmt: skip
    if user.disabled:
        raise _not_let_in("This account is disabled.")
    return user, is_new


async def _by_address(connection: Connection, provider: Provider, identity: Identity) -> User:
    email = identity.email
    if email is None:
        raise _not_let_in("The provider does not vouch for an e-mail address.")
    if email.rpartition("@")[2] not in provider.domains:
        raise _not_let_in("The provider is not believed about e-mail addresses of this domain.")
    user = await find_by_email(connection, email, lock=True)
    if user is None and provider.default_role is not None:
        return await add_user(connection, NewUser(email=email, role=provider.default_role, name=identity.name))
    if user is None:
        raise _not_let_in("Nobody has invited this e-mail address.")
    if user.sso_issuer is not None:
        # An address may pass to somebody else at the provider; the account does not.
        raise _not_let_in("This e-mail address belongs to somebody else's sign-in already.")
    return user


def _not_let_in(why: str) -> RefuseError:
    return RefuseError(why, status=403, type="sso-not-let-in")
