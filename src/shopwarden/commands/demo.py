"""`shopwarden demo`: a day of a believable shop through the front door, and what was caught of it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shopwarden.commands._servers import lend_urls
from shopwarden.demo.actions import Day
from shopwarden.demo.day import Size, simulate
from shopwarden.demo.measure import Report, measure
from shopwarden.demo.play import play, verdicts
from shopwarden.demo.post import Door, Target
from shopwarden.demo.show import show
from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.port import local_url
from shopwarden.embedded.running import find_running
from shopwarden.errors import StopError
from shopwarden.settings import Settings, read_settings
from shopwarden.store.api_keys import create_key, revoke_key
from shopwarden.store.database import Database
from shopwarden.store.demo_store import demo_store, webhook_secret_of
from shopwarden.vendors.offline.ip import IpLookup

SHOP_DOMAIN = "demo-shop.myshopify.com"


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Where the day goes, as the command line says it; empty means the local installation's own."""

    url: str
    write_key: str
    api_key: str
    webhook_secret: str
    shop_domain: str


def command(  # noqa: PLR0913  every parameter is an option of the command line
    seed: Annotated[str, typer.Option(help="The same seed gives the same people doing the same things.")] = "",
    visitors: Annotated[int, typer.Option(min=20, max=200_000, help="Visitors a day; a sixth of them order.")] = 1_500,
    days: Annotated[int, typer.Option(min=1, max=60, help="Days, the last one ending now.")] = 1,
    speed: Annotated[float, typer.Option(min=0, help="Times faster than life; 0: as fast as the server takes it.")] = 0,
    report_json: Annotated[Path | None, typer.Option(help="Write the figures to this file too.")] = None,
    url: Annotated[str, typer.Option(help="The server; else the local one.")] = "",
    write_key: Annotated[str, typer.Option(help="For tracker messages; else one is made in the local database.")] = "",
    api_key: Annotated[str, typer.Option(help="To read orders, with customers:read; else one is made.")] = "",
    webhook_secret: Annotated[str, typer.Option(help="To sign webhooks with; else the store's own.")] = "",
    shop_domain: Annotated[str, typer.Option(help="The shop the webhooks say they come from.")] = SHOP_DOMAIN,
) -> None:
    """Sends a simulated day of visits, orders and fraud to the running server and shows what was caught.

    Beside a running `shopwarden up` nothing else is needed. The data goes into a store of its own, or into the only one
    if it is still empty.
    """
    console = Console(highlight=False)
    seed = seed or f"{int(time.time())}"
    wishes = Wishes(
        url=url, write_key=write_key, api_key=api_key, webhook_secret=webhook_secret, shop_domain=shop_domain.lower()
    )
    with console.status("Simulating ..."):
        size = Size(visitors=visitors, days=days)
        day = simulate(seed, size, datetime.now(UTC) - timedelta(seconds=5), IpLookup(()).lookup)
    console.print(
        f"Seed {seed}: {day.visitors} visitors, {len(day.actions)} messages, {len(day.truths)} orders with history."
    )
    report = asyncio.run(_run(read_settings(), wishes, day, speed, console))
    show(console, report)
    if report_json is not None:
        report_json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))


async def _run(settings: Settings, wishes: Wishes, day: Day, speed: float, console: Console) -> Report:
    """Plays the day; the first Ctrl-C ends the sending and shows what there is."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with _target(settings, wishes) as target, httpx.AsyncClient(timeout=60) as client:
        door = Door(client, target)
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("Sending", total=len(day.actions))

            def progress(what: str, done: int, of: int) -> None:
                bar.update(task, description=what, completed=done, total=of)

            sent = await play(door, day, speed, stop, progress)
            if sent < len(day.actions):
                console.print(f"Stopped after {sent} of {len(day.actions)} messages.", style="yellow")
            seen = await verdicts(door, {truth.order_id for truth in day.truths}, stop, progress)
    return measure(day.truths, seen)


@asynccontextmanager
async def _target(settings: Settings, wishes: Wishes) -> AsyncIterator[Target]:
    """What opens the server: as given, else keys made for this run alone in the local database."""
    running = find_running(data_folder(settings.data_dir))
    url = (wishes.url or (running.url if running else local_url(settings.host, settings.port))).rstrip("/")
    given = (wishes.write_key, wishes.api_key, wishes.webhook_secret)
    if all(given):
        yield Target(
            url=url,
            write_key=wishes.write_key,
            api_key=wishes.api_key,
            webhook_secret=wishes.webhook_secret,
            shop_domain=wishes.shop_domain,
        )
        return
    if any(given) or wishes.url:
        raise StopError(
            "for a server elsewhere give all of --url, --write-key, --api-key, --webhook-secret and --shop-domain"
        )
    database = await Database.connect(lend_urls(settings)[0], largest=2)
    try:
        store_id = await demo_store(database, wishes.shop_domain)
        ends = datetime.now(UTC) + timedelta(days=61)
        writer = await create_key(database, name="demo", scopes=["ingest"], store_id=store_id, expires_at=ends)
        scopes = ["customers:read", "pii:read"]
        reader = await create_key(database, name="demo", scopes=scopes, store_id=store_id, expires_at=ends)
        try:
            yield Target(
                url=url,
                write_key=writer.secret,
                api_key=reader.secret,
                webhook_secret=await webhook_secret_of(database, store_id),
                shop_domain=wishes.shop_domain,
            )
        finally:
            await revoke_key(database, writer.key.id)
            await revoke_key(database, reader.key.id)
    finally:
        await database.close()
