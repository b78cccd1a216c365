"""Made-up vendors on a server of the tests' own, and the accounts to ask them with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Finding, Limits, Lookup, Vendor, VendorFault
from shopwarden.domain.answers import EmailAnswer, IpAnswer, RiskAnswer
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.inquiry import Inquiry
from shopwarden.domain.sealing import Sealer
from shopwarden.outbound.cache import AnswerCache
from shopwarden.outbound.call import Outbound
from shopwarden.steps.accounts import Connected
from shopwarden.steps.ask_vendors import ask_accounts
from shopwarden.steps.settled import Settled
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database

KEY = "k" * 40
LIMITS = Limits(connect=1.0, total=1.0, tries=2)
INQUIRY = Inquiry(at=datetime.now(UTC), ip="81.2.69.142", email="ann@shop.example")
_SUBJECTS = {"ip": IpAnswer, "email": EmailAnswer, "risk": RiskAnswer}


def lookup(vendor: str, subject: str, **more) -> Lookup:
    """Asks `{base}/{subject}/{value}`; reads {"score": n}, an empty object as a miss, 402 as no credits."""
    need = "email" if subject == "email" else "ip"

    def ask(inquiry: Inquiry, account: Account) -> Ask:
        path = f"/{subject}/{getattr(inquiry, need)}"
        return Ask(f"{vendor}.{subject}", account.url("https://acme.example", path), headers={"X-Key": account.value("key")})

    def read(reply: Reply) -> Finding:
        if reply.status != 200:
            kinds = {401: "auth", 402: "quota", 202: "pending", 429: "rate_limited"}
            raise VendorFault(kinds.get(reply.status, "unavailable"), f"{vendor} answers {reply.status}")
        told = json.loads(reply.body)
        if "score" not in told:
            return Finding()
        name = "score" if subject == "risk" else "fraud_score"
        return Finding((_SUBJECTS[subject](**{name: told["score"]}),), reference=told.get("reference"))

    usual = {
        "price": Decimal("0.01"),
        "bills_misses": False,
        "identity": lambda inquiry, account: (getattr(inquiry, need),),
        "ask": ask,
        "read": read,
    }
    return Lookup(key=f"{vendor}.{subject}", subject=subject, needs=(need,), **(usual | more))


def connected(url: str, name: str = "acme", *lookups: Lookup, limits: Limits = LIMITS, **more) -> Connected:
    vendor = Vendor(
        name=name,
        title=name.title(),
        about="made up",
        credentials=(),
        hosts=(),
        lookups=lookups or (lookup(name, "ip"),),
        limits=limits,
    )
    account = Account(name, {"key": "planted-key"}, f"{url}/{name}", made_up=True)
    return Connected(vendor, account, **({"policy": "always"} | more))


@dataclass
class Stage:
    """One process's tools and a store; `ask` asks with the accounts given."""

    database: Database
    store_id: StoreId
    tools: VendorTools
    customer_id: CustomerId = field(default_factory=lambda: CustomerId(new_id()))

    async def ask(self, accounts: Mapping[str, Connected] | Connected, inquiry: Inquiry = INQUIRY, **wishes) -> Settled:
        if isinstance(accounts, Connected):
            accounts = {accounts.vendor.name: accounts}
        wishes = {"customer_id": self.customer_id} | wishes
        return await ask_accounts(self.tools, await self.now(accounts), self.store_id, inquiry, **wishes)

    async def now(self, accounts: Mapping[str, Connected]) -> dict[str, Connected]:
        """The accounts with the breaker and the budgets as the database has them."""
        rows = {row["vendor"]: row for row in await self.rows("vendor_accounts")}
        return {
            name: replace(each, faults=rows[name]["faults"], open_until=rows[name]["open_until"]) if name in rows else each
            for name, each in accounts.items()
        }

    async def rows(self, table: str) -> list[Mapping[str, object]]:
        found = await self.database.pool.fetch(f"SELECT * FROM {table} WHERE store_id = $1", self.store_id)
        return [dict(row) for row in found]

    async def age(self, **since: float) -> None:
        """Makes every answer older by so much (as `interval`: hours=25)."""
        await self.database.pool.execute(
            "UPDATE vendor_answers SET asked_at = asked_at - $2::interval, answered_at = answered_at - $2::interval,"
            " fresh_until = fresh_until - $2::interval WHERE store_id = $1",
            self.store_id,
            timedelta(**since),
        )


def stage(database: Database, store_id: UUID, redis_url: str = "", keys: str = KEY) -> Stage:
    sealer = Sealer.of(keys)
    cache = AnswerCache(redis_url, sealer) if redis_url else None
    tools = VendorTools(database, Outbound(internal_hosts=["127.0.0.1"]), sealer, cache=cache)
    return Stage(database, StoreId(store_id), tools)
