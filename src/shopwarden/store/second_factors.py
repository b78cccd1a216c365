"""Second factors of users: a sealed secret that counts once a code of it was confirmed, and hashes of recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from shopwarden.domain.sealing import Sealer
from shopwarden.domain.second_factor import recovery_hash, step_of
from shopwarden.errors import RefuseError, StopError
from shopwarden.store.database import Connection

Factor = Literal["none", "code", "recovery"]

_BEGIN = "UPDATE users SET sealed_totp = $2, totp_last_step = NULL WHERE id = $1 AND totp_confirmed_at IS NULL RETURNING id"
_CONFIRM = """
UPDATE users SET totp_confirmed_at = $2, totp_last_step = $3, recovery_hashes = $4
 WHERE id = $1 AND totp_confirmed_at IS NULL RETURNING id
"""
_STEP = """
UPDATE users SET totp_last_step = $2 WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2) RETURNING id
"""
_RECOVERY = """
UPDATE users SET recovery_hashes = array_remove(recovery_hashes, $2) WHERE id = $1 AND $2 = ANY(recovery_hashes) RETURNING id
"""
_REMOVE = """
UPDATE users SET sealed_totp = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, recovery_hashes = '{}' WHERE id = $1
"""


async def begin_factor(connection: Connection, sealer: Sealer, user_id: UUID, secret: str) -> bool:
    """Keeps a secret that counts for nothing yet. False where the user has a second factor already."""
    sealed = sealer.seal(secret.encode(), _context(user_id))
    return await connection.fetchval(_BEGIN, user_id, sealed) is not None


async def confirm_factor(
    connection: Connection, sealer: Sealer, user_id: UUID, code: str, recovery_codes: Sequence[str]
) -> bool:
    """Whether the code is one of the secret begun; from then on it is asked for at every sign-in."""
    step = await _step(connection, sealer, user_id, code)
    if step is None:
        return False
    hashes = [recovery_hash(one) for one in recovery_codes]
    return await connection.fetchval(_CONFIRM, user_id, datetime.now(UTC), step, hashes) is not None


async def use_code(connection: Connection, sealer: Sealer, user_id: UUID, code: str) -> Factor | None:
    """Uses up a code of the authenticator app or a recovery code; None for a wrong one and for one used already."""
    hashed = recovery_hash(code)
    if hashed is not None and await connection.fetchval(_RECOVERY, user_id, hashed) is not None:
        return "recovery"
    step = await _step(connection, sealer, user_id, code)
    if step is None:
        return None
    return "code" if await connection.fetchval(_STEP, user_id, step) is not None else None


async def set_recovery_codes(connection: Connection, user_id: UUID, recovery_codes: Sequence[str]) -> None:
    """Those before end."""
    hashes = [recovery_hash(one) for one in recovery_codes]
    await connection.execute("UPDATE users SET recovery_hashes = $2 WHERE id = $1", user_id, hashes)


async def remove_factor(connection: Connection, user_id: UUID) -> None:
    await connection.execute(_REMOVE, user_id)


async def _step(connection: Connection, sealer: Sealer, user_id: UUID, code: str) -> int | None:
    sealed = await connection.fetchval("SELECT sealed_totp FROM users WHERE id = $1", user_id)
    if sealed is None:
        return None
    try:
        secret = sealer.open(sealed, _context(user_id)).decode()
    except StopError:
        # Never a way in without the second factor.
        raise RefuseError(
            "Codes can't be checked: ENCRYPTION_KEYS of this server does not open them. A recovery code works.",
            status=503,
            type="second-factor-unreadable",
        ) from None
    return step_of(secret, code, datetime.now(UTC))


def _context(user_id: UUID) -> str:
    return f"second factor:{user_id}"
