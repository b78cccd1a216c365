"""Who calls and what they may do: bearer keys, sessions of people, scopes, the store a call is about."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, QueryParameter

from shopwarden.api.limits import Limiter, refuse_beyond, tightest
from shopwarden.api.options import ApiOptions
from shopwarden.api.session_cookies import CSRF_HEADER, csrf_cookie, session_token
from shopwarden.domain.ids import StoreId
from shopwarden.domain.ip import client_ip
from shopwarden.domain.scopes import ROLE_SCOPES, allows
from shopwarden.errors import RefuseError
from shopwarden.store.api_keys import ApiKey, find_key, hash_key, touch_keys
from shopwarden.store.database import Database
from shopwarden.store.stores import find_store, list_stores
from shopwarden.store.user_sessions import Session, find_session

CACHE_SECONDS = 5.0
TOUCH_SECONDS = 60.0
MOST_CACHED = 10_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
AnyConnection = ASGIConnection[Any, Any, Any, State]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `chosen` is the store this call is about, None if the caller may see several and named none; `named` is
    it only where the call names one.

    `key_id` is the key's id, or that of the session of a person in a browser (`is_session`).
    """

    key_id: UUID
    store_id: StoreId | None
    scopes: frozenset[str]
    user_id: UUID | None = None
    chosen: StoreId | None = None
    named: StoreId | None = None
    is_session: bool = False

    def may(self, scope: str) -> bool:
        return allows(self.scopes, scope)

    @property
    def actor(self) -> str:
        """Who it was, in the audit log and beside what they made."""
        return f"user:{self.user_id}" if self.user_id is not None else f"key:{self.key_id}"

    def one_store(self) -> StoreId:
        """The store this call is about; RefuseError if the caller has to name one."""
        if self.chosen is None:
            raise RefuseError(
                "This key opens every store here: name one in ?store_id= or the X-Store-Id header.",
                fields={"store_id": "is needed with a key that opens several stores"},
            )
        return self.chosen


class KeyCache:
    """Keys known for a few seconds, and when they were last used: one database question per key and interval."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: OrderedDict[bytes, tuple[float, ApiKey]] = OrderedDict()
        self._touched: dict[UUID, float] = {}

    async def find(self, plain: str) -> ApiKey | None:
        hashed, now = hash_key(plain), time.monotonic()
        kept = self._keys.get(hashed)
        if kept is not None and kept[0] > now:
            key: ApiKey | None = kept[1] if kept[1].is_valid(datetime.now(UTC)) else None
        else:
            key = await find_key(self._database, plain)
            # What a person signed in for is asked anew each time: ended here, it is ended in every process at once.
            if key is not None and key.user_id is None:
                self._keys[hashed] = (now + CACHE_SECONDS, key)
                if len(self._keys) > MOST_CACHED:
                    self._keys.popitem(last=False)
        if key is not None and now - self._touched.get(key.id, -TOUCH_SECONDS) >= TOUCH_SECONDS:
            self._touched[key.id] = now
            await touch_keys(self._database, [(key.id, datetime.now(UTC))])
        return key

    def forget(self, key_id: UUID) -> None:
        """A revoked key stops here at once; other processes follow within the cache's seconds."""
        for hashed in [hashed for hashed, (_, key) in self._keys.items() if key.id == key_id]:
            del self._keys[hashed]


def address_of(connection: AnyConnection, options: ApiOptions) -> str:
    """The caller's address, through trusted proxies only."""
    peer = connection.client.host if connection.client else ""
    forwarded_for = connection.headers.get("x-forwarded-for")
    return client_ip(peer, forwarded_for, options.trusted_proxies, connection.headers.get("forwarded")) or peer


def bearer_of(connection: AnyConnection) -> str | None:
    kind, _, value = connection.headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" and value.strip() else None


async def find_caller(connection: AnyConnection) -> Caller | None:
    """Whose key or whose session comes along; None for none that is good. A key goes before a cookie."""
    plain = bearer_of(connection)
    if plain is not None:
        key: ApiKey | None = await connection.app.state.key_cache.find(plain)
        return None if key is None else Caller(key.id, key.store_id, key.scopes, key.user_id)
    session = await session_of(connection)
    if session is None:
        return None
    if connection.scope.get("method") not in SAFE_METHODS:
        refuse_forged(connection, session)
    return Caller(session.id, session.store_id, ROLE_SCOPES[session.role], session.user_id, is_session=True)


async def session_of(connection: AnyConnection) -> Session | None:
    """The open session of the browser that calls."""
    token = session_token(connection)
    return await find_session(connection.app.state.database, token) if token else None


def refuse_forged(connection: AnyConnection, session: Session) -> None:
    """RefuseError 403 unless the session's own token comes in a header: other sites make browsers send cookies, not that."""
    if not session.is_csrf_token(connection.headers.get(CSRF_HEADER, "")):
        raise RefuseError(
            f"Changes need the session's token in the header {CSRF_HEADER}; the cookie {csrf_cookie(connection)} holds it.",
            status=403,
            type="csrf-token-missing",
        )


async def identify(connection: AnyConnection) -> Caller:
    """The caller, limited by address and by key; RefuseError 401, 403 or 429. Kept on the request for the endpoint."""
    options: ApiOptions = connection.app.state.options
    limiter: Limiter = connection.app.state.limiter
    by_address = await limiter.take(
        f"address:{address_of(connection, options)}", options.rate_per_minute * options.ADDRESS_FACTOR
    )
    connection.scope["state"]["rate"] = by_address
    refuse_beyond(by_address)
    caller = await find_caller(connection)
    if caller is None:
        what = "This key is unknown, expired or revoked." if bearer_of(connection) else "A key or a session is needed."
        raise RefuseError(
            f"{what} Send `Authorization: Bearer sw_...`, or sign in.",
            status=401,
            type="unauthorized",
            headers={"WWW-Authenticate": "Bearer"},
        )
    by_key = await limiter.take(f"key:{caller.key_id}", options.rate_per_minute)
    connection.scope["state"]["rate"] = tightest((by_address, by_key))
    refuse_beyond(by_key)
    connection.scope["state"]["caller"] = caller
    return caller


async def may_still(connection: AnyConnection, store_id: StoreId) -> bool:
    """Whether who began this call could begin it now: asked now and then by what stays open for long."""
    caller = await find_caller(connection)
    return caller is not None and caller.store_id in (None, store_id)


@dataclass(frozen=True, slots=True)
class Requires:
    """A guard: the call needs a key or a session with this scope, or one of those that do `also`."""

    scope: str
    also: tuple[str, ...] = ()

    async def __call__(self, connection: AnyConnection, _: BaseRouteHandler) -> None:
        caller = await identify(connection)
        if not any(caller.may(scope) for scope in (self.scope, *self.also)):
            whose = "Your role" if caller.is_session else "This key"
            raise RefuseError(f"{whose} lacks the scope {self.scope}.", status=403, type="missing-scope")


class RequiresUser:
    """A guard: the call needs a person who signed in, whatever their role. It is about themselves."""

    async def __call__(self, connection: AnyConnection, _: BaseRouteHandler) -> None:
        caller = await identify(connection)
        if caller.user_id is None:
            raise RefuseError("This is for people who signed in; a key has no account.", status=403, type="no-account")


def requires(scope: str) -> Requires:
    return Requires(scope)


async def provide_caller(
    request: Request[object, object, State],
    named_store: Annotated[
        UUID | None, QueryParameter(name="store_id", description="Which store; for keys that open several.")
    ] = None,
    named_store_header: Annotated[UUID | None, HeaderParameter(name="X-Store-Id", description="As `store_id`.")] = None,
) -> Caller:
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        raise RuntimeError("an endpoint takes `caller` but has no `requires` guard")
    named = named_store or named_store_header
    chosen = await _choose_store(request.app.state.database, caller, named)
    return replace(caller, chosen=chosen, named=chosen if named is not None else None)


async def _choose_store(database: Database, caller: Caller, named: UUID | None) -> StoreId | None:
    if caller.store_id is not None:
        if named is not None and named != caller.store_id:
            raise no_such_store()
        return caller.store_id
    if named is not None:
        if await find_store(database, StoreId(named)) is None:
            raise no_such_store()
        return StoreId(named)
    stores = await list_stores(database)
    return stores[0].id if len(stores) == 1 else None


def no_such_store() -> RefuseError:
    return RefuseError("There is no such store.", status=404, type="not-found")


def provide_database(state: State) -> Database:
    database: Database = state.database
    return database


def provide_options(state: State) -> ApiOptions:
    options: ApiOptions = state.options
    return options


DEPENDENCIES = {
    "caller": Provide(provide_caller),
    "database": Provide(provide_database, sync_to_thread=False),
    "options": Provide(provide_options, sync_to_thread=False),
}
