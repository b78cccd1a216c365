"""Sends a shop's webhooks: signed, with all their headers, tried again for hours, or lost on purpose."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import NamedTuple

import httpx
import msgspec

from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_state import Delivery, Shop, Subscription
from shopwarden.sandbox.shop_topics import written
from shopwarden.sandbox.shop_versions import CURRENT

CONNECT, WHOLE = 1.0, 5.0
"""Seconds a receiver has to take the connection, and to answer."""


def publish(shop: Shop, topic: str, body: Record, client_id: str | None = None) -> list[Delivery]:
    """Sends `body` to everybody who subscribed to the topic (as on the wire); `client_id`: to this app alone."""
    event_id = str(uuid.uuid4())
    wanted = [
        one
        for one in shop.subscriptions.values()
        if written(one.topic) == topic and client_id in {None, one.client_id} and one.uri.startswith("http")
    ]
    return [_to_subscriber(shop, one, body, event_id) for one in wanted]


def send(shop: Shop, topic: str, body: Record, uri: str, client_id: str, event_id: str | None = None) -> Delivery:
    """Sends one webhook to an address nobody subscribed by the API (privacy topics, an answer to a wish)."""
    return _post(shop, topic, msgspec.json.encode(body), event_id or str(uuid.uuid4()), _Target(uri, client_id))


def _to_subscriber(shop: Shop, one: Subscription, body: Record, event_id: str) -> Delivery:
    told = {name: value for name, value in body.items() if not one.fields or name in one.fields}
    return _post(shop, written(one.topic), msgspec.json.encode(told), event_id, _Target(one.uri, one.client_id, one))


class _Target(NamedTuple):
    """Where a webhook goes, which app signs it, and who asked for it, where anybody did."""

    uri: str
    client_id: str
    subscription: Subscription | None = None


def _post(shop: Shop, topic: str, body: bytes, event_id: str, to: _Target) -> Delivery:
    uri, client_id, subscription = to
    app = shop.apps[client_id]
    signature = base64.b64encode(hmac.new(app.secret.encode(), body, hashlib.sha256).digest()).decode()
    delivery = Delivery(
        id=str(uuid.uuid4()),
        event_id=event_id,
        topic=topic,
        uri=uri,
        body=body,
        headers={},
        at=time.time(),
        subscription=subscription.number if subscription else None,
        client_id=client_id,
    )
    delivery.headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": subscription.version if subscription else CURRENT,
        "X-Shopify-Webhook-Id": delivery.id,
        "X-Shopify-Event-Id": event_id,
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "X-Shopify-Sandbox": "made-up",
    }
    if subscription and subscription.name:
        delivery.headers["X-Shopify-Name"] = subscription.name
    shop.deliveries.append(delivery)
    if _is_lost(shop, topic):
        delivery.state = "dropped"
    else:
        at_work(shop, _deliver(shop, delivery))
    return delivery


def again(shop: Shop, delivery: Delivery) -> None:
    """Sends a delivery once more with the same id, as happens where an answer got lost."""
    at_work(shop, _deliver(shop, delivery))


def at_work(shop: Shop, work: Coroutine[object, object, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    shop.tasks.add(task)
    task.add_done_callback(shop.tasks.discard)


def _is_lost(shop: Shop, topic: str) -> bool:
    for name in (topic, "*"):
        if shop.lost.get(name, 0) > 0:
            shop.lost[name] -= 1
            return True
    return False


async def _deliver(shop: Shop, delivery: Delivery) -> None:
    delivery.state = "waiting"
    for gap in (0.0, *shop.gaps):
        await asyncio.sleep(gap)
        delivery.tries += 1
        if await _try(delivery):
            delivery.state = "delivered"
            return
    delivery.state = "failed"
    # Whoever never answers is not told any more: so does the platform with subscriptions made by its API.
    if delivery.subscription is not None:
        shop.subscriptions.pop(delivery.subscription, None)


async def _try(delivery: Delivery) -> bool:
    """Any 2xx is a yes; redirects are not followed."""
    delivery.status, delivery.error = None, None
    try:
        async with (
            asyncio.timeout(WHOLE),
            # The receivers of a sandbox are on this machine, often with a certificate of their own making.
            httpx.AsyncClient(timeout=httpx.Timeout(WHOLE, connect=CONNECT), verify=False) as client,  # noqa: S501
        ):
            answer = await client.post(delivery.uri, content=delivery.body, headers=delivery.headers)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as problem:
        delivery.error = f"{type(problem).__name__}: {problem}"
        return False
    delivery.status = answer.status_code
    return 200 <= answer.status_code < 300
