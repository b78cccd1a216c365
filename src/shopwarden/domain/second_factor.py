"""Time-based one-time passwords (RFC 6238: SHA-1, six digits, 30 s) and recovery codes for whoever lost the device."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import secrets
from base64 import b32encode
from datetime import datetime

import msgspec
import pyotp
import segno

STEP_SECONDS = 30
STEPS_AROUND = 1
"""Clocks of phones differ: a code holds one step before and after its own."""
RECOVERY_CODES = 10
_RECOVERY = re.compile(r"[a-z2-7]{16}")


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator app needs: `uri` in its QR code `svg`, or `secret` (Base32) typed in."""

    secret: str
    uri: str
    svg: str


def new_secret() -> str:
    """160 random bits in Base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def setup_of(secret: str, email: str, issuer: str = "shopwarden") -> Setup:
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff", xmldecl=False, nl=False)
    return Setup(secret=secret, uri=uri, svg=drawn.getvalue().decode())


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step a code is of, None for a wrong one. Whoever asks keeps the step: a code is good once."""
    given = code.replace(" ", "")
    if len(given) != 6 or not given.isascii() or not given.isdigit():
        return None
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - STEPS_AROUND, current + STEPS_AROUND + 1):
        # All are compared, so that the time it takes tells nothing.
        if hmac.compare_digest(totp.generate_otp(step), given):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Each of 80 random bits, as `abcd-efgh-ijkl-mnop`, good once."""
    plain = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in plain]


def recovery_hash(code: str) -> bytes | None:
    """SHA-256 of a recovery code however it was typed; None for what can't be one. It is random: nothing to guess."""
    plain = code.strip().lower().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode()).digest() if _RECOVERY.fullmatch(plain) else None
