"""As root: the servers run under another account, and no permission of a folder that is not ours is touched."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from shopwarden.embedded.account import Account, account_for
from shopwarden.embedded.folder import first_closed, make_folder
from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.programs import _copied, postgres_programs, valkey_program
from shopwarden.errors import StopError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change accounts")


def modes(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    every = {part for path in paths for part in (path, *path.parents)}
    return {part: (stat.S_IMODE(part.stat().st_mode), part.stat().st_uid, part.stat().st_gid) for part in every}


def test_home_and_installation_keep_their_permissions(folder: Path) -> None:
    installed = Path(sys.prefix).resolve()
    before = modes(Path.home(), installed, folder.parent)
    server = start_postgres(folder, durable=False)
    server.stop()
    assert modes(Path.home(), installed, folder.parent) == before


@as_root
def test_the_server_runs_under_an_account_without_rights(folder: Path) -> None:
    server = start_postgres(folder, durable=False)
    try:
        about = psutil.Process(server.pid)
        assert about.uids().real != 0
        assert about.uids() == (about.uids().real,) * 3
        assert 0 not in about.gids()
    finally:
        server.stop()


@as_root
def test_a_folder_the_account_cannot_reach_is_named_and_left_as_it_is() -> None:
    closed = Path(tempfile.mkdtemp(prefix="shopwarden-closed-", dir="/tmp"))
    try:
        with pytest.raises(StopError, match=rf"lies inside {closed}, which .* may not enter"):
            start_postgres(closed / "data")
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(closed)


@as_root
def test_programs_out_of_reach_are_copied_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopwarden.embedded.programs._runs_for", lambda program, account: False)
    account = account_for(folder / "postgres")
    programs, valkey = postgres_programs(folder, account), valkey_program(folder, account)
    assert folder in programs.parents
    assert folder in valkey.parents
    assert first_closed(programs, account) is None
    server = start_postgres(folder, durable=False)
    server.stop()
    kept = programs.stat().st_ino
    assert postgres_programs(folder, account).stat().st_ino == kept


def test_a_copy_that_was_interrupted_is_made_again(folder: Path) -> None:
    (folder / "programs" / "copying-half").mkdir(parents=True)
    site = folder / "site"
    (site / "thing").mkdir(parents=True)
    (site / "thing" / "program").write_text("whole")
    copy = _copied(site, ["thing"], folder, "pytest")
    assert (copy / "thing" / "program").read_text() == "whole"
    assert not (folder / "programs" / "copying-half").exists()


def test_only_new_folders_get_permissions(folder: Path) -> None:
    ours = Account("me", os.geteuid(), os.getegid(), other=False)
    folder.chmod(0o750)
    make_folder(folder / "a" / "b", ours)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / "a" / "b").stat().st_mode) == 0o700
