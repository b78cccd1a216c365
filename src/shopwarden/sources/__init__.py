"""What others send us, translated into our own terms: one folder or file per source, pure."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from shopwarden.contracts.source import Source


@cache
def find_sources() -> dict[str, Source]:
    """Every webhook source there is, by name: each module or package here that has a constant `SOURCE`."""
    found: dict[str, Source] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        source = getattr(import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if isinstance(source, Source):
            if source.name in found:
                raise ValueError(f"two webhook sources are called {source.name}")
            found[source.name] = source
    return found
