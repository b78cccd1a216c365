"""Webhooks as the vendors' stand-ins sign and word them are taken and understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shopwarden.domain.events import EngagementHappened, VendorDecided
from shopwarden.sources import find_sources
from tests.sandbox.running import Sandbox

NOWHERE = "http://127.0.0.1:9/webhooks"


@pytest.mark.parametrize(
    ("name", "kind", "wish"),
    [
        ("sift", "decision", {"entity_type": "order", "entity_id": "5001", "decision": "block_order"}),
        ("riskified", "decision", {"id": "5001", "status": "declined"}),
    ],
)
async def test_a_decision_is_signed_and_read(name: str, kind: str, wish: dict[str, object], sandbox: Sandbox) -> None:
    sent = await sandbox.send(name, NOWHERE, kind, **wish)
    source, body = find_sources()[name], sent["body"].encode()
    headers = {header.lower(): value for header, value in sent["headers"].items()}
    assert source.verify(headers, body, ("sandbox",))
    assert not source.verify(headers, body, ("another",))
    topic = source.envelope(headers).topic
    (event,) = source.translate(topic, body, datetime.now(UTC))
    assert isinstance(event, VendorDecided)
    assert event.subject in ("order", "user")
    assert event.external_id


async def test_events_of_klaviyo_are_signed_and_read(sandbox: Sandbox) -> None:
    sent = await sandbox.send("klaviyo", NOWHERE, "event:klaviyo.opened_email")
    source, body = find_sources()["klaviyo"], sent["body"].encode()
    headers = {header.lower(): value for header, value in sent["headers"].items()}
    assert source.verify(headers, body, ("sandbox",))
    assert not source.verify(headers, body + b" ", ("sandbox",))
    envelope = source.envelope(headers)
    (event,) = source.translate(envelope.topic, body, envelope.triggered_at)
    assert isinstance(event, EngagementHappened)
    assert (event.channel, event.what) == ("email", "opened")
