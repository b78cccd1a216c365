"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio

import msgspec
from litestar import Response, get
from litestar.datastructures import State

DEADLINE_SECONDS = 2.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok or unavailable; `checks` says it of each thing needed: ok, unreachable or not configured."""

    status: str
    checks: dict[str, str] = {}


@get("/health/live", tags=["health"], summary="This process runs", operation_id="healthLive")
async def live() -> Health:
    return Health(status="ok")


@get("/health/ready", tags=["health"], summary="The database answers", operation_id="healthReady")
async def ready(state: State) -> Response[Health]:
    """200 when requests can be served. Without Redis they can, more slowly, so it is told but does not fail."""
    database = await _reaches(state.database.pool.fetchval("SELECT 1"))
    redis = "not configured" if state.redis is None else await _reaches(state.redis.ping())
    healthy = database == "ok"
    body = Health(status="ok" if healthy else "unavailable", checks={"database": database, "redis": redis})
    return Response(body, status_code=200 if healthy else 503)


async def _reaches(question: object) -> str:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await question  # type: ignore[misc]
    except Exception:
        return "unreachable"
    return "ok"


HANDLERS = [live, ready]
