"""`shopwarden receipt ID`: a verdict made again from the facts, weights and rules it was made from."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from shopwarden.commands._servers import lend_urls
from shopwarden.errors import StopError
from shopwarden.settings import read_settings
from shopwarden.steps.receipt import Receipt, lines, receipt_of
from shopwarden.store.database import Database
from shopwarden.store.stores import list_stores


def command(verdict_id: Annotated[UUID, typer.Argument(help="The verdict's id, as the API tells it.")]) -> None:
    """Makes a verdict again and says "same" where its bytes are, or what differs (exit code 1)."""
    settings = read_settings()
    database_url, _ = lend_urls(settings)
    receipt = asyncio.run(load(database_url, verdict_id))
    for line in lines(receipt):
        print(line)
    if receipt.differences:
        raise typer.Exit(1)


async def load(database_url: str, verdict_id: UUID) -> Receipt:
    """The receipt, in whichever store the verdict is; StopError if in none."""
    database = await Database.connect(database_url, largest=1)
    try:
        for store in await list_stores(database):
            async with database.pool.acquire() as connection:
                receipt = await receipt_of(connection, store.id, verdict_id)
            if receipt is not None:
                return receipt
    finally:
        await database.close()
    raise StopError(f"no store here has a verdict {verdict_id}")
