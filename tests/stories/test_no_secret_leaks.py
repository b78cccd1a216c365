"""No secret of any vendor or shop shows anywhere: known ones are planted, all is used, and everything is searched for them.

Real server and worker at their most talkative, every vendor asked in good and in bad times, then logs, answers, the whole
database and all of Redis.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
import redis

from shopwarden.domain.ids import StoreId
from shopwarden.domain.signing import hmac_base64
from shopwarden.store.api_keys import SCOPES, create_key
from shopwarden.store.database import Database
from shopwarden.vendors import find_vendors
from tests.sandbox.running import Sandbox, running_sandbox, sandbox
from tests.stories.serving import Running

__all__ = ["running_sandbox", "sandbox"]
SHOP = "planted.myshopify.com"
ENCRYPTION = "planted-encryption-key-0123456789-abcdef"
SHOPIFY_SECRET = "planted-shopify-client-secret-5533"
BAD_TIMES = ("error", "rubbish", "refuse", "quota", "rate_limited", "down")


def planted_values() -> dict[str, dict[str, str]]:
    """Vendor -> a value for each of its secrets that stands nowhere else."""
    found: dict[str, dict[str, str]] = {}
    for vendor in find_vendors().values():
        marks = {each.name: f"planted-{vendor.name}-{each.name}" for each in vendor.credentials if each.secret}
        found[vendor.name] = {name: f"{mark}-{sha256(mark.encode()).hexdigest()[:12]}" for name, mark in marks.items()}
    found["klaviyo"]["private_key"] = "pk_" + found["klaviyo"]["private_key"]
    return found


PLANTED = planted_values()
SECRETS = [ENCRYPTION, SHOPIFY_SECRET, *(value for values in PLANTED.values() for value in values.values())]


def forms(secret: str) -> set[bytes]:
    """As it is, and as HTTP's Basic sends it: alone, as user and as password."""
    plain = secret.encode()
    whole = {plain, b64encode(plain).rstrip(b"="), b64encode(plain + b":").rstrip(b"=")}
    account = b64encode(b"1234:" + plain).rstrip(b"=")
    return whole | {account, plain.hex().encode()}


def found_in(text: bytes) -> list[str]:
    return [secret for secret in SECRETS if any(form in text for form in forms(secret))]


@contextmanager
def working(environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "shopwarden", "work"], env=os.environ | environment, stderr=file, stdout=file
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


async def dumped(url: str) -> bytes:
    """Every row of every table, bytes as hex."""
    connection = await asyncpg.connect(url)
    try:
        names = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = [row[0] or "" for name in names for row in await connection.fetch(f'SELECT t::text FROM "{name}" AS t')]
        assert len(rows) > 20
        return "\n".join(rows).encode()
    finally:
        await connection.close()


def kept_in_redis(url: str) -> bytes:
    client = redis.Redis.from_url(url)
    pieces: list[bytes] = []
    for key in client.scan_iter(count=1000):
        pieces += [key, client.dump(key) or b""]  # type: ignore[list-item]
    client.close()
    return b"\n".join(pieces)


async def until(what: str, url: str, sql: str, seconds: float = 60) -> None:
    connection = await asyncpg.connect(url)
    try:
        limit = time.monotonic() + seconds
        while not await connection.fetchval(sql):
            assert time.monotonic() < limit, f"{what} did not come about"
            await asyncio.sleep(0.2)
    finally:
        await connection.close()


async def use_everything(client: httpx.AsyncClient, store: UUID, box: Sandbox, database_url: str) -> bytes:
    """Accounts set, tested, used for a new customer and an order; in good times first, then in each kind of bad ones."""
    said: list[bytes] = []

    async def ask(method: str, path: str, **more: object) -> httpx.Response:
        answer = await client.request(method, path, timeout=60, **more)  # type: ignore[arg-type]
        said.extend([answer.content, repr(answer.headers).encode()])
        return answer

    at = f"/api/stores/{store}/vendors"
    for vendor, values in PLANTED.items():
        policy = {"values": values, "is_on": True, "policy": "always"}
        assert (await ask("PUT", f"{at}/{vendor}", json=policy)).status_code == 200
    body = (
        b'{"id": 7, "email": "ann.smith@gmail.com", "first_name": "Ann", "last_name": "Smith", "phone": "+447700900123",'
        b' "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}'
    )
    headers = {
        "X-Shopify-Topic": "customers/create", "X-Shopify-Hmac-Sha256": hmac_base64(SHOPIFY_SECRET, body),
        "X-Shopify-Shop-Domain": SHOP, "X-Shopify-Webhook-Id": "planted-1",
    }  # fmt: skip
    assert (await ask("POST", "/webhooks/shopify", content=body, headers=headers)).status_code == 200
    await until("a look-up", database_url, "SELECT count(*) > 2 FROM vendor_calls")
    customer = (await ask("GET", "/api/customers")).json()["customers"][0]["id"]
    order = {"order_id": "9", "email": "ann.smith@gmail.com", "ip": "81.2.69.142", "total": "900", "currency": "EUR"}
    for mode in ("ok", *BAD_TIMES):
        for vendor in PLANTED:
            await box.mode(vendor, mode)
            await ask("POST", f"{at}/{vendor}/test")
        await ask("POST", "/api/orders/check", json=order | {"order_id": f"9{mode}", "email": f"{mode}@example.com"})
        await ask("POST", f"/api/customers/{customer}/enrich")
    for path in (at, f"/api/stores/{store}/vendor-usage", f"/api/customers/{customer}", "/api/openapi.json", "/metrics",
                 f"/api/customers/{customer}/risk-analysis", f"/api/stores/{store}/klaviyo", "/health/ready"):  # fmt: skip
        await ask("GET", path)
    for vendor in PLANTED:
        await ask("GET", f"{at}/{vendor}/calls")
    return b"\n".join(said)


async def test_no_planted_secret_is_found_anywhere(
    database: Database, database_url: str, redis_url: str, sandbox: Sandbox, store_id: UUID, tmp_path: Path
) -> None:
    await database.pool.execute("UPDATE stores SET shop_domain = $1", SHOP)
    key = (await create_key(database, name="all", scopes=SCOPES, store_id=StoreId(store_id))).secret
    environment = {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPWARDEN_SANDBOX_URL": sandbox.url,
        "ENCRYPTION_KEYS": ENCRYPTION, "SHOPIFY_API_KEY": "planted-app", "SHOPIFY_API_SECRET": SHOPIFY_SECRET,
        "SHOPWARDEN_LOG_LEVEL": "debug", "SHOPWARDEN_LOG_FORMAT": "json",
    }  # fmt: skip
    server = Running(environment)
    with (tmp_path / "serve.log").open("wb") as log:
        server.start(log)
        try:
            with working(environment, tmp_path / "work.log"):
                async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as client:
                    answers = await use_everything(client, store_id, sandbox, database_url)
        finally:
            server.kill()
    logs = (tmp_path / "serve.log").read_bytes() + (tmp_path / "work.log").read_bytes()
    assert len(logs) > 10_000
    assert found_in(logs) == []
    assert found_in(answers) == []
    assert found_in(await dumped(database_url)) == []
    assert found_in(kept_in_redis(redis_url)) == []
    assert await sandbox.log("ipqualityscore"), "the vendors were asked"


@pytest.mark.parametrize("secret", SECRETS)
def test_the_search_would_find_it(secret: str) -> None:
    assert found_in(b"a line with " + secret.encode() + b" in it") == [secret]
    assert secret in found_in(b"Basic " + b64encode(secret.encode() + b":"))
