"""Identifiers: distinct types for distinct things, and how their values are made."""

from __future__ import annotations

import hashlib
import os
import time
from typing import NewType
from uuid import UUID

StoreId = NewType("StoreId", UUID)
VisitorId = NewType("VisitorId", UUID)
SessionId = NewType("SessionId", UUID)
CustomerId = NewType("CustomerId", UUID)
OrderId = NewType("OrderId", UUID)
DeviceId = NewType("DeviceId", UUID)
VerdictId = NewType("VerdictId", UUID)


def uuid7_of(milliseconds: int, tail: bytes) -> UUID:
    """A UUID of version 7 (RFC 9562, 5.7) from a Unix time in ms and 10 bytes that fill the rest."""
    rest = int.from_bytes(tail[:10], "big")
    upper, lower = (rest >> 62) & 0xFFF, rest & 0x3FFFFFFFFFFFFFFF
    return UUID(int=(milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | upper << 64 | 0x2 << 62 | lower)


def uuid7_text(milliseconds: int, tail: int) -> str:
    """The same as text, from the 74 bits of `tail_of`; made without an object, for every event passes here."""
    value = (
        (milliseconds & 0xFFFFFFFFFFFF) << 80 | (0x7000 | tail >> 62 & 0xFFF) << 64 | 0x2 << 62 | tail & 0x3FFFFFFFFFFFFFFF
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def tail_of(identifier: UUID) -> int:
    """The 74 random bits of a UUIDv7, as `uuid7_of` takes them; of any other UUID the bits in their place."""
    return (identifier.int >> 64 & 0xFFF) << 62 | identifier.int & 0x3FFFFFFFFFFFFFFF


def new_id() -> UUID:
    """A fresh UUIDv7 that sorts by the time it was made, to a quarter of a microsecond (RFC 9562, 6.2, method 3)."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    return uuid7_of(milliseconds, (fraction << 62 | int.from_bytes(os.urandom(8), "big") >> 2).to_bytes(10, "big"))


def stable_id(*parts: str) -> UUID:
    """The same UUID for the same parts, always: for things whose natural key is known (a device, a message).

    Version 8 of RFC 9562 (own content): the first 122 bits of SHA-256 over the length-prefixed parts.
    """
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    value = int.from_bytes(digest.digest()[:16], "big")
    value = value & ~(0xF << 76) | (0x8 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)
