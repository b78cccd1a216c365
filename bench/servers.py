"""The stand: PostgreSQL and Valkey of their own, the real HTTP server, the worker, and the do-nothing server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from shopwarden.embedded.own_process import OwnProcess, start_own
from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.process import die_with_parent, stop_child
from shopwarden.embedded.valkey import start_valkey
from shopwarden.store.api_keys import SCOPES, create_key
from shopwarden.store.database import Database
from shopwarden.store.migrate import migrate
from shopwarden.store.stores import create_store, find_store_by_domain

ROOT = Path(__file__).resolve().parent.parent
SHOP = "bench-shop.myshopify.com"
SECRET = "a secret for measuring only"
HOST = "127.0.0.1"
UNLIMITED = 1_000_000_000
PATIENCE = 60.0


@dataclass(frozen=True)
class Stand:
    """Running servers and the keys to them. `write_key` sends events, `api_key` opens everything else."""

    database_url: str
    redis_url: str
    store_id: object
    write_key: str
    api_key: str

    def environment(self, port: int) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SHOPWARDEN_HOST": HOST,
            "SHOPWARDEN_PORT": str(port),
            "SHOPWARDEN_WORKERS": "1",
            "SHOPWARDEN_LOG_LEVEL": "warning",
            "SHOPWARDEN_RATE_LIMIT_PER_MINUTE": str(UNLIMITED),
            "SHOPWARDEN_COLLECT_RATE_LIMIT_PER_MINUTE": "0",
            "SHOPIFY_API_SECRET": SECRET,
            "SHOPIFY_STORE_DOMAIN": SHOP,
        }

    @contextmanager
    def product(self) -> Iterator[int]:
        """The HTTP server as `shopwarden serve` starts it, one process; gives its port."""
        port = free_port()
        server = start_own(["serve"], self.environment(port))
        try:
            wait_for(port, server.process)
            yield port
        finally:
            server.stop()

    @contextmanager
    def worker(self) -> Iterator[OwnProcess]:
        worker = start_own(["work"], self.environment(free_port()))
        try:
            yield worker
        finally:
            worker.stop()


@contextmanager
def nothing(where: str = "below") -> Iterator[int]:
    """A do-nothing handler on the same kind of server, `within` the web framework or `below` it; gives its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.nothing", str(port), where],
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        stop_child(process, ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)))


@contextmanager
def sandbox(stand: Stand) -> Iterator[str]:
    """The stand-in for all vendors as `shopwarden sandbox` starts it; gives its address."""
    port = free_port()
    child = start_own(["sandbox", "--port", str(port), "--quiet"], stand.environment(port))
    try:
        wait_for(port, child.process)
        yield f"http://{HOST}:{port}"
    finally:
        child.stop()


@contextmanager
def stand(folder: Path | None = None) -> Iterator[Stand]:
    """Starts the servers on `folder`, which is kept, or on a temporary one. Both write to disk as in production."""
    with ExitStack() as stack:
        data = folder or stack.enter_context(temporary_folder())
        postgres = start_postgres(data)
        stack.callback(postgres.stop)
        valkey = start_valkey(data)
        stack.callback(valkey.stop)
        migrate(postgres.url)
        yield asyncio.run(_prepared(postgres.url, valkey.url))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder every account may pass through: as root, PostgreSQL runs under another account."""
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-bench-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _prepared(database_url: str, redis_url: str) -> Stand:
    database = await Database.connect(database_url)
    try:
        known = await find_store_by_domain(database, SHOP)
        store_id = known.id if known else await create_store(database, "Bench shop", SHOP)
        writer = await create_key(database, name="bench", scopes=["ingest"], store_id=store_id)
        reader = await create_key(database, name="bench", scopes=set(SCOPES) - {"ingest"}, store_id=store_id)
        return Stand(database_url, redis_url, store_id, writer.secret, reader.secret)
    finally:
        await database.close()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the server on port {port} did not come up") from None
            time.sleep(0.05)
