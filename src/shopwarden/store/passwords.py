"""Passwords as Argon2id (RFC 9106, the library's recommended cost), hashed off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
# Checked when there is no such user, so that an unknown address takes as long as a wrong password.
_NOBODY = _hasher.hash("no user has this password")
# Each hash takes 64 MB for a while: a flood of sign-ins waits for its turn and does not take all memory.
_turns = ThreadPoolExecutor(2, thread_name_prefix="passwords")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_turns, _hasher.hash, password)


async def is_password(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; without a stored one False, after the same time."""
    matches = await asyncio.get_running_loop().run_in_executor(_turns, _verify, stored or _NOBODY, password)
    return matches and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
