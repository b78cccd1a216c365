"""One call that tells a vendor something, written down beside the calls that ask."""

from __future__ import annotations

import time
from decimal import Decimal

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.outbound.exchange import milliseconds_since
from shopwarden.steps.accounts import Connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.vendor_calls import Ended, count_call, end_call

FREE = Decimal(0)


async def send(tools: VendorTools, connection: Connection, store_id: StoreId, account: Connected, ask: Ask) -> None:
    """Returns when the vendor took it; VendorFault if not, which is written down all the same, beside the transaction."""
    name, teller = account.vendor.name, account.vendor.teller
    begun, status = time.monotonic(), None
    fault: VendorFault | None = None
    try:
        reply = await tools.outbound.ask(ask, limits=account.vendor.limits, hosts=account.hosts(), lane=f"{store_id}:{name}")
        status = reply.status
        if teller is not None:
            teller.read(reply)
    except VendorFault as raised:
        fault = raised
    milliseconds = milliseconds_since(begun)

    async def note(into: Connection) -> None:
        lookup = f"{name}.tell"
        day = await count_call(into, store_id, name, lookup, FREE)
        ended = Ended(
            vendor=name,
            lookup=lookup,
            day=day,
            outcome="answered" if fault is None else fault.kind,
            milliseconds=milliseconds,
            cost=FREE,
            status=status,
            made_up=account.account.made_up,
            detail=ask.name if fault is None else str(fault),
        )
        await end_call(into, store_id, ended)

    if fault is None:
        await note(connection)
        return

    async def note_beside() -> None:
        async with tools.database.transaction() as beside:
            await note(beside)

    # The job's transaction is undone with the fault, and must not wait for another connection while it holds one.
    tools.run(note_beside())
    raise fault
