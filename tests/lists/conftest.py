"""The application to call, as the API's own tests have it."""

from __future__ import annotations

from tests.api.conftest import application, client, client_for, other_store, settings

__all__ = ["application", "client", "client_for", "other_store", "settings"]
