"""`shopwarden users`: people who sign in, listed, invited, let back in and disabled from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.table import Table

from shopwarden.commands._servers import lend_urls
from shopwarden.domain.scopes import ROLES, SCOPES, Role
from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.port import local_url
from shopwarden.embedded.running import find_running
from shopwarden.errors import RefuseError, StopError
from shopwarden.log import set_up_logs
from shopwarden.settings import Settings, read_settings
from shopwarden.steps import user_accounts
from shopwarden.steps.user_accounts import By, Wanted
from shopwarden.store.database import Database
from shopwarden.store.user_links import NewLink
from shopwarden.store.users import Asked, NewUser, User, find_by_email, list_users

ACTIONS = ("list", "add", "reset", "role", "disable", "enable", "sign-out", "no-second-factor", "remove")
MOST_LISTED = 10_000
# Whoever runs commands on the server has its database: there is nothing left to keep from them.
BY = By(actor="command line", scopes=frozenset(SCOPES))
Work = Callable[[Database], Awaitable[str]]


def command(
    action: Annotated[str, typer.Argument(help=f"What to do: {', '.join(ACTIONS)}.")] = "list",
    email: Annotated[str, typer.Argument(help="Whom to do it to.")] = "",
    role: Annotated[str, typer.Option(help=f"For add and role: {', '.join(ROLES)}.")] = "",
) -> None:
    """Lists users; invites one; makes a link to set a new password for who can't get in; changes or ends what one may."""
    set_up_logs("error", "console")
    if action not in ACTIONS:
        raise StopError(f"there is no action {action!r}; there are: {', '.join(ACTIONS)}")
    if action != "list" and not email:
        raise StopError(f"{action} needs the e-mail address of a user")
    if action in ("add", "role") and role not in ROLES:
        raise StopError(f"{action} needs --role: {', '.join(ROLES)}")
    settings = read_settings()

    async def work(database: Database) -> str:
        if action == "list":
            return await _list(database)
        if action == "add":
            new = NewUser(email=email, role=cast("Role", role))
            return _told(settings, (await user_accounts.invite(database, BY, new))[1])
        return await _change(database, settings, action, email, role)

    said = asyncio.run(_with_database(settings, work))
    if said:
        print(said)


async def _with_database(settings: Settings, work: Work) -> str:
    database = await Database.connect(lend_urls(settings)[0], largest=2)
    try:
        return await work(database)
    except RefuseError as problem:
        raise StopError(problem.detail) from None
    finally:
        await database.close()


async def _list(database: Database) -> str:
    async with database.pool.acquire() as connection:
        users, _ = await list_users(connection, Asked(limit=MOST_LISTED))
    table = Table("E-mail", "Role", "Store", "Signs in by", "Last seen")
    for user in users:
        seen = f"{user.last_login_at:%Y-%m-%d %H:%M}" if user.last_login_at else "never"
        table.add_row(user.email, user.role, str(user.store_id or "all"), _ways(user), seen)
    Console().print(table)
    return ""


def _ways(user: User) -> str:
    if user.disabled:
        return "disabled"
    ways = ["password"] * user.has_password + ["code"] * user.has_second_factor + ["single sign-on"] * bool(user.sso_issuer)
    return ", ".join(ways) or "invited"


async def _change(database: Database, settings: Settings, action: str, email: str, role: str) -> str:
    async with database.pool.acquire() as connection:
        user = await find_by_email(connection, email)
    if user is None:
        raise StopError(f"nobody here has the e-mail address {email}")
    if action == "reset":
        return _told(settings, await user_accounts.new_link(database, BY, user.id))
    if action == "role":
        await user_accounts.change(database, BY, user.id, Wanted(role=cast("Role", role)))
    elif action in ("disable", "enable"):
        await user_accounts.change(database, BY, user.id, Wanted(disabled=action == "disable"))
    elif action == "sign-out":
        await user_accounts.send_away(database, BY, user.id)
    elif action == "no-second-factor":
        await user_accounts.drop_second_factor(database, BY, user.id)
    else:
        await user_accounts.remove(database, BY, user.id)
    return f"{user.email}: done."


def _told(settings: Settings, link: NewLink) -> str:
    running = find_running(data_folder(settings.data_dir))
    here = settings.public_url or (running.url if running else local_url(settings.host, settings.port))
    until = f"{link.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"Good once, until {until}, for whoever has it:\n{here.rstrip('/')}/welcome#token={link.token}"
