"""One message to one channel: a signed webhook, or a text by apprise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.domain.alert_channel import ChannelSecrets
from shopwarden.domain.alert_text import text_of
from shopwarden.domain.ids import StoreId
from shopwarden.domain.sealing import Sealer
from shopwarden.domain.webhook_signing import signed_headers
from shopwarden.errors import StopError
from shopwarden.outbound.apprise_send import AppriseSender, host_of
from shopwarden.outbound.call import Outbound
from shopwarden.outbound.waits import retry_after
from shopwarden.store.alert_queue import Refusal, Taken, Waiting

LIMITS = Limits(connect=5.0, total=15.0, at_once=4, tries=1)
"""The queue tries again itself, so that the order is kept."""
MOST_TOGETHER = 20
"""Messages that leave as one text: nobody wants forty after a night."""
GONE = 410
Clock = Callable[[], datetime]


def seal_secrets(sealer: Sealer, store_id: StoreId, channel_id: UUID, secrets: ChannelSecrets) -> bytes:
    """StopError without a key to seal with."""
    return sealer.seal(msgspec.json.encode(secrets), _context(store_id, channel_id))


def open_secrets(sealer: Sealer, store_id: StoreId, channel_id: UUID, sealed: bytes) -> ChannelSecrets:
    return msgspec.json.decode(sealer.open(sealed, _context(store_id, channel_id)), type=ChannelSecrets)


def _context(store_id: StoreId, channel_id: UUID) -> str:
    return f"alert-channel:{store_id}:{channel_id}"


class Sending:
    """How messages leave. Whatever goes wrong is a Refusal: the channel's trouble, never the sender's."""

    def __init__(self, outbound: Outbound, sealer: Sealer, now: Clock) -> None:
        self._outbound, self._sealer, self._now = outbound, sealer, now
        self._apprise = AppriseSender()

    def together(self, taken: Taken) -> int:
        """How many messages may leave as one."""
        return 1 if taken.channel.kind == "webhook" else MOST_TOGETHER

    async def send(self, taken: Taken, waiting: Sequence[Waiting]) -> int | Refusal | None:
        """The status of a webhook that was taken, None where there is none."""
        try:
            secrets = open_secrets(self._sealer, taken.store_id, taken.channel.id, taken.sealed)
            if taken.channel.kind == "webhook":
                return await self._post(taken, secrets, waiting[0])
            await self._tell(taken, secrets.url, waiting)
        except VendorFault as fault:
            return Refusal(error=str(fault), after=fault.after)
        except StopError as problem:
            return Refusal(error=str(problem))
        return None

    async def _tell(self, taken: Taken, url: str, waiting: Sequence[Waiting]) -> None:
        internal = self._outbound.may_be_internal(host_of(url))
        message = text_of([each.body for each in waiting])
        await self._apprise.send(taken.channel.id, url, message, may_be_internal=internal)

    async def _post(self, taken: Taken, secrets: ChannelSecrets, waiting: Waiting) -> int | Refusal:
        now, body = self._now(), msgspec.json.encode(waiting.body)
        headers = {"Content-Type": "application/json"}
        headers |= signed_headers(waiting.message_id, now, body, secrets.in_use(now))
        reply = await self._outbound.ask(
            Ask(name="alert webhook", url=secrets.url, method="POST", headers=headers, body=body),
            limits=LIMITS,
            hosts=[urlsplit(secrets.url).hostname or ""],
            lane=f"alerts:{taken.lease}",
        )
        if 200 <= reply.status < 300:
            return reply.status
        return Refusal(
            error=f"it answered {reply.status}",
            status=reply.status,
            after=retry_after(reply.headers, now),
            is_gone=reply.status == GONE,
        )
