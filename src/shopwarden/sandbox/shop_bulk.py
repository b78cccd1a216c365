"""Bulk operations: a query is read into a plan, the plan run over all records, each object a line of a file."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
from graphql import GraphQLError

from shopwarden.sandbox.shop_bulk_plan import Plan, read_plan, rows
from shopwarden.sandbox.shop_hooks import at_work, publish
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import Call
from shopwarden.sandbox.shop_state import Bulk, now
from shopwarden.sandbox.shop_world import gid

__all__ = ["read_plan", "start"]
_AT_ONCE = 200
"""Roots written between two looks at the clock."""


def start(call: Call, query: str, plan: Plan, *, grouped: bool) -> Bulk:
    """Puts the operation to work; its state is read from what is given back."""
    bulk = Bulk(call.shop.next(), call.client_id, query, time.time(), ticket=secrets.token_hex(8))
    call.shop.bulks[bulk.number] = bulk
    at_work(call.shop, _run(call, bulk, plan, grouped))
    return bulk


async def _run(call: Call, bulk: Bulk, plan: Plan, grouped: bool) -> None:
    await asyncio.sleep(call.shop.bulk_wait)
    if bulk.status == "CREATED":
        bulk.status = "RUNNING"
    if call.shop.bulk_fail:
        bulk.status, bulk.error = "FAILED", call.shop.bulk_fail
    # A thread of its own, as a first import of a large shop takes seconds: everybody else is answered meanwhile.
    stop = threading.Event()
    try:
        await asyncio.to_thread(_write, call, bulk, rows(call, plan, grouped), stop)
    except asyncio.CancelledError:
        stop.set()
        raise
    except GraphQLError as problem:
        bulk.status, bulk.error = "FAILED", str((problem.extensions or {}).get("code", "INTERNAL_SERVER_ERROR"))
    if bulk.status == "RUNNING":
        bulk.status = "COMPLETED"
    elif bulk.status == "CANCELING":
        bulk.status = "CANCELED"
    bulk.done_at = time.time()
    body: Record = {
        "admin_graphql_api_id": gid("BulkOperation", bulk.number),
        "completed_at": now() if bulk.status == "COMPLETED" else None,
        "created_at": now(),
        "error_code": bulk.error.lower() if bulk.error else None,
        "status": bulk.status.lower(),
        "type": "query",
    }
    publish(call.shop, "bulk_operations/finish", body, bulk.client_id)


def _write(call: Call, bulk: Bulk, found: Iterator[list[Record]], stop: threading.Event) -> None:
    """Writes lines as fast as the shop's `bulk_rate` allows, until all are written or the operation is to end."""
    encoder = msgspec.json.Encoder()
    began = time.monotonic()
    with tempfile.NamedTemporaryFile(prefix="shopwarden-bulk-", suffix=".jsonl", delete=False) as file:
        bulk.path = file.name
        # The file goes with the operation: when the shop is made anew, the sandbox is reset or its process ends.
        weakref.finalize(bulk, _remove, file.name)
        while bulk.status == "RUNNING" and not stop.is_set():
            rate = call.shop.bulk_rate
            taken = list(islice(found, min(_AT_ONCE, max(1, int(rate / 20))) if rate else _AT_ONCE))
            if not taken:
                break
            lines = [line for root in taken for line in root]
            file.write(encoder.encode_lines(lines))
            bulk.objects += len(lines)
            bulk.roots += len(taken)
            ahead = bulk.objects / rate - (time.monotonic() - began) if rate else 0.0
            stop.wait(max(0.0, ahead))
        bulk.size = file.tell()


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)
