"""Which PostgreSQL and Redis a command works with."""

from __future__ import annotations

import os

from shopwarden.embedded.encryption_key import find_key
from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.running import find_running, server_urls
from shopwarden.settings import Settings


def lend_urls(settings: Settings) -> tuple[str, str]:
    """The URLs to use, also put into the environment: the processes started from here read it anew.

    The data folder's own key for stored secrets goes along where none is set, and the sandbox that stands in for vendors
    where the installation runs with one: no real vendor hears of made-up keys.
    """
    folder = data_folder(settings.data_dir)
    urls = server_urls(settings.database_url, settings.redis_url, folder)
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = urls
    if not settings.encryption_keys and (key := find_key(folder)):
        os.environ["ENCRYPTION_KEYS"] = key
    running = find_running(folder)
    if not settings.sandbox_url and running is not None and running.database_url == urls[0] and running.sandbox_url:
        os.environ["SHOPWARDEN_SANDBOX_URL"] = running.sandbox_url
    return urls
