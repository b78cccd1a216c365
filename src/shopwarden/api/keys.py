"""API keys over HTTP: listed, made, rotated and revoked by keys with the scope `admin`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, KeyCache, requires
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.store.api_keys import ApiKey, NewKey, create_key, expire_key, get_key, list_keys, revoke_key
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection, Database

Scope = Literal[
    "ingest",
    "visitors:read",
    "live:read",
    "customers:read",
    "customers:write",
    "orders:check",
    "network:read",
    "decisions:read",
    "decisions:write",
    "policy:write",
    "admin",
    "accounts:write",
    "audit:read",
    "pii:read",
]
LONGEST_GRACE = 30 * 86_400


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it can be shown again: its prefix, never its secret. `store_id` null opens every store."""

    id: UUID
    name: str
    prefix: str
    store_id: UUID | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyShown, frozen=True, kw_only=True):
    """`key` is the whole key. It is shown this once."""

    key: str


class KeyList(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[KeyShown]


class KeyWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scopes` may hold only what the calling key may itself. A key for `ingest` alone is public and needs a store.

    `live:read` alone makes a viewers-only key: it sees who is in the store now and nothing else.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["Gadget app"])]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=14, examples=[["customers:read", "orders:check"]])]
    all_stores: bool = False
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The old key goes on working for `grace_seconds`; 0 ends it at once."""

    grace_seconds: Annotated[int, Meta(ge=0, le=LONGEST_GRACE)] = 0


@get("/api/keys", guards=[requires("admin")], tags=["keys"], summary="All keys", operation_id="listKeys")
async def list_all(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> KeyList:
    """Of the calling key's store; a key that opens every store sees all."""
    return KeyList(keys=[_shown(key) for key in await list_keys(database, caller.store_id)])


@post("/api/keys", guards=[requires("admin")], tags=["keys"], summary="Make a key", operation_id="createKey")
async def create(caller: NamedDependency[Caller], database: NamedDependency[Database], data: JSONBody[KeyWanted]) -> KeyMade:
    beyond = [scope for scope in data.scopes if scope != "ingest" and not caller.may(scope)]
    if beyond:
        raise RefuseError(
            f"The calling key may not {beyond[0]} itself.", status=403, type="missing-scope",
            fields={"scopes": f"{beyond[0]} is more than the calling key may"},
        )  # fmt: skip
    if data.expires_at is not None and data.expires_at <= datetime.now(UTC):
        raise RefuseError("expires_at lies in the past.", fields={"expires_at": "lies in the past"})
    store_id = _store_of(caller, data)
    async with database.transaction() as connection:
        made = await create_key(
            connection, name=data.name, scopes=data.scopes, store_id=store_id, expires_at=data.expires_at
        )
        await _note(connection, caller, "key.made", made.key)
    return _made(made)


def _store_of(caller: Caller, wanted: KeyWanted) -> StoreId | None:
    if not wanted.all_stores:
        return caller.one_store()
    if caller.store_id is not None:
        raise RefuseError(
            "The calling key opens one store only.", status=403, type="missing-scope",
            fields={"all_stores": "is more than the calling key may"},
        )  # fmt: skip
    if "ingest" in wanted.scopes:
        raise RefuseError(
            "A key that sends events belongs to one store.", fields={"all_stores": "not with the scope ingest"}
        )
    return None


@post(
    "/api/keys/{key_id:uuid}/rotate",
    guards=[requires("admin")],
    tags=["keys"],
    summary="Replace a key",
    opt={"refuses": ("409",)},
    operation_id="rotateKey",
)
async def rotate(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    key_id: FromPath[UUID],
    data: JSONBody[Rotation],
) -> KeyMade:
    """Makes a key that may do the same, and ends the old one."""
    old = await _own_key(caller, database, key_id)
    now = datetime.now(UTC)
    if not old.is_valid(now):
        raise RefuseError("This key has ended already; make a new one.", status=409, type="key-ended")
    if any(not caller.may(scope) for scope in old.scopes if scope != "ingest"):
        raise RefuseError("The calling key may less than this one.", status=403, type="missing-scope")
    async with database.transaction() as connection:
        made = await create_key(
            connection, name=old.name, scopes=old.scopes, store_id=old.store_id, expires_at=old.expires_at
        )
        if data.grace_seconds:
            await expire_key(connection, old.id, now + timedelta(seconds=data.grace_seconds))
        else:
            await revoke_key(connection, old.id)
        await _note(connection, caller, "key.rotated", old, replaced_by=str(made.key.id), grace_seconds=data.grace_seconds)
    _forget(state, old.id)
    return _made(made)


@delete("/api/keys/{key_id:uuid}", guards=[requires("admin")], tags=["keys"], summary="End a key", operation_id="revokeKey")
async def revoke(
    caller: NamedDependency[Caller], database: NamedDependency[Database], state: State, key_id: FromPath[UUID]
) -> None:
    """At once in this process, within seconds in all others."""
    key = await _own_key(caller, database, key_id)
    async with database.transaction() as connection:
        await revoke_key(connection, key.id)
        await _note(connection, caller, "key.revoked", key)
    _forget(state, key.id)


async def _own_key(caller: Caller, database: Database, key_id: UUID) -> ApiKey:
    key = await get_key(database, caller.store_id, key_id)
    if key is None or key.user_id is not None:
        raise RefuseError("There is no such key.", status=404, type="not-found")
    return key


async def _note(connection: Connection, caller: Caller, action: str, key: ApiKey, **more: object) -> None:
    after = {"name": key.name, "prefix": key.prefix, "scopes": sorted(key.scopes), **more}
    change = Change(actor=caller.actor, action=action, subject="key", subject_id=str(key.id), after=after)
    await note(connection, key.store_id, change)


def _forget(state: State, key_id: UUID) -> None:
    cache: KeyCache = state.key_cache
    cache.forget(key_id)


def _shown(key: ApiKey) -> KeyShown:
    return KeyShown(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        store_id=key.store_id,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _made(new: NewKey) -> KeyMade:
    return KeyMade(key=new.secret, **msgspec.structs.asdict(_shown(new.key)))


HANDLERS = [list_all, create, rotate, revoke]
