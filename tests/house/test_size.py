"""Files and functions stay small enough to read in one go."""

from __future__ import annotations

import statistics
from pathlib import Path

from tests.house.reading import Source, sources

LONGEST_FILE, MEDIAN_FILE, LONGEST_FUNCTION, MOST_PARAMETERS = 300, 100, 50, 6
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "core", "lib", "service"}


def lines_of(source: Source) -> int:
    return len(source.text.splitlines())


def test_no_file_is_too_long() -> None:
    too_long = {source.name: lines_of(source) for source in sources() if lines_of(source) > LONGEST_FILE}
    assert not too_long


def test_half_of_all_files_are_short() -> None:
    assert statistics.median(lines_of(source) for source in sources()) < MEDIAN_FILE


def test_no_function_is_too_long() -> None:
    too_long = [
        f"{source.name}:{function.lineno} {function.name} has {function.end_lineno - function.lineno + 1} lines"
        for source in sources()
        for function in source.functions()
        if function.end_lineno is not None and function.end_lineno - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not too_long


def test_no_function_takes_too_many_parameters() -> None:
    too_many = []
    for source in sources():
        # The parameters of tests and fixtures are fixtures asked for by name, not arguments somebody has to order.
        if source.name.startswith("tests/"):
            continue
        for function in source.functions():
            given = function.args
            names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs) if a.arg not in {"self", "cls"}]
            if len(names) > MOST_PARAMETERS:
                too_many.append(f"{source.name}:{function.lineno} {function.name} takes {len(names)}")
    assert not too_many


def test_names_say_what_is_inside() -> None:
    empty_names = [
        source.name
        for source in sources()
        if FORBIDDEN_NAMES & {part.removesuffix(".py").strip("_") for part in Path(source.name).parts}
    ]
    assert not empty_names
