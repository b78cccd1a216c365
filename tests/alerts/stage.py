"""A store with alerts and channels, a clock that is moved by hand, and real servers that hear the channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from shopwarden.domain.alert import Raising
from shopwarden.domain.alert_channel import ChannelSecrets
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.sealing import Sealer
from shopwarden.domain.webhook_signing import new_secret
from shopwarden.outbound.call import Outbound
from shopwarden.steps.alert_sender import AlertSender
from shopwarden.steps.alert_sending import seal_secrets
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.database import Database

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SECRET = new_secret()


def raising(group: str, cause: str = "", **more: Any) -> Raising:
    row = {"kind": "rule", "severity": "warning", "title": cause or group, "at": NOON, **more}
    return Raising(**row, group_key=group, cause=cause or group)


class Stage:
    """`now` is what every part takes for the present; it stands still unless a test moves it."""

    def __init__(self, database: Database, store_id: UUID) -> None:
        self.database, self.store_id, self.now = database, StoreId(store_id), NOON
        self.tools = VendorTools(database, Outbound(internal_hosts=["127.0.0.1"]), Sealer(["a" * 40]))
        self.sender = self.new_sender()

    def new_sender(self) -> AlertSender:
        """As in another worker."""
        return AlertSender(self.tools, lambda: self.now)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def channel(self, url: str, kind: str = "webhook", **more: Any) -> UUID:
        channel_id = new_id()
        secrets = ChannelSecrets(url=url, secret=SECRET if kind == "webhook" else None, **more.pop("secrets", {}))
        row: dict[str, Any] = {
            "store_id": self.store_id, "id": channel_id, "name": "Shop floor", "kind": kind, "shown": "",
            "created_by": "system", "created_at": NOON, "updated_at": NOON,
            "sealed": seal_secrets(self.tools.sealer, self.store_id, channel_id, secrets), **more,
        }  # fmt: skip
        marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        await self.database.pool.execute(f"INSERT INTO alert_channels ({', '.join(row)}) VALUES ({marks})", *row.values())
        return channel_id

    async def raise_now(self, *raisings: Raising) -> list[UUID]:
        async with self.database.transaction() as connection:
            return await raise_alerts(connection, self.store_id, raisings, self.now)

    async def deliveries(self, channel_id: UUID) -> list[dict[str, Any]]:
        rows = await self.database.pool.fetch(
            "SELECT * FROM alert_deliveries WHERE store_id = $1 AND channel_id = $2 ORDER BY id", self.store_id, channel_id
        )
        return [dict(row) for row in rows]

    async def states(self, channel_id: UUID) -> list[str]:
        return [row["state"] for row in await self.deliveries(channel_id)]

    async def channel_row(self, channel_id: UUID) -> dict[str, Any]:
        return dict(await self.database.pool.fetchrow("SELECT * FROM alert_channels WHERE id = $1", channel_id))


@asynccontextmanager
async def staged(database: Database, store_id: UUID) -> AsyncIterator[Stage]:
    stage = Stage(database, store_id)
    yield stage
    await stage.tools.close()


def title_of(body: bytes) -> str:
    return str(msgspec.json.decode(body)["data"]["title"])


async def until(is_so: Callable[[], object]) -> None:
    """Waits for what other tasks do, five seconds at most."""
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
