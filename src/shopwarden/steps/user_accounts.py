"""People who sign in, looked after by others: invited, changed, let back in, sent away. Nobody gives more than they have."""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from shopwarden.domain.ids import StoreId
from shopwarden.domain.scopes import ROLE_SCOPES, Role, allows
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, Values, note
from shopwarden.store.database import Connection, Database
from shopwarden.store.second_factors import remove_factor
from shopwarden.store.user_links import NewLink, end_links, make_link
from shopwarden.store.user_sessions import end_sessions
from shopwarden.store.users import NewUser, User, add_user, find_user, is_last_owner, remove_user, save_user


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Who does it. `store_id` None: for every store. `address` is masked."""

    actor: str
    scopes: frozenset[str]
    store_id: StoreId | None = None
    address: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is UNSET stays."""

    name: str | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    store_id: StoreId | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


async def invite(database: Database, by: By, new: NewUser) -> tuple[User, NewLink]:
    """The user and the link that lets them set a password."""
    _check_reach(by, new.store_id)
    _check_role(by, new.role)
    async with database.transaction() as connection:
        user = await add_user(connection, new)
        link = await make_link(connection, user.id, "invitation")
        await _note(connection, by, user, "user.invited", after=_values(user))
        return user, link


async def change(database: Database, by: By, user_id: UUID, wanted: Wanted) -> User:
    """Role and store hold at once in open sessions; of a disabled user everything ends at once.

    RefuseError 409 where nobody would be left who may let others in.
    """
    async with database.transaction() as connection:
        before = await theirs(connection, by, user_id)
        given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
        after = msgspec.structs.replace(before, **given)
        _check_reach(by, after.store_id)
        _check_role(by, after.role)
        if after.disabled or after.role != "owner" or after.store_id is not None:
            await _keep_an_owner(connection, user_id)
        await save_user(connection, after)
        if after.disabled:
            await end_sessions(connection, user_id)
            await end_links(connection, user_id)
        await _note(connection, by, after, "user.changed", before=_values(before), after=_values(after))
        return after


async def remove(database: Database, by: By, user_id: UUID) -> None:
    async with database.transaction() as connection:
        user = await theirs(connection, by, user_id)
        await _keep_an_owner(connection, user_id)
        await remove_user(connection, user_id)
        await _note(connection, by, user, "user.removed", before=_values(user))


async def new_link(database: Database, by: By, user_id: UUID) -> NewLink:
    """A link to set a new password: an invitation for who never had one. The password there is works until it is used."""
    async with database.transaction() as connection:
        user = await theirs(connection, by, user_id)
        if user.disabled:
            raise RefuseError("This user is disabled.", status=409, type="user-disabled")
        link = await make_link(connection, user_id, "reset" if user.has_password else "invitation")
        await _note(connection, by, user, "user.link_made", after={"kind": link.kind})
        return link


async def drop_second_factor(database: Database, by: By, user_id: UUID) -> None:
    """For who lost both device and recovery codes. Everything signed in ends."""
    async with database.transaction() as connection:
        user = await theirs(connection, by, user_id)
        await remove_factor(connection, user_id)
        await end_sessions(connection, user_id)
        await _note(connection, by, user, "user.second_factor_removed")


async def send_away(database: Database, by: By, user_id: UUID) -> None:
    """Ends everything the user has signed in for."""
    async with database.transaction() as connection:
        user = await theirs(connection, by, user_id)
        ended = await end_sessions(connection, user_id)
        await _note(connection, by, user, "user.sessions_ended", after={"sessions": ended})


async def theirs(connection: Connection, by: By, user_id: UUID) -> User:
    """A user `by` may look after, locked. RefuseError 404 for one of another store, 403 for one who may more than `by`."""
    user = await find_user(connection, user_id, lock=True)
    if user is None or by.store_id not in (None, user.store_id):
        raise no_such_user()
    _check_role(by, user.role)
    return user


def no_such_user() -> RefuseError:
    return RefuseError("There is no such user.", status=404, type="not-found")


def _check_reach(by: By, store_id: StoreId | None) -> None:
    if by.store_id not in (None, store_id):
        raise RefuseError(
            "You look after one store: its users are confined to it.", status=403, type="missing-scope",
            fields={"store_id": "must be your own store"},
        )  # fmt: skip


def _check_role(by: By, role: Role) -> None:
    beyond = sorted(scope for scope in ROLE_SCOPES[role] if not allows(by.scopes, scope))
    if beyond:
        raise RefuseError(
            f"The role {role} may {beyond[0]}, which you may not yourself.", status=403, type="missing-scope",
            fields={"role": f"{role} is more than you may"},
        )  # fmt: skip


async def _keep_an_owner(connection: Connection, user_id: UUID) -> None:
    if await is_last_owner(connection, user_id):
        raise RefuseError(
            "This is the only owner of the installation: make somebody else an owner first.",
            status=409,
            type="last-owner",
        )


def _values(user: User) -> Values:
    return {"role": user.role, "store_id": user.store_id, "disabled": user.disabled}


async def _note(
    connection: Connection, by: By, user: User, action: str, *, before: Values | None = None, after: Values | None = None
) -> None:
    change = Change(
        actor=by.actor,
        action=action,
        subject="user",
        subject_id=str(user.id),
        before=before,
        after=after,
        address=by.address,
    )
    await note(connection, user.store_id, change)
