"""Webhooks the sandbox sends on command: signed as the vendors sign theirs."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest

from shopwarden.sandbox.server import Request, Response, listen
from tests.sandbox.running import Sandbox
from tests.sandbox.test_vendors_words import order, signed


class Receiver:
    """A server that keeps what it was sent."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Request] = asyncio.Queue()
        self.url = ""

    async def take(self, request: Request) -> Response:
        self.heard.put_nowait(request)
        return Response(202, {}, b"taken")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    listening = await listen(made.take, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.port}/hook"
    yield made
    await listening.close()


def mac(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
async def test_sift_sends_a_decision(sandbox: Sandbox, receiver: Receiver, algorithm: str) -> None:
    sent = await sandbox.send(
        "sift", receiver.url, "decision", secret="s3cret", entity_type="order", entity_id="o-1", algorithm=algorithm
    )
    heard = await receiver.heard.get()
    assert (sent["status"], sent["answer"]) == (202, "taken")
    assert heard.headers["x-sift-science-signature"] == f"{algorithm}={mac('s3cret', heard.body, algorithm)}"
    assert json.loads(heard.body)["entity"] == {"type": "order", "id": "o-1"}


async def test_riskified_notifies_of_what_it_decided(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.ask("POST", "/riskified/api/submit", **signed({"order": order("test@decline.com")}))
    await sandbox.send("riskified", receiver.url, "notification", order_id="1001")
    heard = await receiver.heard.get()
    assert heard.headers["x-riskified-hmac-sha256"] == mac("sandbox", heard.body)
    assert heard.headers["x-riskified-shop-domain"]
    told = json.loads(heard.body)["order"]
    assert (told["id"], told["status"], told["old_status"]) == ("1001", "declined", "submitted")


async def test_riskified_notifies_by_itself_where_an_address_is_set(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.ask("PUT", "/riskified/_sandbox/notify", json={"to": receiver.url})
    answer = await asyncio.to_thread(
        sandbox.ask, "POST", "/riskified/api/submit", **signed({"order": order("test@approve.com")})
    )
    assert answer.json()["order"]["status"] == "submitted"
    heard = await asyncio.wait_for(receiver.heard.get(), 5)
    assert json.loads(heard.body)["order"]["status"] == "approved"


async def test_a_vendor_without_webhooks_or_a_bad_address_is_said(sandbox: Sandbox) -> None:
    assert "vendor" in sandbox.ask("POST", "/_sandbox/send", json={"vendor": "sendgrid", "to": "http://x"}).json()["fields"]
    assert "to" in sandbox.ask("POST", "/_sandbox/send", json={"vendor": "sift", "to": "ftp://x"}).json()["fields"]
    gone = await sandbox.send("sift", "http://127.0.0.1:9/none", "decision")
    assert gone["status"] == 0


def test_known_vectors_of_signatures() -> None:
    body = b'{"id":1,"email":"a@example.com"}'
    assert mac("riskified_token", body) == "a8ae93e60eccb1d2f33c55977c7445f9a6faeeb4f2657b10ece6a933fdd3975d"
    assert hashlib.sha256(body).digest()
