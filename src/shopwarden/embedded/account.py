"""Which operating system account the embedded servers run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from shopwarden.errors import StopError

OWN_NAME = "shopwarden"


class PopenIdentity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """`other` is true when it differs from the account this process runs as (only possible as root)."""

    name: str
    uid: int
    gid: int
    other: bool

    def identity(self) -> PopenIdentity:
        """Arguments for `subprocess` that make a child run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}

    def give(self, path: Path) -> None:
        """Hands a file or folder that is ours over to this account."""
        if self.other:
            os.chown(path, self.uid, self.gid)


def account_for(data: Path, *, make: bool = True) -> Account:
    """The account for a server whose data lies (or will lie) in `data`.

    Not root: ourselves. Root: whoever owns the data already, else the system user `shopwarden` (made when
    it is missing and `make` is true), else `postgres`, else `nobody`. Raises StopError when the data belongs to
    somebody we can't act as.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise StopError(
                f"{data} belongs to user {_name_of(owner)}, so {_name_of(os.geteuid())} can't run a database on it: "
                "start as the user who made it (or as root), or set SHOPWARDEN_DATA_DIR to another folder"
            )
        return Account(_name_of(os.geteuid()), os.geteuid(), os.getegid(), other=False)
    if owner:
        return Account(_name_of(owner), owner, data.stat().st_gid, other=True)
    for name in (OWN_NAME, "postgres", "nobody"):
        found = _lookup(name) or (_made(name) if make and name == OWN_NAME else None)
        if found:
            return Account(name, found.pw_uid, found.pw_gid, other=True)
    raise StopError(
        "PostgreSQL can't run as root and there is no other account to run it: create a system user named shopwarden"
    )


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    return _lookup(name)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
