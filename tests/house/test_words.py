"""What is written about the code: docstrings where they belong, and nothing of the machine it was written on."""

from __future__ import annotations

import ast
import re

from tests.house.reading import project_texts, sources

# Paths of one machine, hosts of package indexes, keys: none of them belongs into a project.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:work|home/\w+|Users/\w+|root/\.\w+)/\w"),
    "a package index": re.compile(r"https?://[^\s\"']*/(?:simple|artifactory|nexus)\b|--(?:extra-)?index-url[ =]+http"),
    "a private key": re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----"),
    "a note to do it later": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
}


def test_every_module_says_what_it_is_for() -> None:
    silent = [source.name for source in sources() if source.name.startswith("src/") and not ast.get_docstring(source.tree)]
    assert not silent


def test_the_first_line_of_a_module_is_one_sentence() -> None:
    broken = []
    for source in sources():
        first = (ast.get_docstring(source.tree) or "ok.").splitlines()[0]
        if not first.rstrip().endswith((".", ":", "?", "!")):
            broken.append(f"{source.name}: {first}")
    assert not broken


def test_nothing_of_one_machine_is_in_the_project() -> None:
    found = []
    for name, text in project_texts():
        # This file has to name what it looks for.
        if name == "tests/house/test_words.py" or "/data/" in name or "/recorded/" in name:
            continue
        found += [f"{name}: {what}: {hit.group()}" for what, pattern in FORBIDDEN.items() for hit in pattern.finditer(text)]
    assert not found


def test_the_patterns_find_what_they_are_for() -> None:
    assert FORBIDDEN["a path of somebody's machine"].search("see /home/ann/file")
    assert not FORBIDDEN["a path of somebody's machine"].search("the folder /var/lib/shopwarden")
    assert FORBIDDEN["a package index"].search("https://host.example/simple/")
