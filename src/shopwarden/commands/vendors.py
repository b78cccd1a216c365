"""`shopwarden vendors`: a store's accounts with vendors, listed, set and tested from the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shopwarden.commands._servers import lend_urls
from shopwarden.errors import RefuseError, StopError
from shopwarden.log import set_up_logs
from shopwarden.settings import environment_of, read_settings
from shopwarden.steps.account_changes import Change, change_account, vendor_named
from shopwarden.steps.accounts import connected
from shopwarden.steps.prove_account import prove_account
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from shopwarden.store.stores import Store, find_store_by_domain, list_stores
from shopwarden.vendors import find_vendors

Work = Callable[[VendorTools, Store], Awaitable[int]]


def command(
    vendor: Annotated[str, typer.Argument(help="Name of a vendor; without one all are listed.")] = "",
    name: Annotated[
        str, typer.Option("--set", help="Name of a value to set; the value itself is read from standard input.")
    ] = "",
    test: Annotated[bool, typer.Option("--test", help="Test the connection; costs nothing.")] = False,
    off: Annotated[bool, typer.Option("--off", help="Switch it off for the store.")] = False,
    on: Annotated[bool, typer.Option("--on", help="Switch it on for the store.")] = False,
    store: Annotated[str, typer.Option(help="Shop domain or id; needed where there are several stores.")] = "",
) -> None:
    """Lists vendors with their state; sets one value, switches one on or off, or tests one."""
    # What goes wrong is said in the answer; what was sent on the way there is for the log of servers.
    set_up_logs("error", "console")
    value = _value(name) if name else ""

    async def work(tools: VendorTools, chosen: Store) -> int:
        if not vendor:
            return await _list(tools, chosen)
        change = Change(values={name: value}) if name else Change(is_on=on) if on or off else None
        return await _one(tools, chosen, vendor, change, test)

    code = asyncio.run(_with_tools(store, work))
    if code:
        raise typer.Exit(code)


def _value(name: str) -> str:
    """Not as an argument: those are seen in the list of processes and kept in the shell's history."""
    if sys.stdin.isatty():
        return str(typer.prompt(name, hide_input=True, default="", show_default=False)).strip()
    return sys.stdin.readline().strip()


async def _with_tools(named: str, work: Work) -> int:
    lend_urls(read_settings())
    settings = read_settings()
    database = await Database.connect(settings.database_url, largest=2)
    tools = open_tools(
        database,
        redis_url=settings.redis_url,
        encryption_keys=settings.encryption_keys,
        environment=environment_of(settings),
        sandbox_url=settings.sandbox_url,
        internal_hosts=settings.internal_hosts(),
    )
    try:
        return await work(tools, await _store(database, named))
    except RefuseError as problem:
        raise StopError(problem.detail) from None
    finally:
        await tools.close()
        await database.close()


async def _store(database: Database, named: str) -> Store:
    stores = await list_stores(database)
    if named:
        by_domain = await find_store_by_domain(database, named)
        found = [by_domain] if by_domain else [one for one in stores if str(one.id) == named]
    else:
        found = stores if len(stores) == 1 else []
    if not found:
        names = ", ".join(one.shop_domain or str(one.id) for one in stores) or "none yet"
        raise StopError(f"name the store with --store; there are: {names}")
    return found[0]


async def _list(tools: VendorTools, store: Store) -> int:
    async with tools.database.pool.acquire() as connection:
        accounts = await connected(tools, connection, store.id)
    table = Table("Vendor", "State", "Look-ups", "Values", title=f"Vendors of {store.shop_domain or store.name}")
    for vendor in find_vendors().values():
        account = accounts.get(vendor.name)
        state = "not connected" if account is None else "made up (sandbox)" if account.account.made_up else "connected"
        values = ", ".join(each.name + ("" if each.needed else "?") for each in vendor.credentials)
        table.add_row(vendor.name, state, ", ".join(each.key for each in vendor.lookups), values)
    Console().print(table)
    return 0


async def _one(tools: VendorTools, store: Store, name: str, change: Change | None, test: bool) -> int:
    vendor = vendor_named(name)
    if change is not None:
        async with tools.database.transaction() as connection:
            await change_account(tools, connection, store.id, vendor, change, "command line")
        print(f"{vendor.title}: kept.")
    if not test:
        return 0
    async with tools.database.pool.acquire() as connection:
        account = (await connected(tools, connection, store.id)).get(vendor.name)
    if account is None:
        print(f"{vendor.title} is not connected.")
        return 1
    proved = await prove_account(tools, store.id, account)
    print(f"{'made up: ' if proved.made_up else ''}{proved.sentence} ({proved.milliseconds} ms)")
    return 1 if proved.ok is False else 0
