"""Metrics in Prometheus' text format, for the operator only."""

from __future__ import annotations

from ipaddress import ip_address

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.types import HTTPScope
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from shopwarden.api.auth import identify
from shopwarden.errors import RefuseError
from shopwarden.store.metrics import queue_depths

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class RequestMetrics:
    """Counts requests by route template, so that no id ever becomes a label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("shopwarden_http_requests", "Requests answered", labels, registry=self.registry)
        self._seconds = Histogram(
            "shopwarden_http_request_seconds", "Time to answer", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self.pool_size = Gauge("shopwarden_database_connections", "Open connections", registry=self.registry)
        self.pool_idle = Gauge("shopwarden_database_connections_idle", "Idle connections", registry=self.registry)
        self.outbox = Gauge("shopwarden_outbox_jobs", "Jobs in the outbox", ("queue", "state"), registry=self.registry)

    def observe(self, scope: HTTPScope, status: int, seconds: float) -> None:
        route = str(scope.get("path_template", "unmatched"))
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


@get("/metrics", tags=["health"], summary="Metrics for Prometheus", operation_id="metrics", media_type="text/plain")
async def metrics(request: Request[object, object, State], state: State) -> Response[bytes]:
    """Open to this machine itself, and to keys with the scope `admin`."""
    if not is_from_this_machine(request) and not (await identify(request)).may("admin"):
        raise RefuseError("This key lacks the scope admin.", status=403, type="missing-scope")
    told: RequestMetrics = state.metrics
    pool = state.database.pool
    told.pool_size.set(pool.get_size())
    told.pool_idle.set(pool.get_idle_size())
    told.outbox.clear()
    for queue, job_state, count in await queue_depths(state.database):
        told.outbox.labels(queue, job_state).set(count)
    return Response(generate_latest(told.registry), media_type="text/plain; version=0.0.4; charset=utf-8")


def is_from_this_machine(request: Request[object, object, State]) -> bool:
    """A loopback peer that forwards for nobody: behind a proxy on this machine every stranger looks local."""
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


HANDLERS = [metrics]
