"""Secrets sealed for the database: AES-256-GCM, bound to where they belong, under keys that can be rotated."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shopwarden.errors import StopError

SHORTEST_KEY = 32
_VERSION = b"\x01"
_ID, _NONCE = 4, 12


class Sealer:
    """`keys` are texts of at least 32 characters (ENCRYPTION_KEYS): the first one seals, all of them open.

    A sealed value is one version byte, 4 bytes that name the key, 12 of nonce, and AES-GCM's output (NIST SP 800-38D).
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """StopError for a key that is too short."""
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise StopError(f"ENCRYPTION_KEYS: every key needs at least {SHORTEST_KEY} characters")
        secrets = [sha256(b"shopwarden sealing " + key.encode()).digest() for key in keys]
        self._keys = {sha256(b"id " + secret).digest()[:_ID]: AESGCM(secret) for secret in secrets}

    @classmethod
    def of(cls, setting: str) -> Sealer:
        """From the setting: keys separated by commas."""
        return cls([key.strip() for key in setting.split(",") if key.strip()])

    @property
    def is_ready(self) -> bool:
        return bool(self._keys)

    def seal(self, plain: bytes, context: str) -> bytes:
        """`context` says where the value belongs (store and purpose): moved elsewhere it does not open."""
        if not self._keys:
            raise StopError("ENCRYPTION_KEYS is not set: secrets can't be stored without a key to encrypt them with")
        name, cipher = next(iter(self._keys.items()))
        nonce = os.urandom(_NONCE)
        return _VERSION + name + nonce + cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """StopError where no key fits, or the value was changed or belongs elsewhere."""
        cipher = self._keys.get(sealed[1 : 1 + _ID]) if sealed[:1] == _VERSION else None
        if cipher is None:
            raise StopError("a stored secret was encrypted with a key that ENCRYPTION_KEYS does not hold any more")
        nonce, rest = sealed[1 + _ID : 1 + _ID + _NONCE], sealed[1 + _ID + _NONCE :]
        try:
            return cipher.decrypt(nonce, rest, context.encode())
        except InvalidTag:
            raise StopError("a stored secret does not open: it was changed, or it belongs elsewhere") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it; others are to be sealed anew."""
        return bool(self._keys) and sealed[1 : 1 + _ID] == next(iter(self._keys))
