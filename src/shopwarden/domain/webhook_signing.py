"""Secrets and signatures of outgoing webhooks, by the Standard Webhooks specification (version 1, symmetric)."""

from __future__ import annotations

import binascii
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + b64encode(os.urandom(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether it is one the specification allows: 24 to 64 bytes."""
    try:
        return text.startswith(PREFIX) and 24 <= len(b64decode(text.removeprefix(PREFIX), validate=True)) <= 64
    except (binascii.Error, ValueError):
        return False


def signed_headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> Mapping[str, str]:
    """One signature for each secret that is in use, separated by spaces. HMAC-SHA256 of `id.timestamp.body`."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{_signature(secret, signed)}" for secret in secrets]
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _signature(secret: str, signed: bytes) -> str:
    return b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")).decode()
