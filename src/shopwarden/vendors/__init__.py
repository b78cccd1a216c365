"""Look-ups: what to ask a vendor and how to read what it answers. Pure; one file each, found by itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from shopwarden.contracts.vendor import Lookup, Vendor


@cache
def find_vendors() -> Mapping[str, Vendor]:
    """Name -> vendor, of every module here that has a `VENDOR`, in the order of their names."""
    found: dict[str, Vendor] = {}
    for entry in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        vendor = getattr(importlib.import_module(f"{__name__}.{entry.name}"), "VENDOR", None)
        if isinstance(vendor, Vendor):
            found[vendor.name] = vendor
    return found


@cache
def find_lookups() -> Mapping[str, tuple[Vendor, Lookup]]:
    """Key of a look-up -> its vendor and itself."""
    return {lookup.key: (vendor, lookup) for vendor in find_vendors().values() for lookup in vendor.lookups}


def values_in(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Vendor -> its values as the environment has them; vendors of which a needed one is missing are left out."""
    given: dict[str, dict[str, str]] = {}
    for vendor in find_vendors().values():
        values = {each.name: environment.get(each.variable, "").strip() or each.default for each in vendor.credentials}
        if vendor.credentials and all(values[each.name] for each in vendor.credentials if each.needed):
            given[vendor.name] = {name: value for name, value in values.items() if value}
    return given
