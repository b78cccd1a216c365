"""What a job is, what runs it, and what the queue machinery needs from whoever keeps the jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol, TypeVar

import msgspec

from shopwarden.domain.ids import StoreId

WEBHOOK_PROCESSING = "webhook-processing"
CUSTOMER_ENRICHMENT = "customer-enrichment"
RISK_ANALYSIS = "risk-analysis"
QUEUES = (WEBHOOK_PROCESSING, CUSTOMER_ENRICHMENT, RISK_ANALYSIS)

Payload = dict[str, object]
"""JSON object; ids as strings, no personal data: it stays in the database, Redis only gets the outbox id."""

ConnectionT = TypeVar("ConnectionT")
"""The database connection a job's effects are written through, inside the job's own transaction."""

ConnectionT_co = TypeVar("ConnectionT_co", covariant=True)

JobFunction = Callable[[ConnectionT, StoreId, Payload], Awaitable[None]]
"""Raises RetryError (later), SkipError (this one never), StopError (until a person acts), anything else counts as Retry."""

JobFunctions = Mapping[str, JobFunction[ConnectionT]]
"""Queue name -> function."""


class Ticket(msgspec.Struct, frozen=True):
    """All that travels through Redis: which outbox row to run, and which attempt this is (a stale one is ignored)."""

    outbox_id: int
    queue: str
    attempt: int

    @property
    def job_id(self) -> str:
        """BullMQ's job id: putting the same attempt again while it waits changes nothing. (A colon is not allowed.)"""
        return f"{self.outbox_id}-{self.attempt}"


class Job(msgspec.Struct, frozen=True):
    """An outbox row, held by the transaction it was opened in."""

    ticket: Ticket
    store_id: StoreId
    subject: str
    event: str
    payload: Payload


class OutboxState(msgspec.Struct, frozen=True):
    """Unfinished jobs of one queue; `oldest_seconds` is how long the longest waiting one of them has been due."""

    pending: int = 0
    sent: int = 0
    dead: int = 0
    oldest_seconds: float = 0.0


class Keeper(Protocol[ConnectionT_co]):
    """Where jobs are kept until their effects are committed (the outbox)."""

    async def take_due(self, room: Mapping[str, int]) -> list[Ticket]:
        """Due jobs, oldest first, at most `room` for each queue, marked as sent."""
        ...

    async def in_flight(self) -> dict[str, int]:
        """Jobs marked as sent and not finished, by queue."""
        ...

    async def give_back(self, tickets: Sequence[Ticket]) -> None:
        """These could not be sent: due again at once."""
        ...

    async def recover(self, lease: timedelta | None) -> int:
        """Jobs sent longer than `lease` ago (None: all) that nobody is running are due again; answers how many."""
        ...

    def open(self, ticket: Ticket) -> AbstractAsyncContextManager[tuple[ConnectionT_co, Job] | None]:
        """The job's transaction: leaving the block without an error removes the job and commits its effects with it.

        None when there is nothing to do: done already, being run by somebody else, or a later attempt is under way.
        """
        ...

    async def fail(self, ticket: Ticket, error: str, run_after: timedelta | None) -> bool:
        """Another attempt after the given wait; None: dead until a person acts. False when it was not ours any more."""
        ...

    async def skip(self, ticket: Ticket, error: str) -> None:
        """Removes a job whose item can never be used, and says so where the item is kept."""
        ...

    async def count_done(self, job: Job) -> None:
        """Counts a finished job where the merchant sees it."""
        ...
