"""Signatures under which messages travel: HMAC of the exact bytes, in hex or base64, compared in constant time.

Formula: HMAC as in RFC 2104; base64 in its standard alphabet with padding (RFC 4648 section 4).
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from typing import Literal

Algorithm = Literal["sha256", "sha1"]


def hmac_hex(secret: str, body: bytes, algorithm: Algorithm = "sha256") -> str:
    """The signature in lower-case hex."""
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def hmac_base64(secret: str, body: bytes, algorithm: Algorithm = "sha256") -> str:
    """The signature in base64."""
    return b64encode(hmac.new(secret.encode(), body, algorithm).digest()).decode()


def fits(given: str, expected: Iterable[str]) -> bool:
    """Whether the signature sent is one of those expected (one for each secret that may still be in use).

    All are compared, whichever fits, in constant time. An empty or non-ASCII signature fits nothing.
    """
    if not given or not given.isascii():
        return False
    found = False
    for each in expected:
        found |= bool(each) and hmac.compare_digest(each.encode(), given.encode())
    return found
