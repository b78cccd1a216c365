"""Connecting to a database that may not be there yet, or not any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import asyncpg

from shopwarden.errors import StopError
from shopwarden.store.database import Database

_AWAY = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)


async def connect_when_there(
    url: str, largest: int, stop: asyncio.Event, say: Callable[[BaseException], None]
) -> Database | None:
    """The opened pool; None when `stop` was set first. `say` is called once, with the reason for waiting.

    Raises StopError for what waiting doesn't mend: a wrong password, a database that doesn't exist, a broken URL.
    """
    waited = 0
    while not stop.is_set():
        try:
            return await Database.connect(url, largest=largest)
        except _AWAY as problem:
            if not waited:
                say(problem)
            waited += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(waited, 5))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as problem:
            reason = f"{type(problem).__name__}: {str(problem).splitlines()[0]}"
            raise StopError(f"PostgreSQL refuses the connection ({reason}): check DATABASE_URL") from None
    return None
