"""What asking vendors takes, opened once for each process: the sender, the keys, the defaults and the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.sealing import Sealer
from shopwarden.outbound.cache import AnswerCache
from shopwarden.outbound.call import Outbound
from shopwarden.store.database import Database
from shopwarden.vendors import values_in
from shopwarden.vendors.shopify_app import NO_APP, ShopApp, shop_app

_log = structlog.get_logger(__name__)

OnLate = Callable[[StoreId, CustomerId | None, str], Awaitable[None]]
"""Told of the store, the customer and the key of a look-up whose answer came after its deadline and is kept now."""
STOP_SECONDS = 2.0


@dataclass
class VendorTools:
    """`defaults`: vendor -> values of the environment. `sandbox_url` stands in for every vendor where it is set.

    `running`: calls under way, which go on after whoever asked has stopped waiting.
    """

    database: Database
    outbound: Outbound
    sealer: Sealer
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    sandbox_url: str = ""
    cache: AnswerCache | None = None
    on_late: OnLate | None = None
    shop_app: ShopApp = NO_APP
    public_url: str = ""
    """Where the world reaches this installation; empty where nobody said."""
    running: set[asyncio.Task[None]] = field(default_factory=set, repr=False)
    question_keys: dict[StoreId, bytes] = field(default_factory=dict, repr=False)

    def run(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Starts work that does not end with its caller; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self.running.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its text may hold what a library was given; the kind has to do.
            _log.error("vendor_call_broke", error=type(error).__name__)

    async def close(self, patience: float = STOP_SECONDS) -> None:
        """Waits shortly for calls under way. What is cut off stays claimed, and so is not paid for a second time."""
        if self.running:
            await asyncio.wait(tuple(self.running), timeout=patience)
        left = tuple(self.running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.outbound.close()
        if self.cache is not None:
            await self.cache.close()


def open_tools(
    database: Database,
    *,
    redis_url: str,
    encryption_keys: str,
    environment: Mapping[str, str],
    sandbox_url: str,
    internal_hosts: Iterable[str],
) -> VendorTools:
    """StopError for a key too short. Without a key to seal with there is no cache: answers hold personal data."""
    sealer = Sealer.of(encryption_keys)
    sandbox = urlsplit(sandbox_url).hostname
    return VendorTools(
        database=database,
        outbound=Outbound(internal_hosts=(*internal_hosts, *((sandbox,) if sandbox else ()))),
        sealer=sealer,
        defaults=values_in(environment),
        sandbox_url=sandbox_url,
        shop_app=shop_app(environment, sandbox_url),
        public_url=environment.get("SHOPWARDEN_PUBLIC_URL", ""),
        cache=AnswerCache(redis_url, sealer) if redis_url and sealer.is_ready else None,
    )
