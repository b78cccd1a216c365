"""The data folder: where it is, who may reach it, and that only one start uses it at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from shopwarden.embedded.account import Account
from shopwarden.errors import StopError


def data_folder(chosen: str) -> Path:
    """`SHOPWARDEN_DATA_DIR` when set; else /var/lib/shopwarden for root and the user's own data folder for others."""
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/shopwarden")
    return Path(platformdirs.user_data_dir("shopwarden", appauthor=False))


def make_folder(folder: Path, account: Account) -> None:
    """Makes the folder; only folders made here get their permissions set. StopError when `account` can't get to it."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    try:
        for part in reversed(missing):
            part.mkdir(exist_ok=True)
            part.chmod(0o711 if account.other else 0o700 if part == folder else 0o755)
    except OSError as problem:
        raise StopError(
            f"can't make the data folder {folder}: {problem.strerror}; set SHOPWARDEN_DATA_DIR to another"
        ) from None
    closed = first_closed(folder, account) if account.other else None
    if closed is not None:
        raise StopError(
            f"the data folder {folder} lies inside {closed}, which the database's account {account.name} may not enter "
            "(PostgreSQL doesn't run as root): leave SHOPWARDEN_DATA_DIR unset for /var/lib/shopwarden, "
            "set it to a folder every account may enter, or start as an ordinary user"
        )


def make_private(folder: Path, account: Account) -> None:
    """A folder of ours that only `account` (and root) may enter."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    account.give(folder)


def first_closed(path: Path, account: Account) -> Path | None:
    """The first folder on the way to `path` that `account` may not enter, None when the way is open."""
    for part in reversed((path, *path.parents)):
        try:
            about = part.stat()
        except OSError:
            return part
        if about.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif about.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not about.st_mode & needed:
            return part
    return None


@contextmanager
def claim(lock: Path, what: str) -> Iterator[None]:
    """Holds `lock` for the length of the block; the system lets go of it however this process ends.

    Raises StopError naming the other process when it is held already.
    """
    # Not truncated on opening: the holder's process id is in it.
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise StopError(
                f"{what} is already running on {lock.parent} (process {holder}): stop it first, or set SHOPWARDEN_DATA_DIR"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
