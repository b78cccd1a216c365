"""The collect endpoints, `/v1/*`: Segment's HTTP API, spoken below the web framework because every page view pays for it."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import partial
from typing import Any

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.ip import Network, client_ip
from shopwarden.domain.rate import take
from shopwarden.errors import RefuseError, RetryError
from shopwarden.ingest.answers import Headers, answer, cors_headers, preflight, problem
from shopwarden.ingest.count import ViewCounter
from shopwarden.ingest.group_commit import GroupCommit
from shopwarden.ingest.write_keys import WriteKeys
from shopwarden.sources.segment.messages import TYPES, Arrival
from shopwarden.sources.segment.requests import LARGEST_BATCH, Rejected, read_request
from shopwarden.steps import count
from shopwarden.steps.absorb import Incoming, Work, absorb
from shopwarden.store.database import Database
from shopwarden.vendors.offline.ip import IpLookup

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COUNT = "count"
KINDS = TYPES | {"batch", COUNT}
MOST_SENDERS = 100_000
_STORED = msgspec.json.encode({"success": True})
# The usual answer, made once.
_STORED_START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(_STORED)).encode())],
}
_STORED_BODY: Message = {"type": "http.response.body", "body": _STORED}


class CollectApp:
    """An ASGI app. `start` before the first request, `stop` writes what is still waiting."""

    def __init__(
        self,
        database: Database,
        lookup: IpLookup,
        trusted: Sequence[Network],
        requests_per_minute: int = 6000,
        noticed: Callable[[Sequence[Work]], None] | None = None,
    ) -> None:
        """`noticed` is told what came of each group once it is committed; it must be quick and never raise."""
        self._database = database
        self._noticed = noticed
        self._lookup = lookup
        self._trusted = tuple(trusted)
        self._per_minute = requests_per_minute
        self._senders: dict[str, float] = {}
        self._keys = WriteKeys(database)
        self.group = GroupCommit(self._absorb)
        self._views = ViewCounter(partial(count.add, database))

    async def start(self) -> None:
        self._lookup.warm()
        # The look-up tables are a million objects that never become garbage: the collector need not walk them each time.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self.group.start()

    async def stop(self) -> None:
        await self.group.stop()
        await self._views.stop()

    async def _absorb(self, events: Sequence[Incoming]) -> None:
        work = await absorb(self._database, events, self._lookup)
        if self._noticed is not None:
            self._noticed(work)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        cors = cors_headers(headers)
        if scope["method"] == "OPTIONS":
            await preflight(send, headers, cors)
            return
        try:
            kind = _kind(scope)
            if kind == COUNT:
                await self._count(scope, headers, receive)
                await answer(send, 204, b"", cors)
                return
            rejected = await self._collect(kind, scope, headers, receive)
        except RefuseError as refusal:
            await problem(send, refusal, cors)
        except RetryError:
            await problem(send, _away(), cors)
        else:
            if rejected or cors:
                body = _STORED if not rejected else msgspec.json.encode({"success": True, "rejected": rejected})
                await answer(send, 200, body, cors)
            else:
                await send(_STORED_START)
                await send(_STORED_BODY)

    async def _collect(self, kind: str, scope: Scope, headers: Headers, receive: Receive) -> list[Rejected]:
        arrival = self._arrival(scope, headers)
        self._within_rate(arrival.ip or "")
        body = await read_body(receive)
        request = read_request(kind, body, text(headers, b"authorization"), arrival)
        store = await self._store_of(request.write_key, headers)
        refused = await self.group.store([(store, event) for event in request.events])
        for place in refused:
            request.rejected.append(Rejected(request.places[place], "", "the database can't hold this message"))
        return request.rejected

    async def _count(self, scope: Scope, headers: Headers, receive: Receive) -> None:
        """One view without consent: answered when it is committed, and nothing of the sender is kept."""
        arrival = self._arrival(scope, headers)
        self._within_rate(arrival.ip or "")
        view = count.read_view(await read_body(receive))
        store = await self._store_of(view.writeKey, headers)
        seen = count.Seen(at=arrival.received, ip=arrival.ip, user_agent=arrival.user_agent, origin=text(headers, b"origin"))
        await self._views.add(count.counted(store, view, seen, self._lookup))

    async def _store_of(self, write_key: str, headers: Headers) -> StoreId:
        store = await self._keys.store_of(write_key, text(headers, b"origin"))
        if store is None:
            raise RefuseError(
                "this write key is unknown, revoked or not for sending events", status=401, type="write-key-unknown"
            )
        return store

    def _arrival(self, scope: Scope, headers: Headers) -> Arrival:
        peer = scope.get("client")
        ip = client_ip(
            peer[0] if peer else "", text(headers, b"x-forwarded-for"), self._trusted, text(headers, b"forwarded")
        )
        return Arrival(
            received=time.time(),
            ip=ip,
            user_agent=text(headers, b"user-agent"),
            # Only a browser sends these, and a page's script can't leave them out.
            from_browser=b"origin" in headers or b"sec-fetch-mode" in headers,
        )

    def _within_rate(self, sender: str) -> None:
        if self._per_minute <= 0:
            return
        if len(self._senders) > MOST_SENDERS:
            self._senders.clear()
        self._senders[sender], allowance = take(self._senders.get(sender), time.monotonic(), self._per_minute, 60.0)
        if not allowance.is_allowed:
            raise RefuseError(
                "too many requests from this address", status=429, type="rate-limited", headers=allowance.headers()
            )


def _kind(scope: Scope) -> str:
    kind: str = scope["path"][4:].rstrip("/")
    if kind not in KINDS:
        detail = f"there is no /v1/{kind[:40]}; there are {', '.join(sorted(KINDS))}"
        raise RefuseError(detail, status=404, type="not-found")
    if scope["method"] != "POST":
        raise RefuseError("send events with POST", status=405, type="method-not-allowed", headers={"Allow": "POST, OPTIONS"})
    return kind


def _away() -> RefuseError:
    detail = "the events could not be stored right now; send them again"
    return RefuseError(detail, status=503, type="storage-away", headers={"Retry-After": "2"})


def text(headers: Headers, name: bytes) -> str | None:
    raw = headers.get(name)
    return raw.decode("latin-1") if raw is not None else None


async def read_body(receive: Receive) -> bytes:
    """The whole body; stops reading, with a 413, as soon as it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        if len(body) > LARGEST_BATCH:
            break
        message = await receive()
        body += message.get("body", b"")
    return body
