"""Figures about jobs for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from shopwarden.contracts.job import QUEUES, OutboxState

FINISHED = Counter("shopwarden_jobs", "Job runs by how they ended: done, retry, dead, skipped, gone", ["queue", "ending"])
SECONDS = Counter("shopwarden_job_seconds", "Time spent in jobs", ["queue"])
RECOVERED = Counter("shopwarden_jobs_recovered", "Jobs put again after they were lost in Redis or with a worker")
WAITING = Gauge("shopwarden_outbox_rows", "Jobs not finished, by state: pending, sent, dead", ["queue", "state"])
OLDEST = Gauge("shopwarden_outbox_oldest_seconds", "Age of the oldest job that is due and not finished", ["queue"])


def show_outbox(states: dict[str, OutboxState]) -> None:
    """Sets the gauges from what the database says; called by whoever is about to be asked for metrics."""
    for queue in QUEUES:
        state = states.get(queue, OutboxState())
        WAITING.labels(queue, "pending").set(state.pending)
        WAITING.labels(queue, "sent").set(state.sent)
        WAITING.labels(queue, "dead").set(state.dead)
        OLDEST.labels(queue).set(state.oldest_seconds)
