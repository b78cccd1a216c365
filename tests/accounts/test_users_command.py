"""`shopwarden users`: whoever lost the way in is let back in from the server itself."""

from __future__ import annotations

import re

import pytest

from shopwarden.commands.users import command
from shopwarden.errors import StopError
from tests.conftest import run_sql, wait_in_thread


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("SHOPWARDEN_PUBLIC_URL", "https://risk.example.com/")


def test_users_are_invited_let_back_in_and_kept_from_leaving_nobody(
    capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    command("add", "Ann@Example.com", role="owner")
    link = re.compile(r"https://risk\.example\.com/welcome#token=[\w-]{43}")
    assert link.search(capsys.readouterr().out)
    command("reset", "ann@example.com", role="")
    assert link.search(capsys.readouterr().out)
    with pytest.raises(StopError, match="only owner"):
        command("disable", "ann@example.com", role="")
    command("add", "bea@example.com", role="owner")
    for action in ("sign-out", "no-second-factor", "disable", "enable", "remove"):
        command(action, "ann@example.com", role="")
    with pytest.raises(StopError, match="nobody here"):
        command("reset", "ann@example.com", role="")
    command("role", "bea@example.com", role="owner")
    capsys.readouterr()
    command("list", "", role="")
    assert "bea@example.com" in capsys.readouterr().out
    wait_in_thread(run_sql(database_url, "SELECT 1 / count(*) FROM audit_log WHERE actor = 'command line'"))


@pytest.mark.parametrize(("action", "email", "role"), [("dance", "a@b.c", ""), ("reset", "", ""), ("add", "a@b.c", "king")])
def test_what_is_not_understood_is_said(action: str, email: str, role: str) -> None:
    with pytest.raises(StopError):
        command(action, email, role=role)
