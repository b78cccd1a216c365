"""Visitors read from an outside Tracker: asked, read, cached for a moment, its errors told as ours."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import structlog

from shopwarden.api.auth import Caller
from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.tracker import VisitorDetail, VisitorPage
from shopwarden.errors import RefuseError, StopError
from shopwarden.outbound.send import Sender
from shopwarden.store.database import Database
from shopwarden.store.stores import list_stores
from shopwarden.vendors.tracker import ask_visitor, ask_visitors, read_visitor, read_visitors

_log = structlog.get_logger(__name__)
CACHE_SECONDS, MOST_CACHED = 10.0, 500


class OutsideTracker:
    """One Tracker for this installation, as TRACKER_URL and TRACKER_API_KEY name it."""

    def __init__(self, url: str, api_key: str, internal_hosts: Iterable[str] = ()) -> None:
        self._url, self._key = url, api_key
        self._sender = Sender([urlsplit(url).hostname or ""], internal_hosts=internal_hosts)
        self._cache: OrderedDict[str, tuple[float, Reply]] = OrderedDict()

    async def close(self) -> None:
        await self._sender.close()

    async def visitors(self, store_id: str, asked: Mapping[str, object]) -> VisitorPage:
        """A page of visitors. Parameters the contract does not know are passed on for Trackers that speak them."""
        parameters = {name: str(value) for name, value in asked.items()}
        reply = await self._ask(ask_visitors(self._url, self._key, store_id, parameters))
        try:
            return read_visitors(reply)
        except StopError as error:
            raise _broken(error) from None

    async def visitor(self, database: Database, caller: Caller, visitor_id: str) -> VisitorDetail:
        """One visitor. The contract does not say whose it is, so a key of one among several stores can't be let in."""
        if caller.store_id is not None and len(await list_stores(database)) > 1:
            raise RefuseError(
                "The outside Tracker does not tell which store a visitor belongs to; use a key that opens every store.",
                status=403,
                type="missing-scope",
            )
        reply = await self._ask(ask_visitor(self._url, self._key, visitor_id))
        try:
            return read_visitor(reply)
        except StopError as error:
            raise _broken(error) from None

    async def _ask(self, ask: Ask) -> Reply:
        """Kept for seconds: dashboards ask often, and the Tracker has a rate limit of its own."""
        kept = self._cache.get(ask.url)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        try:
            reply = await self._sender.send(ask)
        except StopError as error:
            raise _broken(error) from None
        if reply.status == 200:
            self._cache[ask.url] = (time.monotonic() + CACHE_SECONDS, reply)
            if len(self._cache) > MOST_CACHED:
                self._cache.popitem(last=False)
        return reply


def _broken(error: StopError) -> RefuseError:
    _log.error("tracker_unusable", reason=str(error))
    return RefuseError(
        "The outside Tracker can't be used; the operator finds the reason in the log.", status=502, type="tracker-unusable"
    )
