"""A webhook source for tests, and an app with nothing but the webhook door."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
from litestar import Litestar
from litestar.datastructures import State

from shopwarden.api.problems import EXCEPTION_HANDLERS
from shopwarden.contracts.source import Envelope, Headers, Source
from shopwarden.errors import RefuseError
from shopwarden.ingest.webhooks import HANDLERS
from shopwarden.settings import Settings
from shopwarden.store.database import Database

SECRET = "shpss_test_secret"
BODY = b'{"id":1,"email":"a@example.com"}'
SIGNATURE = "XWB0+SxlvAEC3yNDPg512nnLhRAHtq9+JjdiDTdy0N0="
DOMAIN = "demo.myshopify.com"


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _verify(headers: Headers, body: bytes, secrets: tuple[str, ...]) -> bool:
    given = headers.get("x-signed", "").encode()
    return any(hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets)


def _envelope(headers: Headers) -> Envelope:
    if "x-topic" not in headers:
        raise RefuseError("The header X-Topic is missing.", fields={"X-Topic": "is missing"})
    return Envelope(
        topic=headers["x-topic"],
        delivery_id=headers.get("x-delivery"),
        event_id=headers.get("x-event"),
        shop_domain=headers.get("x-shop"),
    )


def _translate(topic: str, body: bytes, triggered_at: datetime | None) -> tuple[()]:
    return ()


SIGNED = Source("signed", _verify, _envelope, frozenset({"orders/create", "customers/create"}), _translate, ("X-Signed",))


def headers(body: bytes = BODY, **changes: str | None) -> dict[str, str]:
    """Headers of a good delivery; a None takes one away."""
    made: dict[str, str | None] = {
        "x-topic": "orders/create",
        "x-signed": sign(body),
        "x-shop": DOMAIN,
        "x-delivery": "d-1",
        "x-event": "e-1",
    }
    made.update({f"x-{name}": value for name, value in changes.items()})
    return {name: value for name, value in made.items() if value is not None}


class SignedSettings(Settings, frozen=True, kw_only=True):
    signed_api_secret: str = ""
    signed_api_secret_previous: str = ""
    signed_store_domain: str = ""


@asynccontextmanager
async def door(database: Database, settings: Settings | None = None) -> AsyncIterator[httpx.AsyncClient]:
    state = {
        "database": database,
        "settings": settings or SignedSettings(signed_api_secret=SECRET),
        "sources": {"signed": SIGNED},
    }
    app = Litestar(HANDLERS, state=State(state), exception_handlers=EXCEPTION_HANDLERS, openapi_config=None)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client
