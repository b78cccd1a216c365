"""How tests of the made-up shop talk to it: GraphQL with a token, its switches, and somebody who takes its webhooks."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.sandbox.running import Sandbox

SHOP = "demo.myshopify.com"


@dataclass
class Talk:
    sandbox: Sandbox
    token: str = "sandbox"

    def control(self, method: str, what: str = "", **members: Any) -> dict[str, Any]:
        body = None if method == "GET" else members
        answer = self.sandbox.ask(method, f"/shopify/_sandbox/shop{what}", json=body, timeout=40)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def send(self, query: str, version: str = "2026-10", **variables: Any) -> Any:
        return self.sandbox.ask(
            "POST",
            f"/shopify/{SHOP}/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"x-shopify-access-token": self.token},
        )

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer without errors."""
        found: dict[str, Any] = self.send(query, **variables).json()
        assert "errors" not in found, found
        data: dict[str, Any] = found["data"]
        return data

    def change(self, mutation: str, **variables: Any) -> dict[str, Any]:
        """What the one mutation answered, with no user errors."""
        (payload,) = self.ask(mutation, **variables).values()
        assert payload["userErrors"] == [], payload
        found: dict[str, Any] = payload
        return found

    def subscribe(self, topic: str, uri: str) -> str:
        made = self.change(
            """mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
              webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
                webhookSubscription { id } userErrors { message } } }""",
            topic=topic,
            uri=uri,
        )
        return str(made["webhookSubscription"]["id"])


@dataclass
class Receiver:
    """`heard`: (headers in lower case, raw body) of each request. `answers`: statuses to give first, then 200."""

    uri: str
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(20):
            # The server runs in threads of its own, so there is no event of this loop to wait for.
            while len(self.heard) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A real server on this machine that takes whatever is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at what was heard."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()
