"""What the database's errors mean for the rooms above: try again, or this input can't be stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from shopwarden.errors import RetryError, SkipError

_AGAIN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization failure
    asyncpg.OperatorInterventionError,  # shutdown, crash recovery, cannot connect now
    asyncpg.InsufficientResourcesError,
    asyncpg.UniqueViolationError,  # two processes were equally quick: the second try finds the row
    asyncpg.ForeignKeyViolationError,  # the customer was merged away meanwhile: the second try finds its successor
    asyncpg.LockNotAvailableError,
    OSError,
    TimeoutError,
)
_NEVER = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, asyncpg.IntegrityConstraintViolationError)


@contextmanager
def translated() -> Iterator[None]:
    """Turns a driver's error into RetryError (later is fine) or SkipError (this input never is)."""
    try:
        yield
    except asyncpg.exceptions.DataError as fault:
        raise SkipError(f"the database can't hold this: {fault}") from fault
    except _AGAIN as fault:
        raise RetryError(f"the database is not ready: {type(fault).__name__}") from fault
    except _NEVER as fault:
        raise SkipError(f"the database can't hold this: {fault}") from fault
