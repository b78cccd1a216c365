"""All vendors about one new customer, beside the slowest of them asked alone: how much waiting is our own."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from bench.report import Figure
from bench.servers import Stand, sandbox
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.inquiry import AskedCustomer, AskedItem, AskedOrder, Inquiry
from shopwarden.domain.observation import Address
from shopwarden.steps.accounts import connected
from shopwarden.steps.ask_vendors import ask_vendors
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from shopwarden.vendors import find_lookups

SECONDS = {
    "ipqualityscore": 0.15,
    "sendgrid": 0.2,
    "maxmind": 0.25,
    "peopledatalabs": 0.3,
    "fullcontact": 0.35,
    "sift": 0.2,
    "riskified": 0.5,
}
"""How long each vendor of the sandbox takes to answer."""
SLOWEST = "riskified.decide"
PEOPLE, QUICK_PEOPLE = 25, 4
PAUSE = 0.7
"""Between two people, so that the slowest rate limit of a vendor is not what is measured."""


def vendors(stand: Stand, quick: bool) -> Figure:
    """Median of the time until every vendor has settled about somebody nobody asked about before; all in milliseconds."""
    with sandbox(stand) as url:
        for vendor, seconds in SECONDS.items():
            mode = {"vendor": vendor, "kind": "slow", "seconds": seconds}
            httpx.put(f"{url}/_sandbox/mode", json=mode, trust_env=False).raise_for_status()
        return asyncio.run(_measure(stand, url, QUICK_PEOPLE if quick else PEOPLE))


async def _measure(stand: Stand, url: str, people: int) -> Figure:
    database = await Database.connect(stand.database_url)
    tools = open_tools(
        database,
        redis_url=stand.redis_url,
        encryption_keys="a key for measuring and for nothing else",
        environment={},
        sandbox_url=url,
        internal_hosts=[],
    )
    try:
        await _together(tools, StoreId(stand.store_id), 0)
        alone, together = [], []
        for number in range(1, people + 1):
            alone.append(await _alone(tools, StoreId(stand.store_id), number))
            together.append(await _together(tools, StoreId(stand.store_id), number))
            await asyncio.sleep(PAUSE)
    finally:
        await tools.close()
        await database.close()
    over = statistics.median(one - other for one, other in zip(together, alone, strict=True))
    return Figure(
        name="vendors",
        what=f"A new customer enriched by {len(find_lookups()) - 1} look-ups of {len(SECONDS)} vendors",
        value=statistics.median(together),
        unit="ms",
        limit=statistics.median(alone),
        limit_what="the slowest vendor asked alone",
        rounds=tuple(together),
        more=f"{over:.0f} ms longer than the slowest vendor",
    )


async def _together(tools: VendorTools, store_id: StoreId, number: int) -> float:
    begun = time.monotonic()
    settled = await ask_vendors(tools, store_id, inquiry(number), customer_id=CustomerId(new_id()), deadline=10.0)
    took = (time.monotonic() - begun) * 1000
    missing = {key: why.kind for key, why in settled.missing.items()}
    if missing:
        raise RuntimeError(f"not all vendors answered: {missing}")
    return took


async def _alone(tools: VendorTools, store_id: StoreId, number: int) -> float:
    """The bare call, without a ledger; somebody else's order, so that nothing is known of it."""
    async with tools.database.pool.acquire() as connection:
        account = (await connected(tools, connection, store_id))[SLOWEST.partition(".")[0]]
    ask = find_lookups()[SLOWEST][1].ask(inquiry(1_000_000 + number), account.account)
    begun = time.monotonic()
    await tools.outbound.ask(ask, limits=account.vendor.limits, hosts=account.hosts(), lane="alone")
    return (time.monotonic() - begun) * 1000


def inquiry(number: int) -> Inquiry:
    at = datetime.now(UTC)
    home = Address(first_name="Ann", last_name=f"N{number}", address_line1="1 Main St", city="Boston", country_code="US")
    order = AskedOrder(
        id=str(number),
        created_at=at,
        updated_at=at,
        total=Decimal("19.90"),
        currency="USD",
        items=(AskedItem(id="1", title="Tea", price=Decimal("19.90")),),
        billing=home,
        shipping=home,
        gateway="shopify_payments",
    )
    return Inquiry(
        at=at,
        ip=f"81.2.{number // 250 % 250}.{number % 250 + 1}",
        email=f"person{number}@shop.example",
        phone=f"+1410555{number % 10_000:04}",
        first_name="Ann",
        last_name=f"N{number}",
        address=home,
        customer=AskedCustomer(id=f"c-{number}", external_id=str(number), created_at=at),
        order=order,
        session_id=f"s-{number}",
        shop_domain="bench-shop.myshopify.com",
    )
