"""An outside Tracker: how to ask it for visitors, and how to read what it answers. Pure."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.tracker import VisitorDetail, VisitorPage
from shopwarden.errors import RefuseError, RetryError, StopError

NAME = "tracker"
Shape = TypeVar("Shape", VisitorPage, VisitorDetail)


def ask_visitors(url: str, api_key: str, store_id: str, parameters: dict[str, str]) -> Ask:
    """`GET {url}/api/stores/{storeId}/visitors`; parameters with an empty value are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    path = f"/api/stores/{quote(store_id, safe='')}/visitors"
    return _ask(url, f"{path}?{query}" if query else path, api_key)


def ask_visitor(url: str, api_key: str, visitor_id: str) -> Ask:
    """`GET {url}/api/visitors/{visitorId}`."""
    return _ask(url, f"/api/visitors/{quote(visitor_id, safe='')}", api_key)


def _ask(url: str, path: str, api_key: str) -> Ask:
    headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}
    return Ask(name=NAME, url=url.rstrip("/") + path, headers=headers)


def read_visitors(reply: Reply) -> VisitorPage:
    _check(reply)
    return _decode(reply.body, VisitorPage)


def read_visitor(reply: Reply) -> VisitorDetail:
    _check(reply)
    return _decode(reply.body, VisitorDetail)


def _check(reply: Reply) -> None:
    """RefuseError for what does not exist, StopError for a wrong key, RetryError for what may work later."""
    if reply.status == 404:
        raise RefuseError("The Tracker knows no such thing.", status=404, type="not-found")
    if reply.status in (401, 403):
        raise StopError("the Tracker refuses TRACKER_API_KEY")
    if reply.status == 429 or reply.status >= 500:
        raise RetryError(f"the Tracker answers {reply.status}", after=_wait(reply))
    if reply.status != 200:
        raise StopError(f"the Tracker answers {reply.status} to a plain read")


def _wait(reply: Reply) -> float | None:
    told = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    return min(3600.0, float(told)) if told.isdigit() else None


def _decode(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as error:
        raise StopError(f"the Tracker's answer is not the contract's: {error}") from None
