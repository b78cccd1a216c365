"""The pages of docs/generated, printed from code: `python -m tests.house.printed` writes them, a test holds them fresh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from shopwarden.api import rights
from shopwarden.rules.catalogue import catalogue as rule_facts
from shopwarden.settings import Settings, variable_of
from shopwarden.signals.catalogue import catalogue
from shopwarden.vendors import find_vendors
from shopwarden.vendors.catalogue import catalogue as vendor_catalogue
from shopwarden.web import find_handlers

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "generated"
EXAMPLE = ROOT / ".env.example"
VENDORS_HEAD = "# --- Vendors, printed by `make docs` ---"
HEAD = "<!-- Printed by `make docs`; edits here are lost. -->\n\n"


def described_settings() -> dict[str, tuple[str, str]]:
    """Variable -> (value shown, description) from `.env.example`: a comment, then the variable behind a `#`."""
    described: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if line.startswith("# "):
            comment.append(line[2:])
        elif line.startswith("#"):
            name, _, value = line[1:].partition("=")
            described[name] = (value, " ".join(comment))
            comment = []
        else:
            comment = []
    return described


def vendor_lines() -> str:
    """The last part of `.env.example`: the variables of every vendor, each with its meaning and its default."""
    lines = [
        VENDORS_HEAD,
        "# Defaults of a one-store install; a store's own values are set with `shopwarden vendors` or by API.",
    ]
    for vendor in find_vendors().values():
        for each in vendor.credentials:
            meaning = each.meaning.rstrip(".")
            choices = f" ({', '.join(each.choices)})" if each.choices else ""
            lines += [
                "",
                f"# {vendor.title}: {meaning[:1].lower()}{meaning[1:]}{choices}.",
                f"#{each.variable}={each.default}",
            ]
    return "\n".join(lines) + "\n"


def environment_example() -> str:
    """`.env.example` as it has to be: what people wrote, then what is printed."""
    written = EXAMPLE.read_text("utf-8").partition(VENDORS_HEAD)[0]
    return written.rstrip("\n") + "\n\n" + vendor_lines()


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
    for vendor in find_vendors().values():
        for each in vendor.credentials:
            value, meaning = described[each.variable]
            rows.append(f"| `{each.variable}` | {f'`{value}`' if value else ''} | {meaning} |")
    return HEAD + "\n".join(rows) + "\n"


def rights_page() -> str:
    return HEAD + rights.page(rights.rights_of(find_handlers()))


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "signals.md": catalogue,
    "vendors.md": vendor_catalogue,
    "rule_facts.md": rule_facts,
    "rights.md": rights_page,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    EXAMPLE.write_text(environment_example(), "utf-8")
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
