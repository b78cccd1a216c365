"""Once an hour what signing in left behind is dropped."""

from __future__ import annotations

from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.sign_in_leftovers import drop_leftovers


async def drop(tools: VendorTools) -> None:
    await drop_leftovers(tools.database)


PLANNED = [("leftovers of signing in", 3600.0, drop)]
