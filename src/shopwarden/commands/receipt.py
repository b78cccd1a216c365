"""`shopwarden receipt ID`: a verdict recomputed from the facts and weights it was made from."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from shopwarden.commands._servers import lend_urls
from shopwarden.errors import StopError
from shopwarden.settings import read_settings
from shopwarden.steps.receipt import Receipt, recompute
from shopwarden.store.database import Database
from shopwarden.store.stores import list_stores
from shopwarden.store.verdicts import StoredVerdict, find_verdict


def command(verdict_id: Annotated[UUID, typer.Argument(help="The verdict's id, as the API tells it.")]) -> None:
    """Recomputes a verdict and says "same", or what differs (exit code 1)."""
    settings = read_settings()
    database_url, _ = lend_urls(settings)
    receipt = recompute(asyncio.run(load(database_url, verdict_id)))
    for line in lines(receipt):
        print(line)
    if receipt.differences:
        raise typer.Exit(1)


async def load(database_url: str, verdict_id: UUID) -> StoredVerdict:
    """The verdict, in whichever store it is; StopError if in none."""
    database = await Database.connect(database_url, largest=1)
    try:
        for store in await list_stores(database):
            async with database.pool.acquire() as connection:
                stored = await find_verdict(connection, store.id, verdict_id)
            if stored is not None:
                return stored
    finally:
        await database.close()
    raise StopError(f"no store here has a verdict {verdict_id}")


def lines(receipt: Receipt) -> list[str]:
    """What is printed: the outcome first, then each difference."""
    then, again = receipt.stored, receipt.again
    made = f"score {then.score}, {then.advice}, made {then.at:%Y-%m-%d %H:%M:%S} UTC by version {then.code_version}"
    if then.code_version != again.code_version:
        made += f", recomputed by version {again.code_version}"
    if not receipt.differences:
        return [f"same: {made}"]
    return [f"different: {made}", *(f"  {difference}" for difference in receipt.differences)]
