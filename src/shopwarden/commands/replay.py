"""`shopwarden replay`: kept webhooks run again, dead jobs get another chance."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import Progress

from shopwarden.commands._servers import lend_urls
from shopwarden.domain.ids import StoreId
from shopwarden.errors import StopError
from shopwarden.settings import read_settings
from shopwarden.store.database import Database
from shopwarden.store.replay import Choice, count_chosen, count_dead, replay, revive_dead

OUTCOMES = ("failed", "unreadable", "kept", "processed", "unsupported_topic")


def command(
    source: Annotated[str | None, typer.Option(help="Only of this source, such as shopify.")] = None,
    store: Annotated[str | None, typer.Option(help="Only of the store with this id.")] = None,
    outcome: Annotated[str, typer.Option(help=f"{', '.join(OUTCOMES)}, several with commas, or all.")] = "failed",
    since: Annotated[str | None, typer.Option(help="Only received since this time, ISO 8601; UTC unless it says.")] = None,
    id: Annotated[str | None, typer.Option(help="Only this delivery, whatever became of it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Runs kept webhooks again, by default those whose job failed for good; a running worker picks them up."""
    choice = Choice(
        source=source,
        store_id=StoreId(_uuid("--store", store)) if store else None,
        outcomes=None if id else chosen_outcomes(outcome),
        since=_moment(since) if since else None,
        inbox_id=_uuid("--id", id) if id else None,
    )
    database_url, _ = lend_urls(read_settings())
    asyncio.run(_replay(database_url, choice, dry_run=dry_run))


def chosen_outcomes(text: str) -> tuple[str, ...] | None:
    """Outcomes of a comma list; None for `all`. StopError names a wrong one."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if names == ("all",):
        return None
    wrong = [name for name in names if name not in OUTCOMES]
    if wrong or not names:
        raise StopError(f"--outcome {', '.join(wrong) or text!r} is not one of {', '.join(OUTCOMES)}, all")
    return names


def _uuid(option: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise StopError(f"{option} must be an id like 0190d7a2-7b1c-7c3e-9d56-0f1b2c3d4e5f, not {text!r}") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise StopError(f"--since must be a time like 2026-11-22T08:00:00Z, not {text!r}") from None


async def _replay(database_url: str, choice: Choice, *, dry_run: bool) -> None:
    database = await Database.connect(database_url, largest=2)
    try:
        chosen, emptied = await count_chosen(database, choice)
        with_dead = choice.inbox_id is None and choice.source is None and "failed" in (choice.outcomes or OUTCOMES)
        dead = await count_dead(database, choice) if with_dead else 0
        if emptied:
            print(f"{emptied} of {chosen} deliveries are older than raw bodies are kept and can't run again.")
        if dry_run:
            print(f"Would run {chosen - emptied} deliveries and {dead} other dead jobs again.")
            return
        put = 0
        with Progress(transient=True) as progress:
            task = progress.add_task("Putting deliveries back", total=chosen - emptied)
            async for looked_at, added in replay(database, choice, datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")):
                put += added
                progress.advance(task, looked_at)
        revived = await revive_dead(database, choice) if with_dead else 0
        waiting = chosen - emptied - put
        print(f"Put {put} deliveries and {revived} other dead jobs back; {max(0, waiting)} were waiting already.")
    finally:
        await database.close()
