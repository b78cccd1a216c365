"""`shopwarden fill_ways`: sessions from before ways were kept get theirs."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import Progress

from shopwarden.commands._servers import lend_urls
from shopwarden.domain.ids import StoreId
from shopwarden.errors import StopError
from shopwarden.settings import Settings, read_settings
from shopwarden.steps.fill_ways import fill_ways
from shopwarden.store.database import Database
from shopwarden.store.filling_ways import count_without_way
from shopwarden.store.stores import list_stores
from shopwarden.vendors.offline.ip import IpLookup


def command(
    store: Annotated[str | None, typer.Option(help="Only of the store with this id.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Fills in how sessions of earlier versions went through the shop, from their events; may be stopped and begun again."""
    settings = read_settings()
    database_url, _ = lend_urls(settings)
    asyncio.run(_fill(database_url, settings, _id(store) if store else None, dry_run=dry_run))


def _id(text: str) -> StoreId:
    try:
        return StoreId(UUID(text))
    except ValueError:
        raise StopError(f"--store must be an id like 0190d7a2-7b1c-7c3e-9d56-0f1b2c3d4e5f, not {text!r}") from None


async def _fill(database_url: str, settings: Settings, only: StoreId | None, *, dry_run: bool) -> None:
    database = await Database.connect(database_url, largest=2)
    try:
        stores = [store.id for store in await list_stores(database)]
        if only is not None and only not in stores:
            raise StopError(f"there is no store {only}")
        chosen = stores if only is None else [only]
        counts = {store: await count_without_way(database, store) for store in chosen}
        if dry_run:
            print(f"{sum(counts.values())} visitors have sessions whose way is not known.")
            return
        lookup, filled = IpLookup(settings.mmdb_files()), 0
        with Progress(transient=True) as progress:
            task = progress.add_task("Filling in ways", total=sum(counts.values()))
            for store in chosen:
                async for visitors, sessions in fill_ways(database, store, lookup):
                    filled += sessions
                    progress.advance(task, visitors)
        print(f"Filled in the ways of {filled} sessions.")
    finally:
        await database.close()
