"""A private folder for a server's unix socket whose path is short enough for the system."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from shopwarden.embedded.account import Account
from shopwarden.embedded.folder import first_closed, make_private

# sockaddr_un holds 108 bytes with the closing NUL on Linux, 104 on macOS and the BSDs.
LONGEST_PATH = 103


def socket_folder(folder: Path, file_name: str, account: Account) -> Path:
    """`folder`/run when a socket of that name fits, else a folder of the same account under /run/user or /tmp."""
    inside = folder / "run"
    if _fits(inside, file_name):
        make_private(inside, account)
        return inside
    name = "shopwarden-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    for parent in (Path(f"/run/user/{account.uid}"), Path("/tmp")):  # noqa: S108
        made = parent / name
        if not parent.is_dir() or first_closed(parent, account) is not None or not _fits(made, file_name):
            continue
        try:
            made.mkdir(mode=0o700)
        except FileExistsError:
            if not _is_ours(made, account):
                continue
        except OSError:
            continue
        make_private(made, account)
        return made
    fresh = Path(tempfile.mkdtemp(prefix="shopwarden-", dir="/tmp"))
    make_private(fresh, account)
    return fresh


def leave_socket_folder(sockets: Path, folder: Path) -> None:
    """Takes a folder outside of the data folder away again, once no server has a socket in it."""
    if folder not in sockets.parents:
        with contextlib.suppress(OSError):
            sockets.rmdir()


def _fits(folder: Path, file_name: str) -> bool:
    return len(os.fsencode(folder / file_name)) <= LONGEST_PATH


def _is_ours(folder: Path, account: Account) -> bool:
    # In a folder everybody may write to, a stranger could have put a folder or a link of this name there first.
    about = folder.lstat()
    return stat.S_ISDIR(about.st_mode) and about.st_uid == account.uid
