"""The pages of docs/generated, printed from code: `python -m tests.house.printed` writes them, a test holds them fresh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from shopwarden.settings import Settings, variable_of
from shopwarden.signals.catalogue import catalogue
from shopwarden.vendors.catalogue import catalogue as vendor_catalogue

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "generated"
HEAD = "<!-- Printed by `make docs`; edits here are lost. -->\n\n"


def described_settings() -> dict[str, tuple[str, str]]:
    """Variable -> (value shown, description) from `.env.example`: a comment, then the variable behind a `#`."""
    described: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines():
        if line.startswith("# "):
            comment.append(line[2:])
        elif line.startswith("#"):
            name, _, value = line[1:].partition("=")
            described[name] = (value, " ".join(comment))
            comment = []
        else:
            comment = []
    return described


def settings_page() -> str:
    described = described_settings()
    rows = [
        "# Settings",
        "",
        "Environment variables, read once at the start.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for field in msgspec.structs.fields(Settings):
        name = variable_of(field.name)
        default = f"`{field.default}`" if field.default != "" else ""
        rows.append(f"| `{name}` | {default} | {described[name][1]} |")
    return HEAD + "\n".join(rows) + "\n"


PAGES: dict[str, Callable[[], str]] = {"settings.md": settings_page, "signals.md": catalogue, "vendors.md": vendor_catalogue}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
