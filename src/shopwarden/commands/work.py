"""`shopwarden work`: the worker alone."""

from __future__ import annotations

from shopwarden.commands._servers import lend_urls
from shopwarden.log import set_up_logs
from shopwarden.settings import read_settings


def command() -> None:
    """Does the jobs in the foreground; needs DATABASE_URL and REDIS_URL, or a running `shopwarden up` to borrow from."""
    settings = read_settings()
    set_up_logs(settings.log_level, settings.log_format)
    lend_urls(settings)
    from shopwarden.work import main

    main()
