"""The sender for vendors: allowed hosts, lanes, deadlines and tries again, one line in the log for each call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import httpx
import structlog

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.errors import StopError
from shopwarden.outbound.exchange import CallFault, Failed, exchange, milliseconds_since
from shopwarden.outbound.lanes import Lane, Lanes
from shopwarden.outbound.pinned import PinnedNetwork, PinnedTransport
from shopwarden.outbound.waits import jittered, retry_after

_log = structlog.get_logger(__name__)

UNCERTAIN = frozenset({502, 504})
"""A gateway lost what stands behind it: the call may well have been served, and charged."""


class Outbound:
    """One for each process. `internal_hosts` may have an internal address. Close it when done."""

    def __init__(self, *, internal_hosts: Iterable[str] = (), transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._internal_hosts = frozenset(host.lower() for host in internal_hosts)
        self._transport = transport or PinnedTransport(PinnedNetwork(self._internal_hosts.__contains__))
        self._lanes = Lanes()

    async def close(self) -> None:
        await self._transport.aclose()

    def may_be_internal(self, host: str) -> bool:
        return host.lower() in self._internal_hosts

    async def ask(
        self,
        ask: Ask,
        *,
        limits: Limits,
        hosts: Sequence[str],
        lane: str,
        deadline: float | None = None,
        repeatable: bool = True,
    ) -> Reply:
        """The reply, whatever its final status. Waiting for a place, connecting and all tries take `deadline` seconds at
        most (`limits.total` where None).

        VendorFault: `unavailable` or `timeout` without a reply, `rate_limited` where the wait asked for is longer than the
        deadline, `contract_changed` for a reply without end. One that may have reached the other side is a CallFault with
        `was_sent`. `repeatable` false: whatever may have been served already is not sent a second time. StopError: the
        host is not an allowed one.
        """
        _check_host(ask, hosts)
        begun = time.monotonic()
        until = begun + (limits.total if deadline is None else deadline)
        tries = _Tries(ask, limits, repeatable, self._lanes.of(lane, limits))
        fault: VendorFault | None = None
        try:
            return await self._until_done(tries, until)
        except VendorFault as raised:
            fault = raised
        except asyncio.CancelledError:
            tries.ended = "cancelled"
            raise
        finally:
            tries.tell(fault.kind if fault is not None else tries.ended, milliseconds_since(begun))
        # Raised out here, where no other error hangs on to it.
        fault.__context__ = fault.__cause__ = None
        raise fault.with_traceback(None)

    async def _until_done(self, tries: _Tries, until: float) -> Reply:
        async with tries.lane.place(until):
            while True:
                tries.made += 1
                left = until - time.monotonic()
                limits = tries.limits
                outcome = await exchange(self._transport, tries.ask, limits.connect, max(0.001, min(left, limits.total)))
                wait = tries.wait_after(outcome, until - time.monotonic())
                if wait is None:
                    if isinstance(outcome, Failed):
                        raise outcome.fault(tries.ask.name)
                    return outcome
                await asyncio.sleep(wait)


class _Tries:
    """The tries of one call and what decides whether there is another."""

    def __init__(self, ask: Ask, limits: Limits, repeatable: bool, lane: Lane) -> None:
        self.ask, self.limits, self.lane = ask, limits, lane
        self.made = 0
        self.status: int | None = None
        self.ended: str | None = None
        self._repeatable = repeatable

    def wait_after(self, outcome: Reply | Failed, left: float) -> float | None:
        """Seconds before the next try, or None: this outcome is final. `left`: seconds of the deadline."""
        self.status = outcome.status if isinstance(outcome, Reply) else None
        asked_for = retry_after(outcome.headers) if isinstance(outcome, Reply) and outcome.status in (429, 503) else None
        if asked_for is not None:
            self.lane.close_for(asked_for)
        if isinstance(outcome, Reply) and outcome.status == 429 and asked_for is not None and asked_for >= left:
            raise CallFault("rate_limited", f"{self.ask.name} wants no calls for a while", asked_for, was_sent=True)
        if self.made >= self.limits.tries or not self._may_be_made_again(outcome):
            return None
        wait = jittered(self.made) if asked_for is None else asked_for
        return wait if wait < left else None

    def _may_be_made_again(self, outcome: Reply | Failed) -> bool:
        if isinstance(outcome, Failed):
            if outcome.trouble in ("internal", "too_large", "unsendable"):
                return False
            return self._repeatable or not outcome.was_sent
        if outcome.status not in self.limits.retry_statuses:
            return False
        return self._repeatable or outcome.status not in UNCERTAIN

    def tell(self, fault: str | None, milliseconds: int) -> None:
        known = {"vendor": self.ask.name, "status": self.status, "ms": milliseconds, "tries": self.made}
        if fault is None:
            _log.debug("vendor_call", **known)
        else:
            _log.warning("vendor_call", fault=fault, **known)


def _check_host(ask: Ask, hosts: Sequence[str]) -> None:
    try:
        parts = urlsplit(ask.url)
        host = (parts.hostname or "").lower()
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise StopError(f"{ask.name}: the address must start with https:// or http:// and name a host")
    if host not in {each.lower() for each in hosts}:
        raise StopError(f"{ask.name}: the host {host[:100]!r} is not one that may be asked")
