"""Posts the simulated messages at the server's front door as a storefront and a shop would: signed and in batches."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
import msgspec

from shopwarden.demo.actions import Action, Body
from shopwarden.errors import StopError

BATCH = 100
AT_ONCE = 8
PATIENCE = 12
"""Tries of one request before giving up: about two minutes of a server that is busy or away."""
API_VERSION = "2026-07"
_AGAIN = frozenset({429, 500, 502, 503, 504})


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The server and what opens it. `api_key` may read orders; with several stores `store_id` names the one."""

    url: str
    write_key: str
    api_key: str
    webhook_secret: str
    shop_domain: str
    store_id: str = ""


class Door:
    """One connection pool to a server."""

    def __init__(self, client: httpx.AsyncClient, target: Target) -> None:
        self._client, self._target = client, target
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def knock(self) -> None:
        """StopError at once when nobody is there: patience is for servers that were."""
        try:
            answer = await self._client.get(self._target.url + "/health/live")
        except httpx.HTTPError as error:
            raise StopError(f"no server answers at {self._target.url} ({error}): start `shopwarden up` first") from None
        if not answer.is_success:
            raise StopError(f"{self._target.url}/health/live answers {answer.status_code}: is this the right server?")

    async def tracker(self, actions: Sequence[Action]) -> None:
        """Tracker messages in the order of time; a visitor's own order is kept, since batches go one after another."""
        for start in range(0, len(actions), BATCH):
            batch = [message_of(action) for action in actions[start : start + BATCH]]
            body = msgspec.json.encode({"batch": batch, "sentAt": datetime.now(UTC)})
            headers = {"Content-Type": "application/json", "Authorization": _basic(self._target.write_key)}
            await self._post("/v1/batch", body, headers)

    async def webhooks(self, actions: Sequence[Action]) -> None:
        """Several at once: the shop's deliveries promise no order either."""
        await asyncio.gather(*(self._webhook(action) for action in actions))

    async def _webhook(self, action: Action) -> None:
        body = msgspec.json.encode(action.body)
        async with self._gate:
            await self._post("/webhooks/shopify", body, webhook_headers(self._target, action, body))

    async def get(self, path: str, query: dict[str, str]) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {self._target.api_key}"}
        if self._target.store_id:
            headers["X-Store-Id"] = self._target.store_id
        answer = await self._patiently("GET", path, headers, query=query)
        found: dict[str, object] = msgspec.json.decode(answer.content)
        return found

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        await self._patiently("POST", path, headers, body=body)

    async def _patiently(
        self, method: str, path: str, headers: dict[str, str], *, body: bytes = b"", query: dict[str, str] | None = None
    ) -> httpx.Response:
        """Tries again while the server is busy or away. StopError on a refusal, and when patience ends."""
        problem = ""
        for tried in range(PATIENCE):
            wait = min(15.0, 0.5 * 2**tried)
            try:
                answer = await self._client.request(
                    method, self._target.url + path, content=body, headers=headers, params=query
                )
            except httpx.HTTPError as error:
                problem = str(error) or type(error).__name__
            else:
                if answer.is_success:
                    return answer
                problem = f"{answer.status_code}: {answer.text[:300]}"
                if answer.status_code not in _AGAIN:
                    raise StopError(f"{self._target.url}{path} refuses: {problem}")
                wait = _seconds(answer.headers.get("retry-after"), wait)
            await asyncio.sleep(wait)
        raise StopError(f"{self._target.url}{path} does not take it: {problem}")


def message_of(action: Action) -> Body:
    """The tracker message with its id and time; the time sent stands on the batch, so that clocks are corrected by it."""
    return {**action.body, "messageId": action.id, "timestamp": action.at.isoformat(timespec="milliseconds")}


def webhook_headers(target: Target, action: Action, body: bytes) -> dict[str, str]:
    """Shopify's headers; the signature is over the very bytes sent."""
    digest = hmac.new(target.webhook_secret.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": action.topic,
        "X-Shopify-Shop-Domain": target.shop_domain,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": f"{action.id[:8]}-{action.id[8:12]}-{action.id[12:16]}-{action.id[16:20]}-{action.id[20:]}",
        "X-Shopify-Event-Id": action.id[::-1],
        "X-Shopify-Triggered-At": action.at.isoformat(timespec="milliseconds"),
    }


def _basic(write_key: str) -> str:
    return "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()


def _seconds(text: str | None, otherwise: float) -> float:
    try:
        return min(60.0, max(0.1, float(text or "")))
    except ValueError:
        return otherwise
