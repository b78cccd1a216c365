"""Structured logs: lines for people or JSON for machines, the same from every library, secrets blotted out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping

import structlog
from structlog.typing import EventDict, Processor

_SECRET_NAME = re.compile(
    r"passw|secret|token|authorization|cookie|api_?key|write_?key|encryption|signature|hmac", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):([^\s/@]+)@")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+", re.IGNORECASE)
BLOT = "***"


def set_up_logs(level: str, style: str) -> None:
    """`level` is debug, info, warning or error; `style` is console or json. Everything goes to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        redact,
    ]
    rendering: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if style == "json":
        rendering += [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]
    else:
        # Plain: the pretty tracebacks show local variables, and those hold secrets.
        plain = structlog.dev.plain_traceback
        rendering += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain), _scrub_rendered]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These two tell of every request and every migration step: too much beside our own lines.
    for chatty in ("httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def redact(logger: object, method: str, event: EventDict) -> EventDict:
    """A structlog processor: values under secret names, passwords in URLs and credentials in headers become `***`."""
    for name, value in event.items():
        event[name] = _blotted(name, value)
    return event


def _blotted(name: str, value: object) -> object:
    if isinstance(value, MutableMapping | dict):
        return {key: _blotted(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_blotted(name, inner) for inner in value]
    if value and isinstance(value, str | bytes) and _SECRET_NAME.search(name):
        return BLOT
    return _scrubbed(value) if isinstance(value, str) else value


def _scrubbed(text: str) -> str:
    return _BEARER.sub(rf"\1 {BLOT}", _URL_PASSWORD.sub(rf"\1:{BLOT}@", text))


def _scrub_rendered(logger: object, method: str, line: object) -> str:
    # Tracebacks are only text once they are rendered.
    return _scrubbed(str(line))
