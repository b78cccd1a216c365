"""What `up` tells its user, and the part of it that later starts repeat."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console

from shopwarden.embedded.running import write_private

_NAME = "first-run.json"


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """`password` and `api_key` are there at the very first start only: the database keeps nothing but their hashes.
    `sandbox`: what answers for all vendors, None where they answer themselves."""

    url: str
    login: str | None = None
    password: str | None = None
    write_key: str | None = None
    api_key: str | None = None
    store: str | None = None
    sandbox: str | None = None


class _Kept(msgspec.Struct, frozen=True):
    login: str
    write_key: str
    store: str


def remember(folder: Path, welcome: Welcome) -> Welcome:
    """Keeps login and public write key in a private file; a later start, which gets none, has them filled in from there."""
    path = folder / _NAME
    if welcome.write_key and welcome.login:
        kept = _Kept(welcome.login, welcome.write_key, welcome.store or "")
        write_private(path, msgspec.json.format(msgspec.json.encode(kept)))
        return welcome
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return welcome
    return msgspec.structs.replace(welcome, login=kept.login, write_key=kept.write_key, store=kept.store)


def show(console: Console, welcome: Welcome, *, up: bool = True) -> None:
    """Prints it: one line for each thing, nothing wrapped, so that it can be copied. `up` false: the start went wrong."""
    lines = [
        ("shopwarden is up", welcome.url if up else None),
        ("API documentation", f"{welcome.url}/api/docs/" if up else None),
        ("Login", welcome.login),
        ("Password", welcome.password),
        ("Store", welcome.store),
        ("Write key", welcome.write_key),
        ("API key", welcome.api_key),
        ("Sandbox", f"{welcome.sandbox}/_sandbox/ - answers of vendors are made up" if welcome.sandbox else None),
    ]
    console.print()
    for name, value in lines:
        if value is not None:
            console.print(f"  {name:<18} {value}", markup=False, style="bold" if name == "shopwarden is up" else None)
    if welcome.password or welcome.api_key:
        console.print("\n  The password and the API key are shown this once: keep them.")
    if up:
        console.print("\n  Ctrl-C stops everything.\n")
