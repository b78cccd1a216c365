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
from shopwarden.demo.show import draw, show
from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.port import local_url
from shopwarden.embedded.running import find_running
from shopwarden.errors import StopError
from shopwarden.settings import Settings, read_settings
from shopwarden.store.api_keys import create_key, revoke_key
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Database
from shopwarden.store.demo_store import demo_store, webhook_secret_of
from shopwarden.vendors.offline.ip import IpLookup

SHOP_DOMAIN = "demo-shop.myshopify.com"
LONGEST = timedelta(days=61)
"""How long the keys of one run live if it can't take them back itself."""


def command(
    seed: Annotated[str, typer.Option(help="The same seed gives the same people doing the same things.")] = "",
    visitors: Annotated[int, typer.Option(min=20, max=200_000, help="Visitors a day; a sixth of them order.")] = 1_500,
    days: Annotated[int, typer.Option(min=1, max=60, help="Days, the last one ending now.")] = 1,
    speed: Annotated[float, typer.Option(min=0, help="Times faster than life; 0: as fast as the server takes it.")] = 0,
    report: Annotated[
        list[Path] | None, typer.Option(help="Write it to this file too: .json for the figures, .svg for a picture.")
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(help="JSON with url, write_key, api_key, webhook_secret and shop_domain of a server elsewhere."),
    ] = None,
) -> None:
    """Sends a simulated day of visits, orders and fraud to the running server and shows what was caught.

    Beside a running `shopwarden up` nothing else is needed. The data goes into a store of its own, or into the only one
    if it is still empty.
    """
    console = Console(highlight=False)
    seed = seed or f"{int(time.time())}"
    with console.status("Simulating ..."):
        size = Size(visitors=visitors, days=days)
        day = simulate(seed, size, datetime.now(UTC) - timedelta(seconds=5), IpLookup(()).lookup)
    console.print(
        f"Seed {seed}: {day.visitors} visitors, {len(day.actions)} messages, {len(day.truths)} orders with history."
    )
    try:
        found = asyncio.run(_run(read_settings(), target, day, speed, console))
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    show(console, found)
    for path in report or ():
        if path.suffix == ".svg":
            draw(found, path)
        else:
            path.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


async def _run(settings: Settings, elsewhere: Path | None, day: Day, speed: float, console: Console) -> Report:
    """Plays the day; the first Ctrl-C ends the sending and shows what there is, the second ends everything."""
    stop, playing = asyncio.Event(), asyncio.current_task()

    def interrupted() -> None:
        if stop.is_set() and playing is not None:
            playing.cancel()
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with _target(settings, elsewhere) as target, httpx.AsyncClient(timeout=60) as client:
        door = Door(client, target)
        await door.knock()
        console.print(f"Sent to {target.url} for the store {target.shop_domain}, by which its API paths name it.")
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
async def _target(settings: Settings, elsewhere: Path | None) -> AsyncIterator[Target]:
    """What opens the server: as the file says, else keys made for this run alone in the local database."""
    if elsewhere is not None:
        yield read_target(elsewhere)
        return
    running = find_running(data_folder(settings.data_dir))
    database = await Database.connect(lend_urls(settings)[0], largest=2)
    try:
        store_id = await demo_store(database, SHOP_DOMAIN)
        async with database.transaction() as connection:
            await note(connection, store_id, Change(actor="command line", action="demo.played", subject="store"))
        keys = [
            await create_key(database, name="demo", scopes=scopes, store_id=store_id, expires_at=datetime.now(UTC) + LONGEST)
            for scopes in (["ingest"], ["customers:read", "pii:read"])
        ]
        try:
            yield Target(
                url=running.url if running else local_url(settings.host, settings.port),
                write_key=keys[0].secret,
                api_key=keys[1].secret,
                webhook_secret=await webhook_secret_of(database, store_id),
                shop_domain=SHOP_DOMAIN,
            )
        finally:
            for made in keys:
                await revoke_key(database, made.key.id)
    finally:
        await database.close()


def read_target(path: Path) -> Target:
    """The server a file describes; StopError says what is wrong with the file."""
    try:
        target = msgspec.json.decode(path.read_bytes(), type=Target)
    except (OSError, msgspec.MsgspecError) as problem:
        raise StopError(f"--target {path}: {problem}") from None
    return msgspec.structs.replace(target, url=target.url.rstrip("/"), shop_domain=target.shop_domain.lower())
