"""Webhooks of a Klaviyo account: built, signed over body and time, and sent to who has the topic."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from email.utils import formatdate

import httpx
import msgspec

from shopwarden.sandbox.klaviyo_documents import Document, time_text
from shopwarden.sandbox.klaviyo_state import Account, Told
from shopwarden.sandbox.stand_in import Hook

GAPS = (0.0, 1.0, 5.0, 20.0)
"""Seconds before each try; the vendor's own schedule is not written down anywhere."""


def build(topic: str, event: Document, to: tuple[str, str, str], stale: float = 0.0, wrong: bool = False) -> Hook:
    """`to`: (address, secret, webhook's id). `stale`: how old it claims to be; `wrong`: signed with another secret."""
    url, secret, webhook = to
    moment = time.time() - stale
    stamp = formatdate(moment, usegmt=True)
    body = msgspec.json.encode(
        {
            "data": [{"external_id": event["id"], "topic": topic, "payload": {"data": event}}],
            "meta": {
                "klaviyo_account_id": "SANDBX",
                "klaviyo_webhook_id": webhook,
                "timestamp": time_text(moment),
                "version": "2026-10-15",
            },
        }
    )
    key = (secret + "x" if wrong else secret).encode()
    headers = {
        "content-type": "application/json",
        "Klaviyo-Webhook-Id": webhook,
        "Klaviyo-Timestamp": stamp,
        "Klaviyo-Signature": hmac.new(key, body + stamp.encode(), hashlib.sha256).hexdigest(),
    }
    return Hook(url, body, headers)


def tell_event(
    account: Account, topic: str, one: str, event: Document, stale: float = 0.0, wrong: bool = False
) -> list[Told]:
    """Sends to every webhook with this topic that is switched on; what was sent, still under way."""
    sent = []
    for webhook in account.webhooks.values():
        if webhook.enabled and topic in webhook.topics:
            told = Told(f"{webhook.id}:{one}", topic, webhook.url)
            account.told.append(told)
            hook = build(topic, event, (webhook.url, webhook.secret, webhook.id), stale, wrong)
            task = asyncio.get_running_loop().create_task(_deliver(hook, told))
            account.tasks.add(task)
            task.add_done_callback(account.tasks.discard)
            sent.append(told)
    return sent


async def _deliver(hook: Hook, told: Told) -> None:
    for gap in GAPS:
        await asyncio.sleep(gap)
        told.tries += 1
        try:
            # As in the shop: receivers of a sandbox are on this machine, often with a certificate of their own making.
            async with httpx.AsyncClient(timeout=10.0, verify=False) as client:  # noqa: S501
                answer = await client.post(hook.url, content=hook.body, headers=dict(hook.headers))
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            told.error = f"{type(problem).__name__}: {problem}"
            continue
        told.status, told.error = answer.status_code, None
        if answer.status_code < 500 and answer.status_code != 429:
            told.state = "delivered" if answer.is_success else "failed"
            return
    told.state = "failed"
