"""`shopwarden up`: everything in one go, with PostgreSQL and Valkey embedded where no others are named."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.request import urlopen

import msgspec
import typer
from rich.console import Console

from shopwarden.commands._sandbox import start_sandbox
from shopwarden.embedded.account import Account, account_for
from shopwarden.embedded.encryption_key import own_key
from shopwarden.embedded.folder import claim, data_folder, make_folder
from shopwarden.embedded.own_process import start_own
from shopwarden.embedded.port import check_port, local_url
from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.running import Running, forget_running, write_running
from shopwarden.embedded.supervisor import Runner, Supervisor
from shopwarden.embedded.valkey import start_valkey
from shopwarden.embedded.welcome import Welcome, remember, show
from shopwarden.errors import StopError
from shopwarden.log import set_up_logs
from shopwarden.settings import Settings, read_settings

if TYPE_CHECKING:
    from shopwarden.store.first_run import FirstRun

_PATIENCE = 60.0


def command(
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Let a local sandbox answer for all vendors: made up.")] = False,
) -> None:
    """Starts the servers, the HTTP side and the worker, and stops them all at Ctrl-C."""
    settings = read_settings()
    set_up_logs(settings.log_level, settings.log_format)
    folder = data_folder(settings.data_dir)
    make_folder(folder, _account(settings, folder))
    with claim(folder / "up.lock", "shopwarden"):
        check_port(settings.host, settings.port)
        _run(settings, folder, Console(highlight=False, soft_wrap=True), sandbox=sandbox)


def _account(settings: Settings, folder: Path) -> Account:
    embedded = not (settings.database_url and settings.redis_url)
    return account_for(folder / "postgres") if embedded else Account("", os.geteuid(), os.getegid(), other=False)


def _run(settings: Settings, folder: Path, console: Console, *, sandbox: bool) -> None:
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    supervisor = Supervisor(partial(console.print, style="yellow", markup=False))
    try:
        urls = _start_servers(settings, folder, supervisor, console)
        settings = start_sandbox(settings, supervisor) if sandbox else settings
        if not ending.is_set():
            url = settings.public_url or local_url(settings.host, settings.port)
            welcome = remember(folder, _welcome(_prepare(settings, urls[0], console), url))
            welcome = msgspec.structs.replace(welcome, sandbox=settings.sandbox_url or None)
            note = Running(
                pid=os.getpid(), database_url=urls[0], redis_url=urls[1], url=url, sandbox_url=settings.sandbox_url
            )
            write_running(folder, note)
            served = False
            try:
                served = _start_own(settings, urls, supervisor, ending)
            finally:
                # The password exists nowhere else: it is said even when the start goes wrong after it was made.
                if served or welcome.password:
                    show(console, welcome, up=served)
        while not ending.wait(0.25):
            supervisor.look(time.monotonic())
    finally:
        console.print(f"Stopping {', '.join(reversed(supervisor.names()))} ...")
        supervisor.stop()
        forget_running(folder)
        console.print("Stopped. All data is kept.")


def _start_servers(settings: Settings, folder: Path, supervisor: Supervisor, console: Console) -> tuple[str, str]:
    database_url, redis_url = settings.database_url, settings.redis_url
    if not database_url:
        console.print(f"Starting PostgreSQL in {folder} ...")
        database_url = supervisor.start("PostgreSQL", partial(start_postgres, folder)).url
    if not redis_url:
        console.print(f"Starting Valkey in {folder} ...")
        redis_url = supervisor.start("Valkey", partial(start_valkey, folder)).url
    return database_url, redis_url


def _prepare(settings: Settings, database_url: str, console: Console) -> FirstRun | None:
    from shopwarden.store.database import Database
    from shopwarden.store.first_run import ensure_first_run
    from shopwarden.store.migrate import migrate

    console.print("Bringing the database to the newest schema ...")
    migrate(database_url)

    async def first_run() -> FirstRun | None:
        database = await Database.connect(database_url)
        try:
            return await ensure_first_run(database, settings.shopify_store_domain or None)
        finally:
            await database.close()

    return asyncio.run(first_run())


def _welcome(first: FirstRun | None, url: str) -> Welcome:
    if first is None:
        return Welcome(url=url)
    return Welcome(
        url=url,
        login=first.owner_email,
        password=first.owner_password,
        write_key=first.write_key,
        api_key=first.admin_key,
        store=str(first.store_id),
    )


def _start_own(settings: Settings, urls: tuple[str, str], supervisor: Supervisor, ending: threading.Event) -> bool:
    environment = os.environ | {"DATABASE_URL": urls[0], "REDIS_URL": urls[1], "PYTHONUNBUFFERED": "1"}
    environment["ENCRYPTION_KEYS"] = settings.encryption_keys or own_key(data_folder(settings.data_dir))
    environment |= {"SHOPWARDEN_SANDBOX_URL": settings.sandbox_url} if settings.sandbox_url else {}
    supervisor.start("Worker", partial(start_own, ["work"], environment))
    http = supervisor.start("HTTP", partial(start_own, ["serve"], environment))
    return _wait_until_served(settings, http, ending)


def _wait_until_served(settings: Settings, http: Runner, ending: threading.Event) -> bool:
    limit = time.monotonic() + _PATIENCE
    while not ending.wait(0.05):
        try:
            with urlopen(f"{local_url(settings.host, settings.port)}/health/live", timeout=5):  # noqa: S310
                return True
        except OSError:
            if not http.alive() or time.monotonic() > limit:
                raise StopError("the HTTP server did not come up; what it said is above") from None
    return False
