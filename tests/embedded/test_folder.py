"""Where data lies, who holds it, and what a running start tells other commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from shopwarden.commands._servers import lend_urls
from shopwarden.embedded.folder import claim, data_folder
from shopwarden.embedded.running import Running, find_running, forget_running, server_urls, write_running
from shopwarden.embedded.welcome import Welcome, remember, show
from shopwarden.errors import StopError
from shopwarden.settings import read_settings


def test_the_variable_decides_where_data_lies(tmp_path: Path) -> None:
    assert data_folder(str(tmp_path / "x")) == tmp_path / "x"
    assert data_folder("~/x") == Path.home() / "x"


def test_without_it_root_keeps_data_out_of_its_home() -> None:
    folder = data_folder("")
    assert folder.name == "shopwarden"
    assert (folder == Path("/var/lib/shopwarden")) == (os.geteuid() == 0)


def test_a_claim_is_refused_while_held_and_free_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    message = rf"shopwarden is already running on {tmp_path} \(process {os.getpid()}\)"
    with claim(lock, "shopwarden"), pytest.raises(StopError, match=message), claim(lock, "shopwarden"):
        pass
    with claim(lock, "shopwarden"):
        pass


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from shopwarden.embedded.folder import claim\n"
    code += "with claim(Path(sys.argv[1]), 'x'): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")], check=False)
    with claim(tmp_path / "lock", "shopwarden"):
        pass


def note(pid: int) -> Running:
    return Running(pid=pid, database_url="postgresql://here", redis_url="unix:///here", url="http://127.0.0.1:1")


def test_other_commands_find_a_running_start(tmp_path: Path) -> None:
    write_running(tmp_path, note(os.getpid()))
    assert (tmp_path / "running.json").stat().st_mode & 0o777 == 0o600
    assert server_urls("", "", tmp_path) == ("postgresql://here", "unix:///here")
    assert server_urls("postgresql://there", "", tmp_path) == ("postgresql://there", "unix:///here")
    forget_running(tmp_path)
    with pytest.raises(StopError, match="DATABASE_URL and REDIS_URL not set"):
        server_urls("", "", tmp_path)
    assert server_urls("a", "b", tmp_path) == ("a", "b")


def test_the_note_of_a_killed_start_counts_for_nothing(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_running(tmp_path, note(ended.pid))
    assert find_running(tmp_path) is None
    (tmp_path / "running.json").write_bytes(b'{"pid":')
    assert find_running(tmp_path) is None


def test_the_write_key_is_shown_again_and_the_secrets_are_not(tmp_path: Path) -> None:
    first = Welcome(url="http://x", login="a@shop.test", password="hidden", write_key="public", api_key="secret", store="s")
    assert remember(tmp_path, first) == first
    assert (tmp_path / "first-run.json").stat().st_mode & 0o777 == 0o600
    kept = (tmp_path / "first-run.json").read_text()
    assert "hidden" not in kept
    assert "secret" not in kept
    later = remember(tmp_path, Welcome(url="http://x"))
    assert later == Welcome(url="http://x", login="a@shop.test", write_key="public", store="s")


def test_what_has_to_be_copied_is_never_wrapped() -> None:
    console = Console(width=20, soft_wrap=True, highlight=False, force_terminal=False)
    with console.capture() as shown:
        show(console, Welcome(url="http://x", login="a@b.test", write_key="k" * 60, api_key="[bold]" + "s" * 60))
    lines = shown.get().splitlines()
    assert any(line.endswith("k" * 60) for line in lines)
    assert any(line.endswith("[bold]" + "s" * 60) for line in lines)


def test_commands_beside_a_sandboxed_start_ask_its_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SHOPWARDEN_SANDBOX_URL", "ENCRYPTION_KEYS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("SHOPWARDEN_DATA_DIR", str(tmp_path))
    write_running(tmp_path, msgspec.structs.replace(note(os.getpid()), sandbox_url="http://127.0.0.1:9"))
    lend_urls(read_settings())
    assert read_settings().sandbox_url == "http://127.0.0.1:9"
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("SHOPWARDEN_SANDBOX_URL", "")
    lend_urls(read_settings())
    assert read_settings().sandbox_url == ""
