"""A shop's GraphQL as one piece of work uses it: points spent with care, waits, retries, a token that is renewed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from weakref import WeakKeyDictionary

import structlog

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.outbound.download import read_from
from shopwarden.outbound.exchange import CallFault
from shopwarden.steps.shop_points import Points
from shopwarden.vendors.shopify_app import ShopApp
from shopwarden.vendors.shopify_graphql import Answer, ask_graphql, cost_of, is_mutation, read_graphql

LIMITS = Limits(connect=5.0, total=30.0, at_once=8, tries=3)
ONCE = replace(LIMITS, retry_statuses=frozenset({429}))
"""For what changes something: any trouble of the shop's may have come after it was done."""
TRIES = 6
RESULT_HOSTS = ("storage.googleapis.com",)
"""Where Shopify keeps the results of bulk reads."""

log = structlog.get_logger(__name__)


class Asks(Protocol):
    """What is needed of whoever sends the requests: `outbound.call.Outbound` is one."""

    async def ask(
        self,
        ask: Ask,
        *,
        limits: Limits,
        hosts: Sequence[str],
        lane: str,
        deadline: float | None = None,
        repeatable: bool = True,
    ) -> Reply: ...


_points: WeakKeyDictionary[Asks, dict[str, Points]] = WeakKeyDictionary()


def points_of(outbound: Asks, shop: str) -> Points:
    """One for all tasks of this process that ask the same shop."""
    return _points.setdefault(outbound, {}).setdefault(shop, Points())


class ShopClient:
    """One shop, for as long as one piece of work. `token(renew)` gives the token; asked to renew, a new one.

    `version` is the API version the shop answered with last; `denied` collects what it kept from us for want of a right.
    """

    def __init__(self, app: ShopApp, shop: str, outbound: Asks, lane: str, token: Callable[[bool], Awaitable[str]]) -> None:
        self.app, self.shop = app, shop
        self.version: str | None = None
        self.denied: set[str] = set()
        self._outbound, self._lane, self._token = outbound, lane, token
        self._points = points_of(outbound, shop)

    async def run(
        self, query: str, variables: Mapping[str, object] | None = None, *, repeatable: bool | None = None
    ) -> Mapping[str, object]:
        """The `data` of a query or mutation. Waits for points and for a shop that is in trouble for a while.

        VendorFault says what to do by its kind; StopError: the token is dead and only the merchant can give another.
        `repeatable`: whether it may be sent again though the first may have been done; None: queries yes, mutations no.
        """
        again = not is_mutation(query) if repeatable is None else repeatable
        renewed = False
        for attempt in range(1, TRIES + 1):
            try:
                reply = await self._spend(query, variables, again)
                if reply.status == 401 and not renewed:
                    renewed = True
                    await self._token(True)
                    continue
                return self._learnt(read_graphql(reply)).data
            except VendorFault as fault:
                if attempt == TRIES or not _is_worth_waiting(fault, again):
                    raise
                wait = fault.after if fault.after is not None else 0.25 * 2**attempt
            await asyncio.sleep(wait)
        raise VendorFault("auth", "the shop refuses the token it has just given")

    async def _spend(self, query: str, variables: Mapping[str, object] | None, again: bool) -> Reply:
        ask = ask_graphql(self.app, self.shop, await self._token(False), query, variables)
        async with self._points.spending(query):
            hosts = self.app.hosts(self.shop)
            reply = await self._outbound.ask(
                ask, limits=LIMITS if again else ONCE, hosts=hosts, lane=self._lane, repeatable=again
            )
            self._points.learn(query, cost_of(reply))
        return reply

    def _learnt(self, answer: Answer) -> Answer:
        self.denied.update(answer.denied)
        if answer.version is not None:
            if answer.version != self.app.version and answer.version != self.version:
                log.warning(
                    "shop answers in another version", shop=self.shop, asked=self.app.version, answered=answer.version
                )
            self.version = answer.version
        return answer

    def stream(self, url: str, *, offset: int = 0) -> AsyncIterator[bytes]:
        """The bytes of a bulk read's result from `offset` on, as they come. VendorFault where they end too soon."""
        is_sandbox = bool(self.app.sandbox_url)
        hosts = self.app.hosts(self.shop) if is_sandbox else RESULT_HOSTS
        return read_from(url, hosts=hosts, offset=offset, may_be_internal=is_sandbox)


def _is_worth_waiting(fault: VendorFault, again: bool) -> bool:
    """Over the limit nothing was done, so it may always be sent again; in trouble only what may be done twice."""
    return fault.kind == "rate_limited" or (fault.kind == "unavailable" and again and not isinstance(fault, CallFault))
