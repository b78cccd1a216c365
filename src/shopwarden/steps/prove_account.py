"""Proves an account with a vendor without spending anything, and says what was found in words."""

from __future__ import annotations

import time

import msgspec

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import ShopwardenError
from shopwarden.steps.accounts import Connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.vendor_accounts import keep_check

DEADLINE = 10.0
_ADVICE = {
    "auth": "Check the key, and that its plan includes this service.",
    "quota": "The account has no credits or quota left.",
    "rate_limited": "Try again in a while.",
    "timeout": "Try again in a while.",
    "unavailable": "Try again in a while.",
    "contract_changed": "What answered does not speak this vendor's contract; check the address it is sent to.",
}


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` None: the vendor has no way to be tested that costs nothing; the first real question will tell."""

    ok: bool | None
    sentence: str
    fault: str | None = None
    milliseconds: int = 0
    made_up: bool = False


async def prove_account(tools: VendorTools, store_id: StoreId, connected: Connected) -> Proved:
    """Asks the vendor's free check once, and keeps what it said beside the account."""
    tested = await _ask(tools, store_id, connected)
    async with tools.database.pool.acquire() as connection:
        await keep_check(connection, store_id, connected.vendor.name, tested.fault or tested.sentence)
    return tested


async def _ask(tools: VendorTools, store_id: StoreId, connected: Connected) -> Proved:
    vendor, account = connected.vendor, connected.account
    if vendor.check is None or vendor.read_check is None:
        sentence = f"{vendor.title} has no check that costs nothing: the first real question will tell."
        return Proved(ok=None, sentence=sentence, made_up=account.made_up)
    started, question = time.monotonic(), vendor.check(account)
    try:
        reply = await tools.outbound.ask(
            question,
            limits=vendor.limits,
            hosts=connected.hosts(),
            lane=f"{store_id}:{vendor.name}",
            deadline=DEADLINE,
        )
        sentence, fault = vendor.read_check(reply), None
    except VendorFault as problem:
        sentence, fault = said(vendor.title, question.name, problem), problem.kind
    except ShopwardenError as problem:
        sentence, fault = str(problem), "unavailable"
    took = round((time.monotonic() - started) * 1000)
    return Proved(ok=fault is None, sentence=sentence, fault=fault, milliseconds=took, made_up=account.made_up)


def said(title: str, call: str, problem: VendorFault) -> str:
    """What went wrong and what to do, as sentences that name the vendor and not the call."""
    what = str(problem).rstrip(". ").replace(call, title)
    if title not in what:
        what = f"{title}: {what}"
    return f"{what}. {_ADVICE.get(problem.kind, '')}".strip()
