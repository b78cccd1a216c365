"""`shopwarden serve`: the HTTP server alone."""

from __future__ import annotations

import signal

from shopwarden.commands._servers import lend_urls
from shopwarden.embedded.port import check_port
from shopwarden.embedded.process import end_with_parent
from shopwarden.log import set_up_logs
from shopwarden.settings import read_settings


def command() -> None:
    """Serves HTTP in the foreground; needs DATABASE_URL and REDIS_URL, or a running `shopwarden up` to borrow from."""
    settings = read_settings()
    set_up_logs(settings.log_level, settings.log_format)
    lend_urls(settings)
    check_port(settings.host, settings.port)
    from granian.constants import Interfaces, Loops
    from granian.server import Server

    Server(
        "shopwarden.commands.serve:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        factory=True,
        backlog=4096,
        log_level="warning",
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve()


def application() -> object:
    """What each server process runs. It ends with the server's main process, or it would keep the port."""
    end_with_parent(signal.SIGKILL)
    settings = read_settings()
    set_up_logs(settings.log_level, settings.log_format)
    from shopwarden.web import create_app

    return create_app()
