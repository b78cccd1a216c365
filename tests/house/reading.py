"""What the house tests look at: our own source files, read once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("src", "tests", "bench")


@dataclass(frozen=True)
class Source:
    """A Python file of ours: `name` is its path from the project's folder."""

    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder right under src/shopwarden, or the file's own name there; empty outside of it."""
        parts = Path(self.name).parts
        return parts[2].removesuffix(".py") if parts[:2] == ("src", "shopwarden") else ""

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file under src, tests and bench."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    texts = [(path, path.read_text("utf-8")) for path in paths]
    return tuple(Source(str(path.relative_to(ROOT)), text, ast.parse(text, str(path))) for path, text in texts)


@cache
def project_texts() -> tuple[tuple[str, str], ...]:
    """(path, text) of every text file of the project: what git knows or would take up, lock files and data left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() if listed.returncode == 0 else [source.name for source in sources()]
    texts = []
    for name in names:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".example", ".ts", ".js", ""} and path.is_file():
            texts.append((name, path.read_bytes().decode("utf-8", "replace")))
    return tuple(texts)
