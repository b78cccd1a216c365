"""A worker process of its own, to be killed: `python -m tests.jobs.worker_process DATABASE_URL REDIS_URL`."""

from __future__ import annotations

import asyncio
import signal
import sys

from shopwarden.store.database import Database
from shopwarden.work import CONNECTIONS, run
from tests.jobs.counting import FUNCTIONS


async def main(database_url: str, redis_url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = await Database.connect(database_url, largest=CONNECTIONS)
    print("ready", flush=True)
    await run(database, redis_url, stop, FUNCTIONS)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
