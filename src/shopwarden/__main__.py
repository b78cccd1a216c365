"""The command line: every file in `commands` is a command of the file's name."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from shopwarden import commands
from shopwarden.errors import ShopwardenError


def command_names() -> list[str]:
    """Names of all commands, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_"))


def build(names: list[str]) -> typer.Typer:
    """The program with the commands of these names: each a module with a function `command`."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    # Without a callback, a program of one command would take the command's name for its first argument.
    @app.callback()
    def program() -> None:
        """shopwarden tells a Shopify merchant who is in the shop and whom to trust."""

    for name in names:
        app.command(name)(importlib.import_module(f"{commands.__name__}.{name}").command)
    return app


def main() -> None:
    """Runs the command line; what a person has to act on is one line on standard error and exit code 1."""
    names = command_names()
    # Only the wanted command is imported: `doctor` shall answer even when another command's parts are broken.
    wanted = [sys.argv[1]] if len(sys.argv) > 1 and sys.argv[1] in names else names
    try:
        build(wanted)()
    except ShopwardenError as problem:
        print(f"shopwarden: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
