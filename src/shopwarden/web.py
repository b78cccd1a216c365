"""Builds the HTTP application: collect below the framework, everything else through Litestar.

Endpoints are found, not listed: every module of `api` and `ingest` that has `HANDLERS` takes part.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, cast

import redis.asyncio
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope, Receive, Scope, Send

from shopwarden import api, ingest
from shopwarden.api.any_origin import LIVE_PATH, answer_any_origin
from shopwarden.api.auth import DEPENDENCIES, KeyCache
from shopwarden.api.customer_figures import MetricsCache
from shopwarden.api.document import build_document, query_parameters
from shopwarden.api.edge import Edge
from shopwarden.api.limits import Limiter
from shopwarden.api.live_connection import OpenFeeds
from shopwarden.api.options import ApiOptions
from shopwarden.api.outside_tracker import OutsideTracker
from shopwarden.api.problems import EXCEPTION_HANDLERS
from shopwarden.api.prometheus import RequestMetrics
from shopwarden.api.reading import CheckedRequest, known_parameters_only
from shopwarden.ingest.collect import CollectApp
from shopwarden.live.hub import Hub
from shopwarden.live.memory_streams import MemoryStreams
from shopwarden.live.redis_streams import RedisStreams
from shopwarden.live.stopping import told_to_stop
from shopwarden.settings import Settings, environment_of, read_settings
from shopwarden.steps.alert_feed import open_alert_hub
from shopwarden.steps.live_feed import LiveFeed
from shopwarden.steps.sinks import close_sinks, open_sinks
from shopwarden.steps.vendor_late import judge_again
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.customer_list import CountCache
from shopwarden.store.database import Database
from shopwarden.vendors.offline.ip import IpLookup

BODY_LIMIT = 4 * 1024 * 1024
REDIS_SECONDS = 0.5
LEDGER_CONNECTIONS = 4


def find_handlers() -> list[BaseRouteHandler]:
    """Every endpoint of the `api` and `ingest` packages, in the order of their modules' names."""
    found: list[BaseRouteHandler] = []
    for package in (api, ingest):
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
            found += getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "HANDLERS", [])
    return found


class Application:
    """The whole ASGI app: `/v1/*` to collect, everything else through the edge to the framework."""

    def __init__(self, framework: Litestar, metrics: RequestMetrics) -> None:
        self.framework = framework
        self._edge = Edge(framework, metrics.observe)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.framework(scope, receive, send)
            return
        request: HTTPScope = scope
        collect: CollectApp | None = self.framework.state.get("collect")
        if collect is not None and request["path"].startswith("/v1/"):
            await collect(cast("dict[str, Any]", request), cast("Any", receive), cast("Any", send))
        elif LIVE_PATH.fullmatch(request["path"]):
            await answer_any_origin(self._edge, request, receive, send)
        else:
            await self._edge(request, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Opened as a server would, for callers without one."""
        async with _lifespan(self.framework):
            yield


def create_app() -> Application:
    """The factory a server calls: settings from the environment."""
    return build_app(read_settings())


def build_app(settings: Settings, database: Database | None = None, ip_lookup: IpLookup | None = None) -> Application:
    """The application. A database handed in stays open when the app stops; without one it opens settings.database_url."""
    return application_on(build_framework(settings), database, ip_lookup)


def application_on(framework: Litestar, database: Database | None = None, ip_lookup: IpLookup | None = None) -> Application:
    """As `build_app`, on a framework that is built already and that no other application is running on."""
    metrics = RequestMetrics()
    framework.state.update({"metrics": metrics, "given_database": database, "given_ip_lookup": ip_lookup})
    return Application(framework, metrics)


def build_framework(settings: Settings) -> Litestar:
    """Every endpoint under its path, and nothing opened yet."""
    document = openapi_document(settings.public_url)
    options = ApiOptions(
        trusted_proxies=settings.proxy_networks(),
        rate_per_minute=settings.rate_limit_per_minute,
    )
    return Litestar(
        route_handlers=find_handlers(),
        dependencies=DEPENDENCIES,
        guards=[known_parameters_only],
        exception_handlers=EXCEPTION_HANDLERS,
        request_class=CheckedRequest,
        request_max_body_size=BODY_LIMIT,
        cors_config=_cors(settings.allowed_origins()),
        openapi_config=None,
        lifespan=[_lifespan],
        logging_config=None,
        state=State(
            {
                "settings": settings,
                "options": options,
                "document": document,
                "query_parameters": query_parameters(document),
            }
        ),
    )


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    async with _opened(app, app.state.settings, app.state.given_database, app.state.given_ip_lookup):
        yield


@asynccontextmanager
async def _opened(app: Litestar, settings: Settings, given: Database | None, lookup: IpLookup | None) -> AsyncIterator[None]:
    database = given or await Database.connect(settings.database_url)
    # Requests that wait for vendors hold a connection; what those calls note has its own, or all would wait for each other.
    ledger = given or await Database.connect(settings.database_url, largest=LEDGER_CONNECTIONS)
    tools = _tools(ledger, settings)
    client = _redis(settings.redis_url)
    app.state.update(
        {
            "database": database,
            "redis": client,
            "limiter": Limiter(client),
            "key_cache": KeyCache(database),
            "outside_tracker": _outside_tracker(settings),
            "customer_counts": CountCache(),
            "customer_metrics": MetricsCache(database),
            "ip_lookup": lookup or IpLookup(settings.mmdb_files()),
            "vendor_tools": tools,
        }
    )
    feed, hub = _live(database, settings.redis_url)
    alert_hub = open_alert_hub(database)
    app.state.update({"live": hub, "live_feed": feed, "alert_hub": alert_hub, "open_feeds": OpenFeeds()})
    collect = CollectApp(
        database, app.state.ip_lookup, settings.proxy_networks(), settings.collect_rate_limit_per_minute, feed.notice
    )
    app.state["collect"] = collect
    sinks = await open_sinks(tools)
    await collect.start()
    feed.start()
    try:
        with told_to_stop(hub.end_feeds), told_to_stop(alert_hub.end_feeds):
            yield
    finally:
        await collect.stop()
        await close_sinks(sinks)
        await feed.stop()
        await hub.close()
        await alert_hub.close()
        await tools.close()
        if app.state.outside_tracker is not None:
            await app.state.outside_tracker.close()
        if client is not None:
            await client.aclose()
        if given is None:
            await ledger.close()
            await database.close()


def _redis(url: str) -> redis.asyncio.Redis | None:
    if not url:
        return None
    return redis.asyncio.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


def _live(database: Database, redis_url: str) -> tuple[LiveFeed, Hub]:
    streams = RedisStreams(redis_url) if redis_url else MemoryStreams()
    feed = LiveFeed(database, streams)
    hub = Hub(streams, feed.load)
    feed.hear = hub.hear
    return feed, hub


def _tools(database: Database, settings: Settings) -> VendorTools:
    tools = open_tools(
        database,
        redis_url=settings.redis_url,
        encryption_keys=settings.encryption_keys,
        environment=environment_of(settings),
        sandbox_url=settings.sandbox_url,
        internal_hosts=settings.internal_hosts(),
    )
    tools.on_late = judge_again(database)
    return tools


def _outside_tracker(settings: Settings) -> OutsideTracker | None:
    if not settings.tracker_url:
        return None
    return OutsideTracker(settings.tracker_url, settings.tracker_api_key, settings.internal_hosts())


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Store-Id", "X-Request-Id"],
        expose_headers=["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-Id"],
        max_age=3600,
    )


def openapi_document(public_url: str = "") -> dict[str, object]:
    """The OpenAPI document without a server, a database or settings."""
    return _document() | ({"servers": [{"url": public_url}]} if public_url else {})


@cache
def _document() -> dict[str, object]:
    return build_document(find_handlers())
