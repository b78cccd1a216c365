"""`shopwarden doctor`: what is configured, what answers, what is missing and what to do about it."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from shopwarden.commands._checks import examine
from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.running import find_running
from shopwarden.settings import read_settings

_MARKS = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[red]missing[/]"}


def command() -> None:
    """Says what is configured, reachable and missing; exit code 1 when something needed is missing."""
    settings = read_settings()
    folder = data_folder(settings.data_dir)
    running = find_running(folder)
    findings = list(examine(settings, folder, running))
    table = Table("", "", "Found", "To do", title=f"shopwarden {f'runs at {running.url}' if running else 'is not running'}")
    for finding in findings:
        table.add_row(finding.what, _MARKS[finding.state], finding.found, finding.advice)
    Console().print(table)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)
