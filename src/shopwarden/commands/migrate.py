"""`shopwarden migrate`: the database brought to the newest schema."""

from __future__ import annotations

from shopwarden.commands._servers import lend_urls
from shopwarden.settings import read_settings
from shopwarden.store.migrate import migrate


def command() -> None:
    """Brings the database to the newest schema; safe to repeat, and to run from several places at once."""
    settings = read_settings()
    migrate(settings.database_url or lend_urls(settings)[0])
    print("The database has the newest schema.")
