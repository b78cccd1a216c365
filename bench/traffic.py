"""Believable visitors as Segment messages, from a seed: what they look at, with what device, from where."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from bench.load import request

Message = dict[str, object]

AGENTS = tuple(
    [
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 {mobile}Safari/537.36"
        for version in range(128, 142)
        for system, mobile in (
            ("Windows NT 10.0; Win64; x64", ""),
            ("Macintosh; Intel Mac OS X 10_15_7", ""),
            ("X11; Linux x86_64", ""),
            ("Linux; Android 15; Pixel 9", "Mobile "),
            ("Linux; Android 14; SM-S921B", "Mobile "),
        )
    ]
    + [
        f"Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        f" Version/{major}.{minor} Mobile/15E148 Safari/604.1"
        for major in (16, 17, 18)
        for minor in range(6)
    ]
)
SCREENS = ((1920, 1080), (1440, 900), (390, 844), (412, 915), (2560, 1440), (1536, 864))
ZONES = ("Europe/Berlin", "America/New_York", "Europe/London", "Asia/Tokyo", "America/Los_Angeles")
# First octets of ranges that belong to many operators of many countries.
OCTETS = (2, 5, 24, 31, 46, 62, 73, 77, 80, 84, 91, 99, 109, 126, 151, 178, 186, 203, 212)
SLOT = 5.0
"""Seconds of the shop's time from one batch to the next."""
PART_APART = 16
"""A visitor's next part comes this many batches later: more than are ever on the way at once."""


@dataclass
class _Visitor:
    anonymous_id: str
    context: dict[str, object]
    steps: list[Message]


def _visitor(chance: random.Random) -> _Visitor:
    width, height = chance.choice(SCREENS)
    context: dict[str, object] = {
        "ip": f"{chance.choice(OCTETS)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}",
        "userAgent": chance.choice(AGENTS),
        "locale": "en-US",
        "timezone": chance.choice(ZONES),
        "screen": {"width": width, "height": height, "density": 2},
        "library": {"name": "analytics.js", "version": "2.11.1"},
    }
    if chance.random() < 0.3:
        context["campaign"] = {"source": "newsletter", "medium": "email", "name": f"week-{chance.randrange(52)}"}
    steps = [_step(chance, place) for place in range(chance.randrange(5, 21))]
    return _Visitor(str(UUID(int=chance.getrandbits(128), version=4)), context, steps)


def _step(chance: random.Random, place: int) -> Message:
    dice = chance.random()
    product = chance.randrange(2_000)
    about = {
        "product_id": f"p-{product}", "sku": f"SKU-{product:05}", "name": f"Product number {product}", "brand": "Acme",
        "category": f"category-{product % 40}", "price": round(5 + product * 0.37, 2), "currency": "EUR", "quantity": 1,
    }  # fmt: skip
    if place == 0 or dice < 0.5:
        path = f"/products/product-{product}" if place else "/"
        return {
            "type": "page",
            "name": "Page",
            "properties": {"path": path, "url": f"https://bench.test{path}", "title": "Shop"},
        }
    if dice < 0.85:
        return {"type": "track", "event": "Product Viewed", "properties": about}
    if dice < 0.95 or place < 4:
        return {
            "type": "track",
            "event": "Product Added",
            "properties": about | {"cart_id": f"cart-{chance.getrandbits(60):x}"},
        }
    token = f"{chance.getrandbits(128):032x}"
    return {
        "type": "track",
        "event": "Checkout Started",
        "properties": {"checkout_id": token, "value": about["price"], "currency": "EUR"},
    }


def _parts(visitor: _Visitor, chance: random.Random) -> Iterator[list[Message]]:
    """A visitor's messages in two or three parts: as many as batches they will travel in."""
    count = 2 if len(visitor.steps) < 9 else 3
    size = -(-len(visitor.steps) // count)
    for start in range(0, len(visitor.steps), size):
        part = []
        for step in visitor.steps[start : start + size]:
            path = step["properties"].get("path", "/")  # type: ignore[attr-defined]
            context = visitor.context | {"page": {"path": path, "referrer": "https://search.test/"}}
            message_id = f"ajs-next-{chance.getrandbits(128):032x}"
            part.append({**step, "anonymousId": visitor.anonymous_id, "messageId": message_id, "context": context})
        yield part


def batches(seed: int, count: int, size: int = 100) -> list[list[Message]]:
    """`count` batches of `size` messages; every visitor's messages are spread over few batches, in order of time."""
    chance = random.Random(seed)
    begun = datetime.now(UTC) - timedelta(seconds=SLOT * (count + 1))
    slots: list[list[Message]] = [[] for _ in range(count)]
    for slot in range(count):
        while len(slots[slot]) < size:
            for index, part in enumerate(_parts(_visitor(chance), chance)):
                if slot + index * PART_APART < count:
                    slots[slot + index * PART_APART] += part
        room, over = slots[slot][:size], slots[slot][size:]
        if over and slot + 1 < count:
            slots[slot + 1] = over + slots[slot + 1]
        slots[slot] = room
        at = begun + timedelta(seconds=SLOT * slot)
        for place, message in enumerate(room):
            message["timestamp"] = (at + timedelta(seconds=SLOT * place / size)).isoformat(timespec="milliseconds")
    return slots


def authorization(write_key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()}


def batch_requests(write_key: str, given: Sequence[Sequence[Message]]) -> list[bytes]:
    headers = authorization(write_key)
    return [
        request("POST", "/v1/batch", msgspec.json.encode({"batch": batch, "sentAt": datetime.now(UTC).isoformat()}), headers)
        for batch in given
    ]


def single_requests(write_key: str, messages: Sequence[Message]) -> list[bytes]:
    headers = authorization(write_key)
    return [request("POST", f"/v1/{message['type']}", msgspec.json.encode(message), headers) for message in messages]
