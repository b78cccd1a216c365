"""Which PostgreSQL and Redis a command works with."""

from __future__ import annotations

import os

from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.running import server_urls
from shopwarden.settings import Settings


def lend_urls(settings: Settings) -> tuple[str, str]:
    """The URLs to use, also put into the environment: the processes started from here read it anew."""
    urls = server_urls(settings.database_url, settings.redis_url, data_folder(settings.data_dir))
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = urls
    return urls
