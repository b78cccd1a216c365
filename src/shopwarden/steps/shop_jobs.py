"""Jobs about a whole shop: which module does which, found among the modules here that are named shop_*."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from shopwarden import steps
from shopwarden.contracts.job import Payload
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError, SkipError, StopError
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection

ShopJob = Callable[[VendorTools, Connection, StoreId, Payload], Awaitable[None]]
PlannedWork = tuple[str, float, Callable[[VendorTools], Awaitable[object]]]
LATER = frozenset({"rate_limited", "unavailable", "timeout", "pending"})


@cache
def jobs() -> Mapping[str, ShopJob]:
    """Name in the payload -> function, of every module's `JOBS`."""
    found: dict[str, ShopJob] = {}
    for module in _modules():
        for name, function in getattr(module, "JOBS", {}).items():
            if name in found:
                raise RuntimeError(f"two modules do the job {name!r} of a shop")
            found[name] = function
    return found


def _modules() -> list[object]:
    names = sorted(entry.name for entry in pkgutil.iter_modules(steps.__path__) if entry.name.startswith("shop_"))
    return [importlib.import_module(f"{steps.__name__}.{name}") for name in names if name != "shop_jobs"]


async def run(tools: VendorTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Does what `payload["shop"]` names. RetryError: it can not be asked now. StopError: a person has to act."""
    name = payload.get("shop")
    job = jobs().get(name) if isinstance(name, str) else None
    if job is None:
        raise SkipError(f"nothing is known of how to do {str(name)[:40]!r} for a shop")
    try:
        await job(tools, connection, store_id, payload)
    except VendorFault as fault:
        if fault.kind in LATER:
            raise RetryError(str(fault), fault.after) from fault
        raise StopError(str(fault)) from fault


PLANNED: tuple[PlannedWork, ...] = tuple(work for module in _modules() for work in getattr(module, "PLANNED", ()))
"""(name, seconds, what to do) of every module."""
